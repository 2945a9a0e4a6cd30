// A worker without a core, and a clock that a test moves: nothing here waits for real time.
import type { FromWorker, Lease, ToWorker } from '../../../web/src/engines/browser/protocol.js';
import type { Timing } from '../../../web/src/engines/browser/timing.js';
import type { WorkerLike } from '../../../web/src/engines/browser/worker-client.js';

export class FakeWorker implements WorkerLike {
  onmessage: WorkerLike['onmessage'] = null;
  onerror: WorkerLike['onerror'] = null;
  readonly received: ToWorker[] = [];
  terminated = false;
  /** Called for each message but the first. */
  handle: (message: ToWorker) => void = () => undefined;

  constructor(private readonly starts = true) {}

  postMessage(message: ToWorker): void {
    this.received.push(message);
    if (message.type !== 'begin') this.handle(message);
    else if (this.starts) queueMicrotask(() => this.say({ type: 'ready' }));
    else
      queueMicrotask(() =>
        this.say({ type: 'broken', failure: { kind: 'trap', message: 'no', problems: [] } }),
      );
  }

  say(message: FromWorker): void {
    if (!this.terminated) this.onmessage?.({ data: message } as MessageEvent<FromWorker>);
  }

  terminate(): void {
    this.terminated = true;
  }

  get leases(): Lease[] {
    return this.received.flatMap((message) => (message.type === 'lease' ? [message.lease] : []));
  }

  sent(type: ToWorker['type']): number {
    return this.received.filter((message) => message.type === type).length;
  }
}

export class FakeTiming implements Timing {
  private time = 0;
  private readonly waiting = new Map<number, { at: number; then: () => void }>();
  private next = 0;

  now(): number {
    return this.time;
  }
  after(milliseconds: number, then: () => void): () => void {
    const id = this.next++;
    this.waiting.set(id, { at: this.time + milliseconds, then });
    return () => this.waiting.delete(id);
  }
  advance(milliseconds: number): void {
    const end = this.time + milliseconds;
    for (;;) {
      const due = [...this.waiting].filter(([, { at }]) => at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      this.waiting.delete(due[0]);
      this.time = due[1].at;
      due[1].then();
    }
    this.time = end;
  }
}
