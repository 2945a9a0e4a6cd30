import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { LiveReduction } from '../../../web/src/engines/browser/live-reduction.js';
import type { FromWorker } from '../../../web/src/engines/browser/protocol.js';
import { WorkerClient } from '../../../web/src/engines/browser/worker-client.js';
import { FakeTiming, FakeWorker } from './fake-worker.js';

/** A reducer that answers when `finish` is called; reductions take the time that passes until then. */
function slowReducer(timing: FakeTiming) {
  const worker = new FakeWorker();
  const begun: number[] = [];
  const open: (() => void)[] = [];
  worker.handle = (message) => {
    if (message.type !== 'ask') return;
    const answer = (content: unknown): void =>
      worker.say({ type: 'answer', id: message.id, content } as FromWorker);
    if (message.name !== 'reduce') {
      queueMicrotask(() => answer(null));
      return;
    }
    const started = timing.now();
    begun.push(started);
    const text = `report ${begun.length}`;
    open.push(() => answer({ text, milliseconds: timing.now() - started, files: {} }));
  };
  const client = new WorkerClient(
    worker,
    {} as WebAssembly.Module,
    () => undefined,
    () => undefined,
  );
  const finish = async (): Promise<void> => {
    open.shift()?.();
    await sleep(0);
  };
  return { worker, client, begun, finish };
}
const news = () => [{ index: 0, rows: new ArrayBuffer(8) }];
const turn = () => sleep(0);

test('live reductions: one at a time, and again only after ten times their own duration', async () => {
  const timing = new FakeTiming();
  const { client, begun, finish } = slowReducer(timing);
  const snapshots: string[] = [];
  const live = new LiveReduction(
    client,
    1,
    (text) => snapshots.push(text),
    (error) => assert.fail(String(error)),
    timing,
  );
  live.append('a', news());
  await turn();
  assert.deepEqual(begun, [0]);
  live.append('a', news());
  timing.advance(30);
  await turn();
  assert.deepEqual(begun, [0]); // the first goes on
  await finish();
  assert.deepEqual(snapshots, ['report 1']);
  timing.advance(299);
  await turn();
  assert.deepEqual(begun, [0]);
  timing.advance(1);
  await turn();
  assert.deepEqual(begun, [0, 330]); // 30 ms of work, 300 ms of rest
  live.append('a', news());
  timing.advance(70);
  await finish();
  timing.advance(699);
  await turn();
  assert.equal(begun.length, 2);
  timing.advance(1);
  await turn();
  assert.deepEqual(begun, [0, 330, 1100]); // 70 ms of work, 700 ms of rest
  live.close();
});

test('the first reduction compiles code: the rest after it is half a second at most', async () => {
  const timing = new FakeTiming();
  const { client, begun, finish } = slowReducer(timing);
  const live = new LiveReduction(
    client,
    1,
    () => undefined,
    (error) => assert.fail(String(error)),
    timing,
  );
  live.append('a', news());
  await turn();
  live.append('a', news());
  timing.advance(700);
  await finish();
  timing.advance(500);
  await turn();
  assert.deepEqual(begun, [0, 1200]);
  live.close();
});

test('quick reductions come ten times a second at most, and only when there is news', async () => {
  const timing = new FakeTiming();
  const { client, begun, finish } = slowReducer(timing);
  const live = new LiveReduction(
    client,
    1,
    () => undefined,
    (error) => assert.fail(String(error)),
    timing,
  );
  timing.advance(1000);
  await turn();
  assert.deepEqual(begun, []);
  for (let i = 0; i < 30; ++i) {
    live.append('a', news());
    await turn();
    await finish();
    timing.advance(20);
    await turn();
    await finish();
  }
  assert.deepEqual(begun, [1000, 1100, 1200, 1300, 1400, 1500, 1600]);
  timing.advance(10_000);
  await turn();
  assert.equal(begun.length, 7);
  live.close();
});

test('a held or closed reduction draws nothing', async () => {
  const timing = new FakeTiming();
  const { worker, client, begun, finish } = slowReducer(timing);
  const snapshots: string[] = [];
  const live = new LiveReduction(
    client,
    7,
    (text) => snapshots.push(text),
    (error) => assert.fail(String(error)),
    timing,
  );
  live.hold(true);
  live.append('a', news());
  await turn();
  assert.equal(begun.length, 0);
  live.hold(false);
  await turn();
  assert.equal(begun.length, 1);
  live.close();
  await finish();
  assert.deepEqual(snapshots, []);
  const last = worker.received.at(-1);
  assert.ok(last?.type === 'ask' && last.name === 'closeReduction');
});

test('a refusal of the core reaches the run', async () => {
  const worker = new FakeWorker();
  worker.handle = (message) => {
    if (message.type !== 'ask') return;
    const failure = { kind: 'internal' as const, message: 'column lengths differ', problems: [] };
    queueMicrotask(() => worker.say({ type: 'refusal', id: message.id, failure }));
  };
  const client = new WorkerClient(
    worker,
    {} as WebAssembly.Module,
    () => undefined,
    () => undefined,
  );
  const errors: unknown[] = [];
  const live = new LiveReduction(
    client,
    1,
    () => undefined,
    (error) => errors.push(error),
  );
  live.append('a', news());
  await turn();
  assert.match(String(errors[0]), /column lengths differ/);
});
