// Keeps the finished tasks of one run: collects what tasks report, writes them in batches while the run goes on.
import type { TaskNews } from './protocol.js';
import type { RunStore, StoredRun, StoredTask } from './run-store.js';
import type { Timing } from './timing.js';
import { realTiming } from './timing.js';

/** Runs that end sooner are never written. */
const firstWriteMilliseconds = 1500;
const writeMilliseconds = 1000;
const batchBytes = 8e6;

/** What an engine needs to keep the tasks of its runs; an engine without it forgets them. */
export interface RunKeeping {
  store: RunStore;
  keeper(run: StoredRun): TaskKeeper;
}

export function keptIn(store: RunStore): RunKeeping {
  return { store, keeper: (run) => new TaskKeeper(store, run) };
}

export class TaskKeeper {
  private readonly inHand = new Map<string, ArrayBuffer[]>();
  private finished: StoredTask[] = [];
  private bytes = 0;
  private done: number;
  private writing: Promise<void> | null = null;
  private stopTimer: (() => void) | null = null;
  private notBefore: number;
  private closed = false;
  /** No room or no database: what is stored stays usable, the rest is computed again. */
  private full = false;
  private wrote: boolean;
  private readonly release: () => void;

  /** `run.done`: tasks that are stored already. */
  constructor(
    private readonly store: RunStore,
    private readonly run: StoredRun,
    private readonly timing: Timing = realTiming,
  ) {
    this.done = run.done;
    this.wrote = run.done > 0;
    this.notBefore = timing.now() + firstWriteMilliseconds;
    this.release = store.hold(run.id);
  }

  /** To be called before the rows go elsewhere: they are copied. */
  note(stage: string, { index, rows, done, artefacts }: TaskNews): void {
    if (this.closed || this.full) return;
    const key = `${stage}/${index}`;
    const mine = this.inHand.get(key) ?? [];
    if (rows) mine.push(rows.slice(0));
    if (!done) {
      this.inHand.set(key, mine);
      return;
    }
    this.inHand.delete(key);
    this.finished.push({ stage, index, rows: mine, artefacts });
    this.done += 1;
    for (const { byteLength } of [...mine, ...artefacts.map(({ bytes }) => bytes)]) this.bytes += byteLength;
    this.consider();
  }

  /** These tasks begin again. */
  forget(stage: string, indices: number[]): void {
    for (const index of indices) this.inHand.delete(`${stage}/${index}`);
  }

  /** The run has ended: `keep` what was finished for another try, or remove it. */
  async close(keep: boolean): Promise<void> {
    if (this.closed) return;
    this.stopTimer?.();
    if (keep) await this.write();
    this.closed = true;
    this.inHand.clear();
    this.finished = [];
    await this.writing;
    if (!keep && this.wrote) await this.store.remove(this.run.id);
    this.release();
  }

  private consider(): void {
    if (this.writing || this.closed || this.full || this.finished.length === 0) return;
    const wait = this.bytes >= batchBytes ? 0 : this.notBefore - this.timing.now();
    if (wait <= 0) {
      void this.write();
      return;
    }
    this.stopTimer ??= this.timing.after(wait, () => {
      this.stopTimer = null;
      this.consider();
    });
  }

  private async write(): Promise<void> {
    await this.writing;
    if (this.closed || this.full || this.finished.length === 0) return;
    const tasks = this.finished;
    this.finished = [];
    this.bytes = 0;
    this.wrote = true;
    this.writing = this.store.add({ ...this.run, done: this.done }, tasks).then((kept) => {
      this.writing = null;
      this.notBefore = this.timing.now() + writeMilliseconds;
      this.full = !kept;
      this.consider();
    });
    await this.writing;
  }
}
