import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunError } from '../../../web/src/engines/engine.js';
import type { PoolJob } from '../../../web/src/engines/browser/pool.js';
import { patienceMilliseconds, Pool } from '../../../web/src/engines/browser/pool.js';
import type { Lease, TaskNews } from '../../../web/src/engines/browser/protocol.js';
import { FakeTiming, FakeWorker } from './fake-worker.js';

const module = {} as WebAssembly.Module;
const run = { study: 'lab/study', config: '{}', seed: 1, inputs: '{}', files: {}, assets: {} };

class FakeJob implements PoolJob {
  readonly done: number[] = [];
  readonly lost: number[] = [];
  readonly retried: number[] = [];
  readonly errors: RunError[] = [];
  private readonly open: number[];

  constructor(
    tasks: number,
    public workers = 8,
    private mayRetry = false,
  ) {
    this.open = Array.from({ length: tasks }, (_, index) => index);
  }
  get waiting(): boolean {
    return this.open.length > 0;
  }
  nextLease(id: number): Lease | null {
    const index = this.open.shift();
    return index === undefined ? null : { id, run, stage: 'a', indices: [index], artefacts: [] };
  }
  news(_lease: Lease, news: TaskNews[]): void {
    for (const { index, done } of news) if (done) this.done.push(index);
  }
  leaseFinished(): void {
    // the news have told
  }
  leaseLost(lease: Lease): void {
    this.lost.push(...lease.indices);
    this.open.unshift(...lease.indices);
  }
  retryAlone(lease: Lease): boolean {
    if (!this.mayRetry) return false;
    this.mayRetry = false;
    this.retried.push(...lease.indices);
    this.workers = 1;
    return true;
  }
  failed(error: RunError): void {
    this.errors.push(error);
    this.open.length = 0;
  }
}

/** A pool whose workers finish each lease in the next turn, unless `stuck`. */
function poolOf(cores: number, options: { stuck?: () => boolean; starts?: (nth: number) => boolean } = {}) {
  const workers: FakeWorker[] = [];
  const timing = new FakeTiming();
  const pool = new Pool(
    module,
    () => {
      const worker = new FakeWorker(options.starts?.(workers.length) ?? true);
      worker.handle = (message) => {
        if (message.type === 'cancel' || message.type === 'pause') {
          if (!options.stuck?.()) queueMicrotask(() => worker.say({ type: 'held', lease: message.lease }));
        }
      };
      workers.push(worker);
      return worker;
    },
    cores,
    timing,
  );
  return { pool, workers, timing };
}
function finish(worker: FakeWorker, lease: Lease): void {
  const news = lease.indices.map((index) => ({ index, rows: null, progress: 1, done: true, artefacts: [] }));
  worker.say({ type: 'news', lease: lease.id, news });
  worker.say({ type: 'finished', lease: lease.id, milliseconds: 10 });
}
const turn = () => sleep(0);

test('workers start one after the other, as tasks wait for them, up to the number of cores', async () => {
  const { pool, workers } = poolOf(3);
  assert.equal(workers.length, 0);
  pool.add(new FakeJob(10));
  assert.equal(workers.length, 1);
  await turn();
  assert.equal(workers.length, 3);
  assert.deepEqual(
    workers.map(({ leases }) => leases.length),
    [1, 1, 1],
  );
});

test('a run never has more workers than fit into memory, and one task needs one worker', async () => {
  const { pool, workers } = poolOf(8);
  pool.add(new FakeJob(10, 2));
  await turn();
  assert.equal(workers.length, 2);
  const single = poolOf(8);
  single.pool.add(new FakeJob(1));
  await turn();
  assert.equal(single.workers.length, 1);
});

test('every task is done once, whichever worker is free', async () => {
  const { pool, workers } = poolOf(2);
  const job = new FakeJob(5);
  pool.add(job);
  await turn();
  const [first, second] = workers;
  assert.ok(first && second);
  finish(second, second.leases[0]!);
  finish(second, second.leases[1]!);
  finish(first, first.leases[0]!);
  finish(first, first.leases[1]!);
  finish(second, second.leases[2]!);
  assert.deepEqual([...job.done].sort(), [0, 1, 2, 3, 4]);
});

test('cancel frees the worker at once; nothing more is heard of the run', async () => {
  const { pool, workers } = poolOf(1);
  const job = new FakeJob(3);
  pool.add(job);
  await turn();
  const worker = workers[0]!;
  pool.remove(job);
  assert.equal(worker.sent('cancel'), 1);
  finish(worker, worker.leases[0]!); // it had ended before the message arrived
  assert.deepEqual(job.done, []);
  const next = new FakeJob(1);
  pool.add(next);
  await turn();
  finish(worker, worker.leases[1]!);
  assert.deepEqual(next.done, [0]);
  assert.equal(worker.terminated, false);
});

test('a worker that does not answer to cancel is terminated after its patience, and replaced when needed', async () => {
  const { pool, workers, timing } = poolOf(1, { stuck: () => workers.length === 1 });
  const job = new FakeJob(3);
  pool.add(job);
  await turn();
  pool.remove(job);
  const next = new FakeJob(1);
  pool.add(next);
  timing.advance(patienceMilliseconds - 1);
  assert.equal(workers[0]?.terminated, false);
  timing.advance(1);
  assert.equal(workers[0]?.terminated, true);
  assert.equal(workers.length, 2);
  await turn();
  finish(workers[1]!, workers[1]!.leases[0]!);
  assert.deepEqual(next.done, [0]);
  assert.deepEqual(job.lost, []);
});

test('a paused run holds its tasks; the worker serves other runs meanwhile', async () => {
  const { pool, workers } = poolOf(1);
  const job = new FakeJob(2);
  pool.add(job);
  await turn();
  pool.pause(job);
  await turn();
  const other = new FakeJob(1);
  pool.add(other);
  const worker = workers[0]!;
  assert.equal(worker.leases.length, 2);
  finish(worker, worker.leases[1]!);
  assert.deepEqual(other.done, [0]);
  assert.equal(worker.leases.length, 2); // the paused run gets nothing new
  pool.resume(job);
  assert.equal(worker.sent('resume'), 1);
  finish(worker, worker.leases[0]!);
  assert.equal(worker.leases.length, 3);
  assert.deepEqual(job.done, [0]);
});

test('pausing a worker that does not answer begins its tasks again', async () => {
  const { pool, workers, timing } = poolOf(1, { stuck: () => true });
  const job = new FakeJob(2);
  pool.add(job);
  await turn();
  pool.pause(job);
  timing.advance(patienceMilliseconds);
  assert.equal(workers[0]?.terminated, true);
  assert.deepEqual(job.lost, [0]);
  assert.equal(workers.length, 1);
  pool.resume(job);
  await turn();
  assert.deepEqual(workers[1]?.leases[0]?.indices, [0]);
});

test('a trap fails the run that met it, as a sentence; the pool recovers', async () => {
  const { pool, workers } = poolOf(1);
  const job = new FakeJob(2);
  pool.add(job);
  await turn();
  const lease = workers[0]!.leases[0]!;
  workers[0]!.say({
    type: 'broken',
    lease: lease.id,
    failure: { kind: 'trap', message: 'unreachable', problems: [] },
  });
  assert.equal(job.errors[0]?.kind, 'crash');
  assert.match(job.errors[0]?.message ?? '', /crashed in this browser \(unreachable\)/);
  assert.equal(workers[0]?.terminated, true);
  const next = new FakeJob(1);
  pool.add(next);
  await turn();
  finish(workers[1]!, workers[1]!.leases[0]!);
  assert.deepEqual(next.done, [0]);
});

test('out of memory says so; an error of the core is not retried', async () => {
  const { pool, workers } = poolOf(1);
  const job = new FakeJob(1);
  pool.add(job);
  await turn();
  workers[0]!.say({
    type: 'broken',
    lease: workers[0]!.leases[0]!.id,
    failure: { kind: 'memory', message: 'std::bad_alloc', problems: [] },
  });
  assert.equal(job.errors[0]?.kind, 'memory');
  const second = new FakeJob(1);
  pool.add(second);
  await turn();
  const problem = { key: 'scores', value: 'x', allowed: '0 or 1', message: 'row 3: label "x" is not 0 or 1' };
  workers[1]!.say({
    type: 'failed',
    lease: workers[1]!.leases[0]!.id,
    failure: { kind: 'input', message: problem.message, problems: [problem] },
  });
  assert.deepEqual(second.errors[0]?.problems, [problem]);
  assert.equal(second.errors.length, 1);
  assert.equal(workers[1]?.terminated, false);
  assert.equal(workers.length, 2);
});

test('a task that ran out of memory begins again with no other worker; twice, and the run fails', async () => {
  const { pool, workers } = poolOf(3);
  const job = new FakeJob(4, 8, true);
  const other = new FakeJob(2);
  pool.add(job);
  await turn();
  assert.equal(pool.size, 3);
  pool.add(other);
  const failure = { kind: 'memory' as const, message: 'std::bad_alloc', problems: [] };
  const starved = workers[1]!.leases[0]!;
  workers[1]!.say({ type: 'broken', lease: starved.id, failure });
  assert.equal(job.errors.length, 0);
  assert.deepEqual(job.retried, starved.indices);
  assert.deepEqual(
    workers.slice(0, 3).map(({ terminated }) => terminated),
    [true, true, true],
  );
  await turn();
  // every task in hand begins again, one after the other; the other run waits
  assert.deepEqual([...job.lost].sort(), [0, 1, 2]);
  assert.equal(pool.size, 1);
  const alone = workers.at(-1)!;
  assert.equal(alone.leases.length, 1);
  finish(alone, alone.leases[0]!);
  assert.equal(alone.leases.length, 2);
  assert.deepEqual(other.done, []);
  alone.say({ type: 'broken', lease: alone.leases[1]!.id, failure });
  assert.equal(job.errors[0]?.kind, 'memory');
  // when it has ended, the others go on
  pool.remove(job);
  await turn();
  const next = workers.at(-1)!;
  assert.equal(next.terminated, false);
  finish(next, next.leases[0]!);
  assert.equal(other.done.length, 1);
});

test('a worker that breaks loses the paused leases of other runs to a new one', async () => {
  const { pool, workers } = poolOf(1);
  const paused = new FakeJob(1);
  pool.add(paused);
  await turn();
  pool.pause(paused);
  await turn();
  const job = new FakeJob(1);
  pool.add(job);
  const lease = workers[0]!.leases[1]!;
  workers[0]!.say({ type: 'broken', lease: lease.id, failure: { kind: 'trap', message: 'x', problems: [] } });
  assert.equal(job.errors.length, 1);
  assert.equal(paused.errors.length, 0);
  assert.deepEqual(paused.lost, [0]);
});

test('workers that cannot start: go on with those that can, fail when there are none', async () => {
  const some = poolOf(4, { starts: (nth) => nth < 2 });
  const job = new FakeJob(9);
  some.pool.add(job);
  await turn();
  assert.equal(some.pool.size, 2);
  assert.equal(job.errors.length, 0);
  finish(some.workers[0]!, some.workers[0]!.leases[0]!);
  await turn();
  assert.equal(some.workers.length, 3); // it does not try for ever

  const none = poolOf(4, { starts: () => false });
  const failing = new FakeJob(2);
  none.pool.add(failing);
  await turn();
  assert.equal(failing.errors.length, 1);
  assert.equal(none.workers.length, 1);
});
