// Which tasks of a plan may run, are in hand and are done. A stage begins when those it needs are finished.
// Pure bookkeeping: no worker, no clock.
import type { Stage } from '../../model/contract.js';
import type { Artefact } from './protocol.js';

interface StageState {
  stage: Stage;
  /** Seconds (or any unit) of the whole stage: how much of the progress it is. */
  weight: number;
  next: number;
  /** Tasks that must begin again. */
  again: number[];
  done: number;
  artefacts: Artefact[];
}

/** Tasks of one stage for one worker, with the artefacts of the stages they need. */
export interface Portion {
  stage: string;
  indices: number[];
  artefacts: Artefact[];
}

export class Schedule {
  private readonly stages: StageState[];
  private readonly inHand = new Map<string, number>();

  constructor(plan: Stage[], weights: Record<string, number> = {}) {
    const names = new Set(plan.map(({ name }) => name));
    for (const { name, needs } of plan) {
      for (const need of needs) {
        if (!names.has(need)) throw new Error(`stage ${name} needs ${need}, which the plan lacks`);
      }
    }
    this.stages = plan.map((stage) => ({
      stage,
      weight: Math.max(weights[stage.name] ?? 1, 1e-9),
      next: 0,
      again: [],
      done: 0,
      artefacts: [],
    }));
  }

  get total(): number {
    return this.stages.reduce((sum, { stage }) => sum + stage.count, 0);
  }

  get done(): number {
    return this.stages.reduce((sum, { done }) => sum + done, 0);
  }

  get complete(): boolean {
    return this.stages.every((state) => finished(state));
  }

  /** Share of the work that is done, tasks in hand included. */
  get fraction(): number {
    let sum = 0;
    let weights = 0;
    for (const { stage, weight, done } of this.stages) {
      weights += weight;
      if (stage.count === 0) {
        sum += weight;
        continue;
      }
      sum += (weight * done) / stage.count;
    }
    for (const [key, progress] of this.inHand) {
      const state = this.find(key.slice(0, key.lastIndexOf('/')));
      sum += (state.weight * progress) / state.stage.count;
    }
    return weights > 0 ? Math.min(1, sum / weights) : 1;
  }

  /** Tasks that nobody has taken and that may begin, over all stages. */
  get waiting(): number {
    return this.stages.reduce((sum, state) => sum + (this.open(state) ? left(state) : 0), 0);
  }

  /** Takes over tasks that were finished before, ahead of the first `take`; returns those that the plan has. */
  restore<Task extends { stage: string; index: number; artefacts: Artefact[] }>(tasks: Task[]): Task[] {
    const known: Task[] = [];
    for (const state of this.stages) {
      const { name, count } = state.stage;
      const done = new Map<number, Task>();
      for (const task of tasks) {
        if (task.stage === name && task.index >= 0 && task.index < count) done.set(task.index, task);
      }
      if (done.size === 0) continue;
      state.done = done.size;
      state.next = count;
      for (let index = 0; index < count; ++index) if (!done.has(index)) state.again.push(index);
      known.push(...done.values());
      state.artefacts = [...done.values()].flatMap(({ artefacts }) => artefacts);
      if (finished(state)) state.artefacts.sort((a, b) => a.index - b.index);
    }
    this.releaseArtefacts();
    return known;
  }

  /** The next tasks, at most size(stage, tasks left in it); null when nothing may begin now. */
  take(size: (stage: Stage, left: number) => number): Portion | null {
    for (const state of this.stages) {
      if (!this.open(state) || left(state) === 0) continue;
      const count = Math.min(left(state), Math.max(1, Math.floor(size(state.stage, left(state)))));
      const indices = state.again.splice(0, count);
      while (indices.length < count) indices.push(state.next++);
      for (const index of indices) this.inHand.set(`${state.stage.name}/${index}`, 0);
      const artefacts = this.stages
        .filter(({ stage }) => state.stage.needs.includes(stage.name))
        .flatMap((needed) => needed.artefacts);
      return { stage: state.stage.name, indices, artefacts };
    }
    return null;
  }

  progress(stage: string, index: number, share: number): void {
    const key = `${stage}/${index}`;
    if (this.inHand.has(key)) this.inHand.set(key, Math.min(1, Math.max(0, share)));
  }

  finish(stage: string, index: number, artefacts: Artefact[]): void {
    if (!this.inHand.delete(`${stage}/${index}`)) throw new Error(`task ${stage}/${index} was not in hand`);
    const state = this.find(stage);
    state.done += 1;
    const wanted = this.stages.some((other) => other.stage.needs.includes(stage) && !finished(other));
    if (wanted) state.artefacts.push(...artefacts);
    if (finished(state)) this.releaseArtefacts();
    if (finished(state)) state.artefacts.sort((a, b) => a.index - b.index);
  }

  /** The first of `indices` that is not done. */
  firstInHand(stage: string, indices: number[]): number | undefined {
    return indices.find((index) => this.inHand.has(`${stage}/${index}`));
  }

  /** Those of `indices` that are not done begin again; returns them. */
  restart(stage: string, indices: number[]): number[] {
    const state = this.find(stage);
    const again = indices.filter((index) => this.inHand.delete(`${stage}/${index}`));
    state.again.push(...again);
    state.again.sort((a, b) => a - b);
    return again;
  }

  private open({ stage }: StageState): boolean {
    return stage.needs.every((need) => finished(this.find(need)));
  }

  private find(name: string): StageState {
    const state = this.stages.find(({ stage }) => stage.name === name);
    if (!state) throw new Error(`the plan has no stage ${name}`);
    return state;
  }

  /** Artefacts that no later stage reads any more. */
  private releaseArtefacts(): void {
    for (const state of this.stages) {
      const readers = this.stages.filter(({ stage }) => stage.needs.includes(state.stage.name));
      if (readers.every(finished)) state.artefacts = [];
    }
  }
}

function finished({ stage, done }: StageState): boolean {
  return done === stage.count;
}

function left({ stage, next, again }: StageState): number {
  return stage.count - next + again.length;
}
