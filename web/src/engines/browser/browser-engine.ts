// The engine that computes in this page: a desk, a reducer and a pool of task workers, each with an instance of the
// core of its own. Nothing leaves the browser.
import type { InputInfo, Speeds } from '../../model/contract.js';
import type { Engine, Prediction, RunHandle, RunListener, RunRequest } from '../engine.js';
import { describeProblems } from '../problems.js';
import { engineAssets, engineBuild } from '../site.js';
import type { RunEnvironment } from './browser-run.js';
import { BrowserRun } from './browser-run.js';
import type { SpeedStore } from './calibration.js';
import { Calibration, typicalSpeeds } from './calibration.js';
import type { CoreFailure } from './core.js';
import { describeInputs, hashInput, inspectInput } from './inputs.js';
import type { Device } from './memory.js';
import { leastMemory, memoryReason, thisDevice, workersThatFit } from './memory.js';
import { loadLab } from './module.js';
import { patienceMilliseconds, Pool } from './pool.js';
import type { Fault } from './protocol.js';
import type { StoredRun } from './run-store.js';
import type { RunKeeping } from './task-keeper.js';
import type { WorkerFactory } from './worker-client.js';
import { runErrorOf, WorkerClient } from './worker-client.js';

export interface BrowserEngineOptions {
  module?: () => Promise<WebAssembly.Module>;
  createWorker?: WorkerFactory;
  device?: Device;
  store?: SpeedStore | null;
  /** Where finished tasks outlive a reload; nowhere unless it is given. */
  runs?: RunKeeping | null;
  /** For tests: befalls the task of that index. */
  fault?: Fault;
}

export class BrowserEngine implements Engine {
  readonly name = 'browser';
  private readonly module: () => Promise<WebAssembly.Module>;
  private readonly createWorker: WorkerFactory;
  private readonly device: Device;
  private readonly calibration: Calibration;
  private readonly active = new Set<BrowserRun>();
  private deskClient: WorkerClient | null = null;
  private reducerClient: WorkerClient | null = null;
  private taskPool: Pool | null = null;
  private readonly runs: RunKeeping | null;
  private fault: Fault | undefined;

  /** Runs studies of one lab. */
  constructor(lab: string, options: BrowserEngineOptions = {}) {
    this.module = options.module ?? (() => loadLab(lab));
    this.createWorker =
      options.createWorker ??
      (() => new Worker(engineAssets(lab).worker, { type: 'module', name: 'reprise' }));
    this.device = options.device ?? thisDevice();
    this.calibration = new Calibration(engineBuild(), this.device.cores, options.store ?? browserStore());
    this.runs = options.runs ?? null;
    this.fault = options.fault;
  }

  /** Loads the program and starts the first workers, so that the first run begins at once. */
  async warm(): Promise<void> {
    const module = await this.module();
    this.deskOn(module);
    this.reducerOn(module);
    this.poolOn(module).warm();
  }

  async predict(request: RunRequest): Promise<Prediction> {
    const impossible = { seconds: null, workers: 0, memory_bytes: 0, queue: 0 };
    const desk = await this.desk();
    const infos = await describeInputs(desk, request.inputs, false);
    const { problems, estimate } = await desk.ask('prepare', {
      study: request.study,
      config: JSON.stringify(request.config),
      inputs: JSON.stringify(infos),
    });
    if (problems.length > 0) return { ...impossible, reason: describeProblems(problems), problems };
    const workers = workersThatFit(estimate, this.device);
    if (workers < 1) {
      return {
        ...impossible,
        memory_bytes: leastMemory(estimate),
        reason: memoryReason(estimate, this.device),
      };
    }
    const speeds = await this.speeds(desk);
    const { seconds, memory_bytes } = await desk.ask('predict', { estimate, speeds, workers });
    return {
      seconds: this.calibration.predicted(request.study, seconds),
      workers,
      memory_bytes,
      queue: 0,
      reason: '',
    };
  }

  start(request: RunRequest, listener: RunListener): RunHandle {
    const run = new BrowserRun(this.environment(), request, listener);
    this.active.add(run);
    return {
      result: run.result,
      cancel: () => run.cancel(),
      pause: () => run.pause(),
      resume: () => run.resume(),
    };
  }

  /**
   * Runs that a reload, a closed window or a crash ended before their time, the latest first. Starting the same run
   * again (study, config, seed, inputs) goes on where it was.
   */
  async interrupted(): Promise<StoredRun[]> {
    return (await this.runs?.store.list()) ?? [];
  }

  /** Forgets the finished tasks of an interrupted run. */
  async discard(id: string): Promise<void> {
    await this.runs?.store.remove(id);
  }

  /** What the core is told of a file from its first bytes; sha256 is empty. */
  async inspect(file: File): Promise<InputInfo> {
    return inspectInput(await this.desk(), file);
  }

  /** SHA-256 of a file, streamed in a worker. */
  async hash(file: File): Promise<string> {
    return hashInput(await this.desk(), file);
  }

  /** What the core says about a study: as describe/<study>.json. */
  async describe(study: string): Promise<unknown> {
    return (await this.desk()).ask('describe', { study });
  }

  /** SHA-256 of the bits of base/math; equal to the native program's. */
  async mathDigest(count: number): Promise<string> {
    return (await this.desk()).ask('mathDigest', { count });
  }

  /** Task workers that live. */
  get poolSize(): number {
    return this.taskPool?.size ?? 0;
  }

  /** Ends every run and every worker. */
  dispose(): void {
    for (const run of [...this.active]) run.cancel();
    this.taskPool?.terminate();
    this.deskClient?.terminate();
    this.reducerClient?.terminate();
    this.taskPool = this.deskClient = this.reducerClient = null;
  }

  private environment(): RunEnvironment {
    const active = this.active;
    return {
      device: this.device,
      build: engineBuild(),
      calibration: this.calibration,
      runs: this.runs,
      desk: () => this.desk(),
      reducer: async () => this.reducerOn(await this.module()),
      pool: async () => this.poolOn(await this.module()),
      ended: (run, reducing) => this.ended(run, reducing),
      takeFault: (indices) => this.takeFault(indices),
      get othersActive() {
        return active.size > 1;
      },
    };
  }

  private async desk(): Promise<WorkerClient> {
    return this.deskOn(await this.module());
  }

  private deskOn(module: WebAssembly.Module): WorkerClient {
    if (!this.deskClient?.alive) {
      this.deskClient = new WorkerClient(this.createWorker(), module, ignore, ignore);
    }
    return this.deskClient;
  }

  private reducerOn(module: WebAssembly.Module): WorkerClient {
    if (!this.reducerClient?.alive) {
      this.reducerClient = new WorkerClient(this.createWorker(), module, ignore, (failure: CoreFailure) => {
        for (const run of [...this.active]) run.fail(runErrorOf(failure));
      });
    }
    return this.reducerClient;
  }

  private poolOn(module: WebAssembly.Module): Pool {
    this.taskPool ??= new Pool(module, this.createWorker, this.device.cores);
    return this.taskPool;
  }

  /** Measured when nothing else computes; until then what is typical. */
  private async speeds(desk: WorkerClient): Promise<Speeds> {
    const known = this.calibration.known;
    if (known) return known;
    if (this.active.size > 0) return typicalSpeeds;
    const kinds = await desk.ask('kinds', {});
    return this.calibration.speeds(kinds, (kind) => desk.ask('calibrate', { kind }));
  }

  private ended(run: BrowserRun, reducing: boolean): void {
    this.active.delete(run);
    if (!reducing) return;
    // a long reduction that nobody waits for must not hold up the next run
    const reducer = this.reducerClient;
    const answered = reducer?.ask('closeReduction', { run: run.id }).then(
      () => true,
      () => true,
    );
    const late = new Promise<false>((resolve) => setTimeout(() => resolve(false), patienceMilliseconds));
    void Promise.race([answered, late]).then((inTime) => {
      if (inTime === false && this.active.size === 0) reducer?.terminate();
    });
  }

  private takeFault(indices: number[]): Fault | undefined {
    const fault = this.fault;
    if (!fault || !indices.includes(fault.index)) return undefined;
    if (!fault.always) this.fault = undefined;
    return fault;
  }
}

function ignore(): void {
  // the desk's and the reducer's failures reach whoever asked
}

function browserStore(): SpeedStore | null {
  try {
    return globalThis.localStorage;
  } catch {
    return null;
  }
}
