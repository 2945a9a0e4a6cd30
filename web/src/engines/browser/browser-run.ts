// One run in this page: plan → leases → live reports → report.
import type { AssetInfo, Estimate, InputInfo, Report, Stage } from '../../model/contract.js';
import type { RunListener, RunProgress, RunRequest, RunResult } from '../engine.js';
import { RunError } from '../engine.js';
import { describeProblems } from '../problems.js';
import { loadAsset } from './assets.js';
import type { Calibration } from './calibration.js';
import { typicalSpeeds } from './calibration.js';
import { describeInputs } from './inputs.js';
import { leaseSize } from './lease-size.js';
import { LiveReduction } from './live-reduction.js';
import type { Device } from './memory.js';
import { memoryReason, workersThatFit } from './memory.js';
import type { Pool, PoolJob } from './pool.js';
import type { Fault, Lease, RunSpec, TaskNews } from './protocol.js';
import type { StoredTask } from './run-store.js';
import { Schedule } from './schedule.js';
import type { RunKeeping, TaskKeeper } from './task-keeper.js';
import type { WorkerClient } from './worker-client.js';

/** What a run uses of its engine. */
export interface RunEnvironment {
  readonly device: Device;
  readonly build: string;
  readonly calibration: Calibration;
  /** Where finished tasks outlive a reload. */
  readonly runs: RunKeeping | null;
  desk(): Promise<WorkerClient>;
  reducer(): Promise<WorkerClient>;
  pool(): Promise<Pool>;
  /** This run has ended; `reducing`: a reduction of it is still going on. */
  ended(run: BrowserRun, reducing: boolean): void;
  /** For tests: taken once. */
  takeFault(indices: number[]): Fault | undefined;
  readonly othersActive: boolean;
}

interface Stored {
  id: string;
  tasks: StoredTask[];
}

const progressMilliseconds = 100;
let nextRun = 1;

export class BrowserRun implements PoolJob {
  readonly id = nextRun++;
  readonly result: Promise<RunResult>;
  workers = 1;
  private over = false;
  private spec: RunSpec | null = null;
  private schedule: Schedule | null = null;
  private live: LiveReduction | null = null;
  private taskPool: Pool | null = null;
  private keeper: TaskKeeper | null = null;
  /** Share of the work that an earlier visit had done. */
  private restoredShare = 0;
  /** Tasks that ran out of memory once. */
  private readonly retried = new Set<string>();
  private estimate: Estimate | null = null;
  private readonly started = performance.now();
  private pausedSince: number | null = null;
  private pausedTotal = 0;
  private overlapped = false;
  private progressTimer: ReturnType<typeof setTimeout> | null = null;
  private readonly taskSeconds = new Map<string, number>();
  private resolve: (result: RunResult) => void = () => undefined;
  private reject: (error: Error) => void = () => undefined;

  constructor(
    private readonly environment: RunEnvironment,
    private readonly request: RunRequest,
    private readonly listener: RunListener,
  ) {
    this.result = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.result.catch(() => undefined);
    this.begin().catch((error: unknown) => this.fail(error));
  }

  cancel(): void {
    this.fail(new RunError('cancelled', 'The run was cancelled.'));
  }

  pause(): void {
    if (this.over || this.pausedSince !== null) return;
    this.pausedSince = performance.now();
    this.taskPool?.pause(this);
    this.live?.hold(true);
  }

  resume(): void {
    if (this.over || this.pausedSince === null) return;
    this.pausedTotal += performance.now() - this.pausedSince;
    this.pausedSince = null;
    this.taskPool?.resume(this);
    this.live?.hold(false);
  }

  fail(error: unknown): void {
    if (!this.end()) return;
    this.live?.close();
    const hopeless = error instanceof RunError && (error.kind === 'cancelled' || error.kind === 'input');
    void this.keeper?.close(!hopeless);
    const detail = error instanceof Error ? error.message : String(error);
    this.reject(error instanceof RunError ? error : new RunError('crash', `The run stopped: ${detail}.`));
  }

  // What the pool asks and tells.

  get waiting(): boolean {
    return !this.over && (this.schedule?.waiting ?? 0) > 0;
  }

  nextLease(id: number): Lease | null {
    if (!this.schedule || !this.spec) return null;
    const portion = this.schedule.take((stage: Stage, left: number) =>
      // after a lack of memory one by one, so that it is known which task it is
      this.retried.size > 0
        ? 1
        : leaseSize(left, this.workers, stage.batch_hint, this.taskSeconds.get(stage.name)),
    );
    if (!portion) return null;
    const fault = this.environment.takeFault(portion.indices);
    return { id, run: this.spec, ...portion, ...(fault ? { fault } : {}) };
  }

  news(lease: Lease, news: TaskNews[]): void {
    if (this.over || !this.schedule || !this.live) return;
    const rows: { index: number; rows: ArrayBuffer }[] = [];
    for (const item of news) {
      this.keeper?.note(lease.stage, item);
      if (item.rows) rows.push({ index: item.index, rows: item.rows });
      if (item.done) this.schedule.finish(lease.stage, item.index, item.artefacts);
      else this.schedule.progress(lease.stage, item.index, item.progress);
    }
    this.live.append(lease.stage, rows);
    this.progressSoon();
    if (this.schedule.complete) void this.finish().catch((error: unknown) => this.fail(error));
  }

  leaseFinished(lease: Lease, milliseconds: number): void {
    this.taskSeconds.set(lease.stage, milliseconds / 1000 / lease.indices.length);
  }

  leaseLost(lease: Lease): void {
    if (this.over || !this.schedule) return;
    const again = this.schedule.restart(lease.stage, lease.indices);
    this.keeper?.forget(lease.stage, again);
    this.live?.discard(lease.stage, again);
  }

  retryAlone(lease: Lease): boolean {
    const index = this.schedule?.firstInHand(lease.stage, lease.indices);
    const key = `${lease.stage}/${index}`;
    if (index === undefined || this.retried.has(key)) return false;
    this.retried.add(key);
    this.workers = 1;
    return true;
  }

  failed(error: RunError): void {
    this.fail(error);
  }

  // The steps of a run.

  private async begin(): Promise<void> {
    const { environment, request } = this;
    const desk = await environment.desk();
    const infos = await describeInputs(desk, request.inputs, true);
    const config = JSON.stringify(request.config);
    const inputs = JSON.stringify(infos);
    const prepared = await desk.ask('prepare', { study: request.study, config, inputs });
    if (this.over) return;
    if (prepared.problems.length > 0) {
      throw new RunError('input', describeProblems(prepared.problems), prepared.problems);
    }
    this.estimate = prepared.estimate;
    this.workers = workersThatFit(prepared.estimate, environment.device);
    if (this.workers < 1) {
      const reason = memoryReason(prepared.estimate, environment.device);
      throw new RunError('memory', `This run ${reason}. Choose smaller settings, or run it on a server.`);
    }
    const assets = await this.loadAssets(desk, prepared.assets);
    if (this.isOver()) return;
    this.spec = { study: request.study, config, seed: request.seed, inputs, files: request.inputs, assets };
    const [reducer, pool, weights, stored] = await Promise.all([
      environment.reducer(),
      environment.pool(),
      this.stageWeights(desk, prepared.estimate),
      this.storedTasks(desk, this.spec),
    ]);
    if (this.isOver()) return;
    await reducer.ask('openReduction', { run: this.id, spec: this.spec });
    this.live = new LiveReduction(
      reducer,
      this.id,
      (text) => this.listener.snapshot(JSON.parse(text) as Report),
      (error) => this.fail(error),
    );
    if (this.isOver()) {
      this.live.close();
      return;
    }
    this.schedule = new Schedule(prepared.plan, weights);
    this.takeOver(stored, infos);
    this.taskPool = pool;
    this.overlapped = environment.othersActive;
    this.tellProgress();
    pool.add(this);
    if (this.pausedSince !== null) {
      pool.pause(this);
      this.live.hold(true);
    }
    if (this.schedule.complete) await this.finish();
  }

  private async loadAssets(desk: WorkerClient, needed: AssetInfo[]): Promise<Record<string, File>> {
    const assets: Record<string, File> = {};
    for (const asset of needed) {
      assets[asset.name] = await loadAsset(desk, asset, (name, received, bytes) => {
        if (!this.over) this.listener.loading?.(name, received, bytes);
      });
    }
    return assets;
  }

  /** What an earlier visit finished of this run. */
  private async storedTasks(desk: WorkerClient, spec: RunSpec): Promise<Stored> {
    const { runs } = this.environment;
    if (!runs) return { id: '', tasks: [] };
    const { study, config, seed, inputs } = spec;
    const id = await desk.ask('runId', { study, config, seed, inputs });
    return { id, tasks: await runs.store.load(id) };
  }

  private takeOver({ id, tasks }: Stored, infos: Record<string, InputInfo>): void {
    const { runs } = this.environment;
    if (!runs || !this.schedule || !this.live) return;
    const known = this.schedule.restore(tasks);
    const byStage = new Map<string, { index: number; rows: ArrayBuffer }[]>();
    for (const { stage, index, rows } of known) {
      const news = byStage.get(stage) ?? [];
      news.push(...rows.map((piece) => ({ index, rows: piece })));
      byStage.set(stage, news);
    }
    for (const [stage, news] of byStage) this.live.append(stage, news);
    this.restoredShare = this.schedule.fraction;
    const { study, config, seed } = this.request;
    const inputs = Object.fromEntries(
      Object.entries(infos).map(([name, { sha256, file_name }]) => [name, { sha256, file_name }]),
    );
    const { done, total } = this.schedule;
    this.keeper = runs.keeper({ id, study, config, seed, inputs, done, total });
  }

  private isOver(): boolean {
    return this.over;
  }

  private async stageWeights(desk: WorkerClient, estimate: Estimate): Promise<Record<string, number>> {
    const speeds = this.environment.calibration.known ?? typicalSpeeds;
    const weights: Record<string, number> = {};
    if (estimate.stages.length < 2) return weights;
    for (const stage of estimate.stages) {
      const alone = { stages: [stage], report_bytes: 0 };
      weights[stage.stage] = (await desk.ask('predict', { estimate: alone, speeds, workers: 1 })).seconds;
    }
    return weights;
  }

  private async finish(): Promise<void> {
    if (this.over || !this.live || !this.schedule) return;
    this.taskPool?.remove(this);
    const { build } = this.environment;
    const tasks = this.schedule.total;
    const seconds = this.activeSeconds();
    const provenance = JSON.stringify({ engine: 'browser', device: 'cpu', build, tasks, seconds });
    const { text, files } = await this.live.finish(provenance);
    if (!this.end()) return;
    const forgotten = this.keeper?.close(false);
    this.tellProgress();
    await this.learn(seconds);
    await forgotten; // a visitor who leaves with the report is not offered the run again
    const report = JSON.parse(text) as Report;
    const file = (name: string): Promise<Blob> => {
      const bytes = files[name];
      if (!bytes) return Promise.reject(new RunError('input', `The report has no file "${name}".`));
      return Promise.resolve(new Blob([bytes], { type: report.files[name]?.media_type ?? '' }));
    };
    this.resolve({ report, text, file });
  }

  /** What this run took corrects the next predictions; runs that shared the machine tell nothing. */
  private async learn(seconds: number): Promise<void> {
    const speeds = this.environment.calibration.known;
    if (!speeds || !this.estimate || this.overlapped) return;
    if (this.pausedTotal > 0 || this.restoredShare > 0 || this.retried.size > 0) return;
    try {
      const desk = await this.environment.desk();
      const predicted = await desk.ask('predict', { estimate: this.estimate, speeds, workers: this.workers });
      this.environment.calibration.learn(this.request.study, predicted.seconds, seconds);
    } catch {
      // the report is there; predictions stay as they were
    }
  }

  private activeSeconds(): number {
    const paused = this.pausedTotal + (this.pausedSince === null ? 0 : performance.now() - this.pausedSince);
    return (performance.now() - this.started - paused) / 1000;
  }

  /** Takes the run out of the engine; false when that was done before. */
  private end(): boolean {
    if (this.over) return false;
    this.over = true;
    if (this.progressTimer !== null) clearTimeout(this.progressTimer);
    this.taskPool?.remove(this);
    this.environment.ended(this, this.live?.computing ?? false);
    return true;
  }

  private progressSoon(): void {
    this.overlapped ||= this.environment.othersActive;
    this.progressTimer ??= setTimeout(() => {
      this.progressTimer = null;
      if (!this.over) this.tellProgress();
    }, progressMilliseconds);
  }

  private tellProgress(): void {
    if (!this.schedule) return;
    const { done, total, fraction } = this.schedule;
    const seconds = this.activeSeconds();
    const achieved = fraction - this.restoredShare;
    const eta = achieved > 0.02 && seconds > 0.3 ? (seconds * (1 - fraction)) / achieved : null;
    const progress: RunProgress = { done, total, fraction, eta_seconds: eta };
    this.listener.progress(progress);
  }
}
