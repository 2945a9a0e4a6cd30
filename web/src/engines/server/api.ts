// The server's HTTP interface (native-server/api/openapi.json) as far as the page uses it. Refusals arrive as problem
// details (RFC 9457) and become RunError.
import type { Config, Problem } from '../../model/contract.js';
import type { RunProgress } from '../engine.js';
import { RunError } from '../engine.js';

export type JobState = 'queued' | 'running' | 'cancelling' | 'succeeded' | 'failed' | 'cancelled';

export interface Job {
  id: string;
  study: string;
  state: JobState;
  progress: RunProgress;
  /** Why it failed. */
  errors?: Problem[];
}

export interface Health {
  status: string;
  version?: string;
}

export interface ServerEstimate {
  seconds: number;
  workers: number;
  memory_bytes: number;
  /** Jobs that have not finished, and how long they will take. */
  queue: number;
  queue_seconds: number;
}

export interface JobSubmission {
  study: string;
  config: Config;
  seed: number;
  inputs: Record<string, string>;
}

export type Fetch = (input: URL | string, options?: RequestInit) => Promise<Response>;

const unreachable = 'The server does not answer. Your settings are kept; try again, or run in the browser.';

export class ServerApi {
  /** `base`: URL of api/v1/. */
  constructor(
    readonly base: URL,
    private readonly fetch: Fetch = (input, options) => globalThis.fetch(input, options),
  ) {}

  /** The server of this page, or null: then the page is a static site. */
  static async discover(base: URL, fetch?: Fetch): Promise<ServerApi | null> {
    const api = new ServerApi(base, fetch);
    try {
      const health = await api.json<Health>('health', { signal: timeout(3000) });
      return health.status === 'ok' ? api : null;
    } catch {
      return null;
    }
  }

  estimate(study: string, body: unknown): Promise<ServerEstimate> {
    return this.json<ServerEstimate>(`studies/${study}/estimate`, post(body));
  }

  async hasDataset(sha256: string): Promise<boolean> {
    const response = await this.request(`datasets/${sha256}`, { method: 'GET' }, [404]);
    return response.ok;
  }

  /** Sends a file; returns its hash as the server computed it. */
  async upload(file: File, signal: AbortSignal): Promise<string> {
    const headers = { 'X-Reprise': '1', 'Content-Type': 'application/octet-stream' };
    const query = `?name=${encodeURIComponent(file.name)}`;
    const answer = await this.json<{ sha256: string }>(`datasets${query}`, {
      method: 'POST',
      headers,
      body: file,
      signal,
    });
    return answer.sha256;
  }

  submit(job: JobSubmission, idempotencyKey: string): Promise<Job> {
    return this.json<Job>('jobs', post(job, { 'Idempotency-Key': idempotencyKey }));
  }

  job(id: string): Promise<Job> {
    return this.json<Job>(`jobs/${id}`);
  }

  /** True when the server has begun to cancel; false when the job had already ended. */
  async cancel(id: string): Promise<boolean> {
    return (await this.request(`jobs/${id}/cancel`, post({}), [409])).ok;
  }

  async reportText(id: string): Promise<string> {
    return (await this.request(`jobs/${id}/report`)).text();
  }

  async file(id: string, name: string): Promise<Blob> {
    return (await this.request(`jobs/${id}/files/${encodeURIComponent(name)}`)).blob();
  }

  /** The multiplexed stream of events of these jobs. */
  events(jobs: string[], lastEventId: string, signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { Accept: 'text/event-stream' };
    if (lastEventId) headers['Last-Event-ID'] = lastEventId;
    return this.request(`events?jobs=${jobs.map(encodeURIComponent).join(',')}`, { headers, signal });
  }

  private async json<T>(path: string, options?: RequestInit): Promise<T> {
    return (await (await this.request(path, options)).json()) as T;
  }

  /** A response that is fine or has one of the `expected` statuses. */
  private async request(path: string, options: RequestInit = {}, expected: number[] = []): Promise<Response> {
    const response = await this.fetch(new URL(path, this.base), { cache: 'no-store', ...options }).catch(
      (error: unknown) => {
        if (error instanceof Error && error.name === 'AbortError') throw error;
        throw new RunError('network', unreachable);
      },
    );
    if (response.ok || expected.includes(response.status)) return response;
    throw await refusal(response);
  }
}

interface ProblemDetails {
  title?: string;
  detail?: string;
  errors?: Problem[];
}

/** Problem details as RunError. */
export async function refusal(response: Response): Promise<RunError> {
  const details = await response
    .json()
    .then((body: unknown) => (typeof body === 'object' && body !== null ? (body as ProblemDetails) : {}))
    .catch((): ProblemDetails => ({}));
  const said = details.detail ?? details.title ?? `status ${response.status}`;
  const mendable = response.status >= 400 && response.status < 500;
  const message = mendable
    ? said
    : `The server could not do this: ${said}. Try again later, or run in the browser.`;
  return new RunError(mendable ? 'input' : 'network', message, details.errors ?? []);
}

function post(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}

function timeout(milliseconds: number): AbortSignal {
  return AbortSignal.timeout(milliseconds);
}
