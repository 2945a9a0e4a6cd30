// The worker's side of a lease: takes its tasks one after the other, in slices of about 25 ms; between slices the
// worker reads its messages, so that cancel and pause take effect at once.
import type { CoreModule, CoreTask } from './core.js';
import { ownBytes, unwrap } from './core.js';
import { readFile } from './file-reading.js';
import type { Fault, FromWorker, Lease, TaskNews } from './protocol.js';

const sliceMilliseconds = 25;
const newsMilliseconds = 100;

export type Post = (message: FromWorker, transfer?: Transferable[]) => void;

/** Lets waiting messages in: a message to oneself comes after those that are already there. */
const turn = new MessageChannel();
const waiting: (() => void)[] = [];
turn.port1.onmessage = () => waiting.shift()?.();
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    turn.port2.postMessage(null);
  });
}

export class LeaseRunner {
  private state: 'running' | 'paused' | 'cancelled' = 'running';
  private wake: (() => void) | null = null;
  private news: TaskNews[] = [];
  private lastNews = 0;
  private sliceStart = 0;

  constructor(
    private readonly core: CoreModule,
    private readonly lease: Lease,
    private readonly post: Post,
  ) {}

  pause(): void {
    if (this.state === 'running') this.state = 'paused';
    this.post({ type: 'held', lease: this.lease.id });
  }

  resume(): void {
    if (this.state !== 'paused') return;
    this.state = 'running';
    this.wake?.();
  }

  cancel(): void {
    this.state = 'cancelled';
    this.wake?.();
    this.post({ type: 'held', lease: this.lease.id });
  }

  /** All tasks of the lease; throws what a task throws. Ends early, without news, when cancelled. */
  async run(): Promise<void> {
    const started = performance.now();
    this.sliceStart = started;
    this.lastNews = started - newsMilliseconds / 2;
    for (const index of this.lease.indices) {
      const task = this.begin(index);
      try {
        if (!(await this.finishTask(task, index))) return;
      } finally {
        task.delete();
      }
    }
    this.sendNews();
    this.post({ type: 'finished', lease: this.lease.id, milliseconds: performance.now() - started });
  }

  private begin(index: number): CoreTask {
    const { run, stage, artefacts } = this.lease;
    const task = new this.core.Task(run.study, run.config, run.seed, run.inputs, stage, index);
    try {
      for (const [name, file] of Object.entries(run.files))
        task.addInput(name, file.size, readFile(name, file));
      for (const [name, file] of Object.entries(run.assets))
        task.addAsset(name, file.size, readFile(name, file));
      for (const { stage: from, index: at, name, bytes } of artefacts) {
        task.addArtefact(from, at, name, new Uint8Array(bytes));
      }
      unwrap(task.start());
    } catch (error) {
      task.delete();
      throw error;
    }
    return task;
  }

  /** False: cancelled. */
  private async finishTask(task: CoreTask, index: number): Promise<boolean> {
    for (;;) {
      if (this.lease.fault?.index === index) suffer(this.lease.fault);
      const spent = performance.now() - this.sliceStart;
      const { done, progress } = unwrap<{ done: boolean; progress: number }>(
        task.advance(Math.max(1, sliceMilliseconds - spent)),
      );
      if (done) {
        this.note(task, index, 1, true);
        if (performance.now() - this.sliceStart < sliceMilliseconds - 1) return true;
      }
      if (performance.now() - this.lastNews >= newsMilliseconds) {
        if (!done) this.note(task, index, progress, false);
        this.sendNews();
      }
      if (!(await this.mayGoOn())) return false;
      if (done) return true;
    }
  }

  private note(task: CoreTask, index: number, progress: number, done: boolean): void {
    const rows = task.takeRows();
    this.news.push({
      index,
      // a finished task always reports, so that the reduction knows of it even when it wrote nothing
      rows: rows.byteLength > 0 || done ? ownBytes(rows) : null,
      progress,
      done,
      artefacts: done ? this.artefactsOf(task, index) : [],
    });
  }

  private artefactsOf(task: CoreTask, index: number): TaskNews['artefacts'] {
    const names = JSON.parse(task.artefactNames()) as string[];
    return names.map((name) => ({
      stage: this.lease.stage,
      index,
      name,
      bytes: ownBytes(task.artefact(name)),
    }));
  }

  private sendNews(): void {
    if (this.news.length === 0) return;
    const transfer = this.news.flatMap(({ rows, artefacts }) => [
      ...(rows ? [rows] : []),
      ...artefacts.map(({ bytes }) => bytes),
    ]);
    this.post({ type: 'news', lease: this.lease.id, news: this.news }, transfer);
    this.news = [];
    this.lastNews = performance.now();
  }

  /** Reads messages, waits while paused; false when cancelled. */
  private async mayGoOn(): Promise<boolean> {
    await nextTurn();
    if (this.state === 'paused') {
      await new Promise<void>((resolve) => (this.wake = resolve));
      this.wake = null;
    }
    this.sliceStart = performance.now();
    return !this.cancelled();
  }

  private cancelled(): boolean {
    return this.state === 'cancelled';
  }
}

/** What a test asked for. */
function suffer(fault: Fault): void {
  if (fault.kind === 'trap') throw new WebAssembly.RuntimeError('unreachable');
  if (fault.kind === 'memory') throw new RangeError('Array buffer allocation failed');
  for (;;);
}
