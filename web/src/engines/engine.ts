// What an engine is to the page: it predicts a run, executes it, and streams partial reports into the figures.
// browser/ runs tasks in Web Workers, server/ submits a job; the page does not know which one it talks to.
import type { Config, Problem, Report } from '../model/contract.js';

export interface RunRequest {
  study: string;
  config: Config;
  seed: number;
  /** The visitor's files by input name; they leave the browser only when the server engine is started. */
  inputs: Record<string, File>;
}

export interface Prediction {
  /** null: this engine cannot run it; `reason` says why. */
  seconds: number | null;
  workers: number;
  memory_bytes: number;
  /** Jobs waiting before this one (server only). */
  queue: number;
  reason: string;
  /** What the core says is wrong with the request, for the controls that it belongs to. */
  problems?: Problem[];
}

export interface RunProgress {
  done: number;
  total: number;
  fraction: number;
  eta_seconds: number | null;
}

export interface RunListener {
  progress(progress: RunProgress): void;
  /** Before the first progress, once or several times: bundled data of the site is on its way. */
  loading?(name: string, received: number, bytes: number): void;
  /** A partial report while running (claims not evaluated), at most ten times a second. */
  snapshot(report: Report): void;
}

export interface RunResult {
  report: Report;
  /** The report's exact bytes, as the core wrote them. */
  text: string;
  /** Fetches one of report.files. */
  file(name: string): Promise<Blob>;
}

export interface RunHandle {
  /** Resolves with the report; rejects with RunError (also on cancel). */
  result: Promise<RunResult>;
  /** Takes effect at once: no further work, no further events. */
  cancel(): void;
  pause?(): void;
  resume?(): void;
}

export interface Engine {
  readonly name: 'browser' | 'server';
  predict(request: RunRequest): Promise<Prediction>;
  start(request: RunRequest, listener: RunListener): RunHandle;
}

export type RunErrorKind = 'input' | 'cancelled' | 'memory' | 'crash' | 'network';

/** What went wrong with a run, in a sentence for the visitor; `problems` belong to controls or inputs. */
export class RunError extends Error {
  constructor(
    readonly kind: RunErrorKind,
    message: string,
    readonly problems: Problem[] = [],
  ) {
    super(message);
  }
}
