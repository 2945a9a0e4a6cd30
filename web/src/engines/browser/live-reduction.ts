// Partial reports while a run goes on: never two at once, at most ten a second, and after each a pause of ten times
// its own duration. Rows go to the reducer as they come.
import type { Questions, Reduced } from './protocol.js';
import type { Timing } from './timing.js';
import { realTiming } from './timing.js';
import type { WorkerClient } from './worker-client.js';

const leastInterval = 100;
const pauseFactor = 10;
/** The first reduction also compiles the code it runs: its duration says little about the next ones. */
const longestFirstPause = 500;

export class LiveReduction {
  private fresh = false;
  private closed = false;
  private busy: Promise<unknown> | null = null;
  private notBefore = 0;
  private isFirst = true;
  private stopTimer: (() => void) | null = null;
  held = false;

  constructor(
    private readonly reducer: WorkerClient,
    private readonly run: number,
    private readonly snapshot: (text: string) => void,
    private readonly failed: (error: unknown) => void,
    private readonly timing: Timing = realTiming,
  ) {}

  append(stage: string, news: Questions['append']['ask']['news']): void {
    if (this.closed || news.length === 0) return;
    this.reducer
      .ask(
        'append',
        { run: this.run, stage, news },
        news.map(({ rows }) => rows),
      )
      .catch((error: unknown) => this.fail(error));
    this.fresh = true;
    this.consider();
  }

  discard(stage: string, indices: number[]): void {
    if (this.closed || indices.length === 0) return;
    this.reducer
      .ask('discard', { run: this.run, stage, indices })
      .catch((error: unknown) => this.fail(error));
  }

  /** Pauses or resumes the live pictures. */
  hold(on: boolean): void {
    this.held = on;
    if (!on) this.consider();
  }

  /** The complete report; no live picture follows. */
  async finish(provenance: string): Promise<Reduced> {
    this.fresh = false;
    this.stopTimer?.();
    const reduced = await this.reducer.ask('reduce', { run: this.run, complete: true, provenance });
    this.close();
    return reduced;
  }

  /** Nothing more is heard of it. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.stopTimer?.();
    this.reducer.ask('closeReduction', { run: this.run }).catch(() => undefined);
  }

  get computing(): boolean {
    return this.busy !== null;
  }

  private consider(): void {
    if (!this.fresh || this.closed || this.held || this.busy || this.stopTimer) return;
    const wait = this.notBefore - this.timing.now();
    if (wait > 0) {
      this.stopTimer = this.timing.after(wait, () => {
        this.stopTimer = null;
        this.consider();
      });
      return;
    }
    this.fresh = false;
    const started = this.timing.now();
    this.busy = this.reducer
      .ask('reduce', { run: this.run, complete: false, provenance: '' })
      .then(({ text, milliseconds }) => {
        const pause = pauseFactor * milliseconds;
        const rest = this.isFirst ? Math.min(pause, longestFirstPause) : pause;
        this.isFirst = false;
        this.notBefore = Math.max(started + leastInterval, this.timing.now() + rest);
        if (!this.closed && !this.held) this.snapshot(text);
      })
      .catch((error: unknown) => this.fail(error))
      .finally(() => {
        this.busy = null;
        this.consider();
      });
  }

  private fail(error: unknown): void {
    if (this.closed) return;
    this.failed(error);
  }
}
