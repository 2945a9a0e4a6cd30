// The task workers of the page: started one after the other as they are needed, shared by all runs, replaced when
// they break or do not answer.
import type { RunError } from '../engine.js';
import type { CoreFailure } from './core.js';
import type { FromWorker, Lease, TaskNews } from './protocol.js';
import type { Timing } from './timing.js';
import { realTiming } from './timing.js';
import type { WorkerFactory } from './worker-client.js';
import { runErrorOf, WorkerClient } from './worker-client.js';

/** Without an answer to cancel or pause for so long, a worker is terminated. */
export const patienceMilliseconds = 500;

/** A run as the pool sees it. */
export interface PoolJob {
  /** At most so many workers at once. */
  readonly workers: number;
  /** Has tasks that may begin now. */
  readonly waiting: boolean;
  nextLease(id: number): Lease | null;
  news(lease: Lease, news: TaskNews[]): void;
  leaseFinished(lease: Lease, milliseconds: number): void;
  /** The lease was lost through no fault of its own: its unfinished tasks begin again. */
  leaseLost(lease: Lease): void;
  /** A task of the lease ran out of memory: true when its unfinished tasks are to begin again, with no other worker. */
  retryAlone(lease: Lease): boolean;
  failed(error: RunError): void;
}

interface Held {
  lease: Lease;
  job: PoolJob;
  paused: boolean;
  cancelled: boolean;
  /** Takes back the order to terminate the worker. */
  spare: (() => void) | null;
}

interface Member {
  client: WorkerClient;
  held: Map<number, Held>;
}

export class Pool {
  private readonly members = new Set<Member>();
  private readonly jobs: { job: PoolJob; paused: boolean }[] = [];
  private nextLease = 1;
  /** The only run that gets workers: it ran out of memory. */
  private alone: PoolJob | null = null;

  constructor(
    private readonly module: WebAssembly.Module,
    private readonly createWorker: WorkerFactory,
    private cores: number,
    private readonly timing: Timing = realTiming,
  ) {}

  get size(): number {
    return this.members.size;
  }

  /** Starts the first worker before anything asks for it. */
  warm(): void {
    if (this.members.size === 0) this.startWorker();
  }

  add(job: PoolJob): void {
    this.jobs.push({ job, paused: false });
    this.pump();
  }

  /** Takes a job out at once: its leases are cancelled, nothing more is heard of it. */
  remove(job: PoolJob): void {
    const at = this.jobs.findIndex((entry) => entry.job === job);
    if (at >= 0) this.jobs.splice(at, 1);
    if (this.alone === job) this.alone = null;
    this.eachHeld(job, (member, held) => {
      held.cancelled = true;
      member.client.post({ type: 'cancel', lease: held.lease.id });
      this.expectAnswer(member, held);
    });
    this.pump();
  }

  pause(job: PoolJob): void {
    this.setPaused(job, true);
    this.eachHeld(job, (member, held) => {
      held.paused = true;
      member.client.post({ type: 'pause', lease: held.lease.id });
      this.expectAnswer(member, held);
    });
    this.pump();
  }

  resume(job: PoolJob): void {
    this.setPaused(job, false);
    this.eachHeld(job, (member, held) => {
      held.paused = false;
      member.client.post({ type: 'resume', lease: held.lease.id });
    });
    this.pump();
  }

  /** Gives waiting tasks to idle workers, and starts one more worker when there are none. */
  pump(): void {
    for (const { job, paused } of [...this.jobs]) {
      if (paused || (this.alone && this.alone !== job)) continue;
      while (job.waiting && this.working(job) < job.workers) {
        const member = this.idleMember();
        if (!member) {
          this.startWorkerIfAllowed();
          break;
        }
        const lease = job.nextLease(this.nextLease++);
        if (!lease) break;
        member.held.set(lease.id, { lease, job, paused: false, cancelled: false, spare: null });
        member.client.post({ type: 'lease', lease });
      }
    }
  }

  terminate(): void {
    for (const member of this.members) {
      for (const held of member.held.values()) spare(held);
      member.client.terminate();
    }
    this.members.clear();
  }

  private setPaused(job: PoolJob, paused: boolean): void {
    const entry = this.jobs.find((candidate) => candidate.job === job);
    if (entry) entry.paused = paused;
  }

  private eachHeld(job: PoolJob, visit: (member: Member, held: Held) => void): void {
    for (const member of [...this.members]) {
      for (const held of [...member.held.values()]) if (held.job === job) visit(member, held);
    }
  }

  private working(job: PoolJob): number {
    let count = 0;
    this.eachHeld(job, () => count++);
    return count;
  }

  private idleMember(): Member | undefined {
    for (const member of this.members) {
      if (member.client.isReady && [...member.held.values()].every((held) => held.paused)) return member;
    }
    return undefined;
  }

  private startWorkerIfAllowed(): void {
    const starting = [...this.members].some(({ client }) => !client.isReady);
    if (!starting && this.members.size < this.cores) this.startWorker();
  }

  private startWorker(): void {
    const held = new Map<number, Held>();
    const client = new WorkerClient(
      this.createWorker(),
      this.module,
      (message) => this.hear(member, message),
      (failure, lease) => this.lose(member, failure, lease),
    );
    const member: Member = { client, held };
    this.members.add(member);
  }

  private hear(member: Member, message: FromWorker): void {
    if (message.type === 'ready') {
      this.pump();
      return;
    }
    if (!('lease' in message) || message.lease === undefined) return;
    const held = member.held.get(message.lease);
    if (!held) return;
    if (message.type === 'held') {
      spare(held);
      if (held.cancelled) this.release(member, held);
      return;
    }
    if (held.cancelled) {
      if (message.type !== 'news') this.release(member, held);
      return;
    }
    if (message.type === 'news') {
      held.job.news(held.lease, message.news);
    } else if (message.type === 'finished') {
      this.release(member, held, () => held.job.leaseFinished(held.lease, message.milliseconds));
    } else if (message.type === 'failed') {
      this.release(member, held, () => held.job.failed(runErrorOf(message.failure)));
    }
  }

  private release(member: Member, held: Held, tell?: () => void): void {
    spare(held);
    member.held.delete(held.lease.id);
    tell?.();
    this.pump();
  }

  private expectAnswer(member: Member, held: Held): void {
    held.spare ??= this.timing.after(patienceMilliseconds, () => {
      member.client.terminate();
      this.members.delete(member);
      this.giveBack(member);
    });
  }

  /** The worker broke: the run it was computing fails, other leases it held begin again elsewhere. */
  private lose(member: Member, failure: CoreFailure, lease?: number): void {
    this.members.delete(member);
    const error = runErrorOf(failure);
    if (!member.client.isReady) {
      // It never started: go on with those that did; without any, trying again would go on for ever.
      if (this.members.size > 0) this.cores = this.members.size;
      else for (const { job } of [...this.jobs]) job.failed(error);
    }
    for (const held of [...member.held.values()]) {
      const computing = lease === undefined ? !held.paused : held.lease.id === lease;
      if (!computing || held.cancelled) continue;
      spare(held);
      member.held.delete(held.lease.id);
      if (failure.kind === 'memory' && held.job.retryAlone(held.lease)) {
        held.job.leaseLost(held.lease);
        this.leaveAlone(held.job);
      } else {
        held.job.failed(error);
      }
    }
    this.giveBack(member);
  }

  /** Ends all workers, whose memory never shrinks: until the job has ended it has the only one. */
  private leaveAlone(job: PoolJob): void {
    this.alone = job;
    const members = [...this.members];
    for (const { client } of members) client.terminate();
    this.members.clear();
    for (const member of members) this.giveBack(member);
  }

  private giveBack(member: Member): void {
    for (const held of member.held.values()) {
      spare(held);
      if (!held.cancelled) held.job.leaseLost(held.lease);
    }
    member.held.clear();
    this.pump();
  }
}

function spare(held: Held): void {
  held.spare?.();
  held.spare = null;
}
