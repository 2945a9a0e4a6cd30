// One event stream for all jobs of the page: reopened when the set of jobs changes, reconnected with the last event's
// id after a break, at growing intervals.
import { RunError } from '../engine.js';
import type { ServerApi } from './api.js';
import type { ServerEvent } from './sse.js';
import { EventParser } from './sse.js';

/** What a job's listener gets; `data` is the event's JSON. */
export interface JobListener {
  event(name: string, data: unknown): void;
  /** The stream was opened again: events may have been missed. */
  reconnected(): void;
  /** The server refuses the stream (unknown job, no access). */
  refused(error: RunError): void;
}

const firstDelay = 500;
const longestDelay = 10_000;

export class EventHub {
  private readonly listeners = new Map<string, JobListener>();
  private abort: AbortController | null = null;
  private lastId = '';
  private delay = firstDelay;
  private retry: ReturnType<typeof setTimeout> | null = null;
  private reopening = false;

  constructor(private readonly api: ServerApi) {}

  add(job: string, listener: JobListener): void {
    this.listeners.set(job, listener);
    this.reopen();
  }

  remove(job: string): void {
    if (!this.listeners.delete(job)) return;
    // the stream goes on for the others; events of this job are dropped
    if (this.listeners.size === 0) this.stop();
  }

  /** Once per turn, so that several new jobs share one request. */
  private reopen(): void {
    if (this.reopening) return;
    this.reopening = true;
    queueMicrotask(() => {
      this.reopening = false;
      this.stop();
      if (this.listeners.size > 0) void this.read();
    });
  }

  private stop(): void {
    this.abort?.abort();
    this.abort = null;
    if (this.retry !== null) clearTimeout(this.retry);
    this.retry = null;
  }

  private async read(): Promise<void> {
    const abort = new AbortController();
    this.abort = abort;
    try {
      const response = await this.api.events([...this.listeners.keys()], this.lastId, abort.signal);
      for (const listener of [...this.listeners.values()]) listener.reconnected();
      await this.consume(response, abort.signal);
    } catch (error) {
      if (abort.signal.aborted) return;
      if (error instanceof RunError && error.kind === 'input') {
        for (const listener of [...this.listeners.values()]) listener.refused(error);
        return;
      }
    }
    if (abort.signal.aborted || this.listeners.size === 0) return;
    this.retry = setTimeout(() => void this.read(), this.delay * (0.75 + Math.random() / 2));
    this.delay = Math.min(longestDelay, this.delay * 2);
  }

  private async consume(response: Response, signal: AbortSignal): Promise<void> {
    const reader = response.body?.getReader();
    if (!reader) return;
    const parser = new EventParser((event) => {
      if (!signal.aborted) this.deliver(event);
    });
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      this.delay = firstDelay;
      parser.push(decoder.decode(value, { stream: true }));
    }
  }

  private deliver({ id, event, data }: ServerEvent): void {
    if (id) this.lastId = id;
    let content: unknown;
    try {
      content = JSON.parse(data);
    } catch {
      return;
    }
    if (typeof content !== 'object' || content === null || !('job' in content)) return;
    this.listeners.get(String(content.job))?.event(event, content);
  }
}
