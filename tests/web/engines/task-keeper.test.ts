import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskNews } from '../../../web/src/engines/browser/protocol.js';
import type { RunStore, StoredRun, StoredTask } from '../../../web/src/engines/browser/run-store.js';
import { TaskKeeper } from '../../../web/src/engines/browser/task-keeper.js';
import { FakeTiming } from './fake-worker.js';

class FakeStore implements RunStore {
  readonly runs = new Map<string, { run: StoredRun; tasks: StoredTask[] }>();
  batches = 0;
  held = 0;
  room = true;
  list(): Promise<StoredRun[]> {
    return Promise.resolve([...this.runs.values()].map(({ run }) => run));
  }
  load(id: string): Promise<StoredTask[]> {
    return Promise.resolve(this.runs.get(id)?.tasks ?? []);
  }
  add(run: StoredRun, tasks: StoredTask[]): Promise<boolean> {
    this.batches += 1;
    if (!this.room) return Promise.resolve(false);
    const before = this.runs.get(run.id)?.tasks ?? [];
    this.runs.set(run.id, { run, tasks: [...before, ...tasks] });
    return Promise.resolve(true);
  }
  remove(id: string): Promise<void> {
    this.runs.delete(id);
    return Promise.resolve();
  }
  hold(): () => void {
    this.held += 1;
    return () => (this.held -= 1);
  }
}

const run: StoredRun = { id: 'r', study: 'a/b', config: {}, seed: 1, inputs: {}, done: 0, total: 9 };
function bytes(...values: number[]): ArrayBuffer {
  return new Uint8Array(values).buffer;
}
function news(index: number, rows: ArrayBuffer | null, done = true): TaskNews {
  const artefacts = done ? [{ stage: 's', index, name: 'model', bytes: bytes(index, index) }] : [];
  return { index, rows, progress: done ? 1 : 0.5, done, artefacts };
}
function keeperOf(store = new FakeStore(), done = 0) {
  const timing = new FakeTiming();
  return { store, timing, keeper: new TaskKeeper(store, { ...run, done }, timing) };
}
const turn = () => sleep(0);

test('only finished tasks are written, with all their rows, in batches', async () => {
  const { store, timing, keeper } = keeperOf();
  const first = bytes(1, 2);
  keeper.note('s', news(0, first, false));
  structuredClone(first, { transfer: [first] }); // the rows go on to the reducer
  keeper.note('s', news(0, bytes(3)));
  keeper.note('s', news(1, bytes(4), false));
  keeper.note('s', news(2, null));
  await turn();
  assert.equal(store.batches, 0); // a run that ends soon is never written
  timing.advance(1500);
  await turn();
  assert.equal(store.batches, 1);
  const { run: kept, tasks } = store.runs.get('r')!;
  assert.equal(kept.done, 2);
  assert.deepEqual(
    tasks.map(({ index, rows }) => [index, ...rows.map((piece) => [...new Uint8Array(piece)])]),
    [[0, [1, 2], [3]], [2]],
  );
  assert.deepEqual([...new Uint8Array(tasks[0]!.artefacts[0]!.bytes)], [0, 0]);
  keeper.note('s', news(1, null));
  keeper.note('s', news(3, null));
  timing.advance(999);
  await turn();
  assert.equal(store.batches, 1);
  timing.advance(1);
  await turn();
  assert.equal(store.batches, 2);
  assert.equal(store.runs.get('r')!.run.done, 4);
  assert.deepEqual([...new Uint8Array(store.runs.get('r')!.tasks[2]!.rows[0]!)], [4]);
});

test('a task that begins again is written without the rows of its first try', async () => {
  const { store, timing, keeper } = keeperOf();
  keeper.note('s', news(0, bytes(9), false));
  keeper.forget('s', [0]);
  keeper.note('s', news(0, bytes(1)));
  timing.advance(2000);
  await turn();
  assert.deepEqual([...new Uint8Array(store.runs.get('r')!.tasks[0]!.rows[0]!)], [1]);
});

test('the end of a run removes its tasks; a crash keeps them', async () => {
  const ended = keeperOf();
  assert.equal(ended.store.held, 1);
  ended.keeper.note('s', news(0, bytes(1)));
  ended.timing.advance(2000);
  ended.keeper.note('s', news(1, bytes(1)));
  await ended.keeper.close(false);
  ended.timing.advance(2000);
  await turn();
  assert.equal(ended.store.runs.size, 0);
  assert.equal(ended.store.held, 0);

  const crashed = keeperOf();
  crashed.keeper.note('s', news(0, bytes(1)));
  await crashed.keeper.close(true);
  assert.equal(crashed.store.runs.get('r')?.run.done, 1);
  assert.equal(crashed.store.held, 0);

  // one that was continued and ends before anything new was written
  const continued = keeperOf(crashed.store, 1);
  await continued.keeper.close(false);
  assert.equal(crashed.store.runs.size, 0);
});

test('many bytes are written before their time; without room nothing more is tried', async () => {
  const { store, timing, keeper } = keeperOf();
  keeper.note('s', news(0, new ArrayBuffer(9_000_000)));
  await turn();
  assert.equal(store.batches, 1);
  store.room = false;
  keeper.note('s', news(1, bytes(1)));
  timing.advance(5000);
  await turn();
  assert.equal(store.batches, 2);
  keeper.note('s', news(2, bytes(1)));
  timing.advance(5000);
  await turn();
  assert.equal(store.batches, 2);
  assert.equal(store.runs.get('r')?.run.done, 1); // what is stored stays usable
  await keeper.close(false);
  assert.equal(store.runs.size, 0);
});
