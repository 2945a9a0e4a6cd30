// The page's end of one worker: questions with answers, and what becomes of them when the worker dies.
import { RunError } from '../engine.js';
import type { CoreFailure } from './core.js';
import type { FromWorker, QuestionName, Questions, ToWorker } from './protocol.js';

/** What a worker is to this side; tests put their own in its place. */
export interface WorkerLike {
  postMessage(message: ToWorker, transfer: Transferable[]): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
}
export type WorkerFactory = () => WorkerLike;

/** A failure of the core or of a worker as the visitor reads it. */
export function runErrorOf(failure: CoreFailure): RunError {
  switch (failure.kind) {
    case 'input':
    case 'read':
      return new RunError('input', failure.message, failure.problems);
    case 'memory':
      return new RunError(
        'memory',
        'This run needs more memory than this tab can have. Choose smaller settings, or run it on a server.',
      );
    case 'internal':
      return new RunError('crash', `The run stopped with an error in the program: ${failure.message}.`);
    case 'trap':
      return new RunError(
        'crash',
        `The run stopped: the program crashed in this browser (${failure.message}). Other runs are not affected.`,
      );
  }
}

interface Pending {
  resolve(content: unknown): void;
  reject(error: RunError): void;
}

export class WorkerClient {
  readonly ready: Promise<void>;
  alive = true;
  isReady = false;
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;
  private markReady: () => void = () => undefined;
  private failReady: (error: RunError) => void = () => undefined;

  /** `heard` gets what is neither an answer nor the end; `died` is told once, unless `terminate` ended it. */
  constructor(
    private readonly worker: WorkerLike,
    module: WebAssembly.Module,
    private readonly heard: (message: FromWorker) => void,
    private readonly died: (failure: CoreFailure, lease?: number) => void,
  ) {
    this.ready = new Promise((resolve, reject) => {
      this.markReady = resolve;
      this.failReady = reject;
    });
    this.ready.catch(() => undefined);
    worker.onmessage = ({ data }) => this.receive(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.end({ kind: 'trap', message: event.message || 'the worker did not start', problems: [] });
    };
    worker.postMessage({ type: 'begin', module }, []);
  }

  ask<Name extends QuestionName>(
    name: Name,
    content: Questions[Name]['ask'],
    transfer: Transferable[] = [],
  ): Promise<Questions[Name]['answer']> {
    if (!this.alive) {
      return Promise.reject(runErrorOf({ kind: 'trap', message: 'its worker had ended', problems: [] }));
    }
    const id = this.nextId++;
    return this.ready.then(
      () =>
        new Promise<Questions[Name]['answer']>((resolve, reject) => {
          if (!this.alive) {
            reject(runErrorOf({ kind: 'trap', message: 'its worker had ended', problems: [] }));
            return;
          }
          this.pending.set(id, { resolve: resolve as (content: unknown) => void, reject });
          this.worker.postMessage({ type: 'ask', id, name, content }, transfer);
        }),
    );
  }

  post(message: ToWorker, transfer: Transferable[] = []): void {
    if (this.alive) this.worker.postMessage(message, transfer);
  }

  /** Ends it without telling `died`; open questions are refused. */
  terminate(): void {
    if (!this.alive) return;
    this.alive = false;
    this.worker.terminate();
    this.refuseAll({ kind: 'trap', message: 'its worker was stopped', problems: [] });
  }

  private receive(message: FromWorker): void {
    if (!this.alive) return;
    switch (message.type) {
      case 'ready':
        this.isReady = true;
        this.markReady();
        this.heard(message);
        break;
      case 'answer':
        this.take(message.id)?.resolve(message.content);
        break;
      case 'refusal':
        this.take(message.id)?.reject(runErrorOf(message.failure));
        break;
      case 'broken':
        this.end(message.failure, message.lease);
        break;
      case 'news':
      case 'finished':
      case 'failed':
      case 'held':
        this.heard(message);
        break;
    }
  }

  private take(id: number): Pending | undefined {
    const pending = this.pending.get(id);
    this.pending.delete(id);
    return pending;
  }

  private end(failure: CoreFailure, lease?: number): void {
    if (!this.alive) return;
    this.alive = false;
    this.worker.terminate();
    this.refuseAll(failure);
    this.died(failure, lease);
  }

  private refuseAll(failure: CoreFailure): void {
    const error = runErrorOf(failure);
    this.failReady(error);
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
  }
}
