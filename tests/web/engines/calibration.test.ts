import assert from 'node:assert/strict';
import test from 'node:test';
import { Calibration, startSeconds } from '../../../web/src/engines/browser/calibration.js';
import type { Speeds } from '../../../web/src/model/contract.js';

class MemoryStore {
  readonly items = new Map<string, string>();
  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }
}
const kinds: (keyof Speeds)[] = ['gemm_flops', 'vector_ops', 'special_ops', 'sort_elements', 'bytes_touched'];

test('speeds are measured once, kept by build and cores, and measured again for another build', async () => {
  const store = new MemoryStore();
  let measured = 0;
  const measure = (kind: keyof Speeds) => {
    measured += 1;
    return Promise.resolve(kinds.indexOf(kind) + 1);
  };
  const first = new Calibration('a', 4, store);
  const [one, two] = await Promise.all([first.speeds(kinds, measure), first.speeds(kinds, measure)]);
  assert.deepEqual(one, { gemm_flops: 1, vector_ops: 2, special_ops: 3, sort_elements: 4, bytes_touched: 5 });
  assert.deepEqual(two, one);
  assert.equal(measured, 5);
  assert.deepEqual(new Calibration('a', 4, store).known, one);
  assert.equal(new Calibration('b', 4, store).known, null);
  assert.equal(new Calibration('a', 8, store).known, null);
});

test('finished runs correct the prediction of their study', () => {
  const store = new MemoryStore();
  const calibration = new Calibration('a', 4, store);
  calibration.learn('lab/one', 1, 2 + startSeconds);
  assert.equal(calibration.ratio('lab/one'), 2);
  assert.equal(calibration.ratio('lab/two'), 1);
  assert.equal(calibration.predicted('lab/one', 3), 6 + startSeconds);
  // 0.6 of log 2 and 0.4 of log 0.5: 2^0.2
  calibration.learn('lab/one', 1, 0.5 + startSeconds);
  assert.ok(Math.abs(calibration.ratio('lab/one') - 2 ** 0.2) < 1e-12);
  assert.ok(Math.abs(new Calibration('a', 4, store).ratio('lab/one') - 2 ** 0.2) < 1e-12);
});

test('very short runs and absurd ratios teach little', () => {
  const calibration = new Calibration('a', 4, null);
  calibration.learn('s', 0.001, 0.1);
  assert.equal(calibration.ratio('s'), 1);
  calibration.learn('s', 0.001, 100);
  assert.equal(calibration.ratio('s'), 20);
});

test('a broken or full store does not matter', () => {
  const broken = {
    getItem: () => '{"speeds": [',
    setItem: () => {
      throw new Error('full');
    },
  };
  const calibration = new Calibration('a', 4, broken);
  assert.equal(calibration.known, null);
  calibration.learn('s', 1, 3 + startSeconds);
  assert.equal(calibration.ratio('s'), 3);
});
