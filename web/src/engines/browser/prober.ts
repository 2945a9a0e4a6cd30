// What an interactive figure asks a study while the visitor drags. It has an instance of the core of its own, in its
// own worker, so that no run and no other question keeps it waiting.
import type { Config, Json } from '../../model/contract.js';
import { RunError } from '../engine.js';
import { engineAssets } from '../site.js';
import { loadLab } from './module.js';
import type { WorkerFactory } from './worker-client.js';
import { WorkerClient } from './worker-client.js';

export interface ProberOptions {
  module?: () => Promise<WebAssembly.Module>;
  createWorker?: WorkerFactory;
}

interface Call {
  content: { study: string; config: string; name: string; arguments: string };
  resolve(answer: Json): void;
  reject(error: unknown): void;
}

export class Prober {
  private readonly module: () => Promise<WebAssembly.Module>;
  private readonly createWorker: WorkerFactory;
  private client: WorkerClient | null = null;
  private computing = false;
  private waiting: Call | null = null;
  private disposed = false;

  /** Asks studies of one lab. Nothing is loaded before the first call of `probe` or `warm`. */
  constructor(lab: string, options: ProberOptions = {}) {
    this.module = options.module ?? (() => loadLab(lab));
    this.createWorker =
      options.createWorker ??
      (() => new Worker(engineAssets(lab).worker, { type: 'module', name: 'reprise probe' }));
  }

  /** Starts the worker, so that the first drag is answered at once. */
  async warm(): Promise<void> {
    await (
      await this.worker()
    ).ready;
  }

  /**
   * Asks a study's probe `name`. The latest call wins: while one is computed at most one other waits, and a newer call
   * takes its place; the one that waited is refused with RunError 'cancelled'. The call that is being computed is
   * answered all the same, so that the picture follows a drag that outruns the worker; answers come in order.
   * Arguments or settings that are wrong: RunError 'input' with its problems.
   */
  probe(study: string, config: Config, name: string, args: Json): Promise<Json> {
    if (this.disposed) return Promise.reject(superseded());
    return new Promise<Json>((resolve, reject) => {
      this.waiting?.reject(superseded());
      const content = { study, config: JSON.stringify(config), name, arguments: JSON.stringify(args) };
      this.waiting = { content, resolve, reject };
      if (!this.computing) void this.computeWaiting();
    });
  }

  /** Ends the worker; open calls are refused as cancelled. */
  dispose(): void {
    this.disposed = true;
    this.waiting?.reject(superseded());
    this.waiting = null;
    this.client?.terminate();
    this.client = null;
  }

  private async computeWaiting(): Promise<void> {
    this.computing = true;
    try {
      // a call that comes while the program still loads takes the place of the one that waits for it
      const worker = await this.worker();
      await worker.ready;
      for (let call = this.takeWaiting(); call; call = this.takeWaiting()) {
        await this.client?.ask('probe', call.content).then(call.resolve, (error: unknown) => {
          call?.reject(this.disposed ? superseded() : error);
        });
        if (!this.client?.alive) break;
      }
    } catch (error) {
      this.takeWaiting()?.reject(this.disposed ? superseded() : error);
    } finally {
      this.computing = false;
    }
    // a worker that broke refuses the call it computed; the next one gets a new worker
    if (this.waiting) void this.computeWaiting();
  }

  private takeWaiting(): Call | null {
    const call = this.waiting;
    this.waiting = null;
    return call;
  }

  private async worker(): Promise<WorkerClient> {
    const module = await this.module();
    if (this.disposed) throw superseded();
    if (!this.client?.alive) {
      this.client = new WorkerClient(
        this.createWorker(),
        module,
        () => undefined,
        () => undefined,
      );
    }
    return this.client;
  }
}

function superseded(): RunError {
  return new RunError('cancelled', 'A newer question took the place of this one.');
}
