// The engine that sends a run to the server. Files leave the browser in start(), never before.
import type { InputInfo, Report } from '../../model/contract.js';
import type {
  Engine,
  Prediction,
  RunHandle,
  RunListener,
  RunProgress,
  RunRequest,
  RunResult,
} from '../engine.js';
import { RunError } from '../engine.js';
import { describeProblems } from '../problems.js';
import type { Job, ServerApi } from './api.js';
import { EventHub } from './event-hub.js';

/** Looks into files without sending them; the browser engine does this in a worker. */
export interface FileExaminer {
  inspect(file: File): Promise<InputInfo>;
  hash(file: File): Promise<string>;
}

export class ServerEngine implements Engine {
  readonly name = 'server';
  private readonly hub: EventHub;

  constructor(
    private readonly api: ServerApi,
    private readonly examiner: FileExaminer,
  ) {
    this.hub = new EventHub(api);
  }

  async predict(request: RunRequest): Promise<Prediction> {
    const infos: Record<string, InputInfo> = {};
    for (const [name, file] of Object.entries(request.inputs))
      infos[name] = await this.examiner.inspect(file);
    try {
      const body = { config: request.config, inputs: infos };
      const answer = await this.api.estimate(request.study, body);
      const { seconds, queue_seconds, workers, memory_bytes, queue } = answer;
      return { seconds: seconds + queue_seconds, workers, memory_bytes, queue, reason: '' };
    } catch (error) {
      const impossible = { seconds: null, workers: 0, memory_bytes: 0, queue: 0 };
      if (!(error instanceof RunError)) return { ...impossible, reason: 'the server gave no estimate' };
      return { ...impossible, reason: refusalText(error), problems: error.problems };
    }
  }

  /** Bytes that start() would send: inputs that the server does not have. */
  async uploadBytes(request: RunRequest): Promise<number> {
    let bytes = 0;
    for (const file of Object.values(request.inputs)) {
      const known = await this.api.hasDataset(await this.examiner.hash(file)).catch(() => false);
      if (!known) bytes += file.size;
    }
    return bytes;
  }

  start(request: RunRequest, listener: RunListener): RunHandle {
    const run = new ServerRun(this.api, this.hub, this.examiner, request, listener);
    return { result: run.result, cancel: () => run.cancel() };
  }

  /** Goes on listening to a job that was submitted before, e.g. by an earlier visit. */
  follow(job: string, listener: RunListener): RunHandle {
    const run = new ServerRun(this.api, this.hub, this.examiner, job, listener);
    return { result: run.result, cancel: () => run.cancel() };
  }
}

function refusalText(error: RunError): string {
  return error.problems.length > 0 ? describeProblems(error.problems) : error.message;
}

class ServerRun {
  readonly result: Promise<RunResult>;
  private readonly abort = new AbortController();
  private job: string | null = null;
  private over = false;
  private collecting = false;
  private resolve: (result: RunResult) => void = () => undefined;
  private reject: (error: Error) => void = () => undefined;

  constructor(
    private readonly api: ServerApi,
    private readonly hub: EventHub,
    private readonly examiner: FileExaminer,
    request: RunRequest | string,
    private readonly listener: RunListener,
  ) {
    this.result = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.result.catch(() => undefined);
    const begun = typeof request === 'string' ? Promise.resolve(request) : this.submit(request);
    begun.then((job) => this.follow(job)).catch((error: unknown) => this.fail(error));
  }

  cancel(): void {
    if (this.over) return;
    const job = this.job;
    this.fail(new RunError('cancelled', 'The run was cancelled.'));
    if (job) this.api.cancel(job).catch(() => undefined);
  }

  private async submit(request: RunRequest): Promise<string> {
    const inputs: Record<string, string> = {};
    for (const [name, file] of Object.entries(request.inputs)) {
      const hash = await this.examiner.hash(file);
      if (this.over) break;
      inputs[name] = (await this.api.hasDataset(hash))
        ? hash
        : await this.api.upload(file, this.abort.signal);
    }
    if (this.over) throw new RunError('cancelled', 'The run was cancelled.');
    const { study, config, seed } = request;
    return (await this.submitTwice({ study, config, seed, inputs })).id;
  }

  /** An answer that was lost on the way is asked for again; the key makes both the same job. */
  private async submitTwice(job: Parameters<ServerApi['submit']>[0]): Promise<Job> {
    const key = randomKey();
    try {
      return await this.api.submit(job, key);
    } catch (error) {
      if (!(error instanceof RunError) || error.kind !== 'network') throw error;
      return this.api.submit(job, key);
    }
  }

  private follow(job: string): void {
    if (this.over) {
      this.api.cancel(job).catch(() => undefined);
      return;
    }
    this.job = job;
    this.hub.add(job, {
      event: (name, data) => this.hear(name, data),
      reconnected: () => {
        this.api
          .job(job)
          .then((state) => this.see(state))
          .catch(() => undefined);
      },
      refused: (error) => this.fail(error),
    });
  }

  private hear(name: string, data: unknown): void {
    if (this.over || this.collecting) return;
    if (name === 'snapshot') this.listener.snapshot((data as { report: Report }).report);
    else if (name === 'progress')
      this.tell((data as { progress?: RunProgress }).progress ?? (data as RunProgress));
    else if (name === 'state') this.see(data as Job);
  }

  private see(job: Pick<Job, 'state' | 'errors'> & { progress?: RunProgress }): void {
    if (this.over || this.collecting) return;
    if (job.progress) this.tell(job.progress);
    if (job.state === 'succeeded') {
      this.collecting = true;
      this.collect().catch((error: unknown) => this.fail(error));
    } else if (job.state === 'failed') {
      this.fail(failureOf(job));
    } else if (job.state === 'cancelled') {
      this.fail(new RunError('cancelled', 'The run was cancelled on the server.'));
    }
  }

  private tell({ done, total, fraction, eta_seconds }: RunProgress): void {
    this.listener.progress({ done, total, fraction, eta_seconds: eta_seconds ?? null });
  }

  private async collect(): Promise<void> {
    const { job, api } = this;
    if (job === null) return;
    const text = await api.reportText(job);
    if (!this.end()) return;
    this.resolve({ report: JSON.parse(text) as Report, text, file: (name) => api.file(job, name) });
  }

  private fail(error: unknown): void {
    if (!this.end()) return;
    const detail = error instanceof Error ? error.message : String(error);
    this.reject(error instanceof RunError ? error : new RunError('network', `The run was lost: ${detail}.`));
  }

  private end(): boolean {
    if (this.over) return false;
    this.over = true;
    this.abort.abort();
    if (this.job) this.hub.remove(this.job);
    return true;
  }
}

/** Problems with a key belong to a parameter or an input: the visitor can mend them. */
function failureOf({ errors = [] }: Pick<Job, 'errors'>): RunError {
  if (errors.length === 0) return new RunError('crash', 'The run failed on the server.');
  const mendable = errors.some(({ key }) => key !== '');
  return new RunError(mendable ? 'input' : 'crash', describeProblems(errors), mendable ? errors : []);
}

/** 128 random bits; crypto.randomUUID is missing on pages without https. */
function randomKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}
