import assert from 'node:assert/strict';
import test from 'node:test';
import type { Stage } from '../../../web/src/model/contract.js';
import { leaseSize } from '../../../web/src/engines/browser/lease-size.js';
import { Schedule } from '../../../web/src/engines/browser/schedule.js';

function stage(name: string, count: number, needs: string[] = []): Stage {
  return { name, count, needs, device: 'cpu', batch_hint: 1 };
}
function artefact(from: string, index: number) {
  return { stage: from, index, name: 'model', bytes: new ArrayBuffer(4) };
}

test('a stage begins when those it needs are finished, and gets their artefacts in index order', () => {
  const schedule = new Schedule([stage('train', 2), stage('evaluate', 3, ['train'])]);
  assert.equal(schedule.total, 5);
  assert.deepEqual(schedule.take(() => 10)?.indices, [0, 1]);
  assert.equal(
    schedule.take(() => 1),
    null,
  );
  schedule.finish('train', 1, [artefact('train', 1)]);
  assert.equal(schedule.waiting, 0);
  schedule.finish('train', 0, [artefact('train', 0)]);
  const portion = schedule.take(() => 2);
  assert.deepEqual(portion?.indices, [0, 1]);
  assert.deepEqual(
    portion?.artefacts.map(({ index }) => index),
    [0, 1],
  );
  assert.equal(schedule.waiting, 1);
});

test('fraction counts finished stages by their weight and tasks in hand by their progress', () => {
  const schedule = new Schedule([stage('a', 4), stage('b', 2, ['a'])], { a: 1, b: 3 });
  schedule.take(() => 2);
  schedule.finish('a', 0, []);
  schedule.progress('a', 1, 0.5);
  // (1 + 0.5) of 4 tasks of a stage that is a quarter of the run
  assert.equal(schedule.fraction, (1.5 / 4) * 0.25);
  assert.equal(schedule.done, 1);
});

test('lost tasks begin again before new ones, finished ones do not', () => {
  const schedule = new Schedule([stage('a', 6)]);
  schedule.take(() => 4);
  schedule.finish('a', 0, []);
  schedule.finish('a', 2, []);
  assert.deepEqual(schedule.restart('a', [0, 1, 2, 3]), [1, 3]);
  assert.deepEqual(schedule.take(() => 3)?.indices, [1, 3, 4]);
  assert.equal(schedule.complete, false);
  for (const index of [1, 3, 4]) schedule.finish('a', index, []);
  schedule.take(() => 1);
  schedule.finish('a', 5, []);
  assert.equal(schedule.complete, true);
  assert.equal(schedule.fraction, 1);
});

test('a task cannot finish twice, and a plan cannot need what it lacks', () => {
  const schedule = new Schedule([stage('a', 1)]);
  schedule.take(() => 1);
  schedule.finish('a', 0, []);
  assert.throws(() => schedule.finish('a', 0, []), /not in hand/);
  assert.throws(() => new Schedule([stage('b', 1, ['a'])]), /needs a/);
});

test('a plan without tasks is complete', () => {
  assert.equal(new Schedule([]).complete, true);
  assert.equal(new Schedule([stage('a', 0)]).complete, true);
});

test('leases: the hint first, then about 150 ms, never more than a quarter of a fair share', () => {
  assert.equal(leaseSize(1000, 2, 5, undefined), 5);
  assert.equal(leaseSize(1000, 2, 5, 0.01), 15);
  assert.equal(leaseSize(1000, 2, 5, 10), 1);
  assert.equal(leaseSize(8, 2, 100, undefined), 1);
  assert.equal(leaseSize(1000, 2, 1, 1e-9), 125);
});

test('tasks of an earlier visit are not taken again; their artefacts reach the stages that need them', () => {
  const plan = [stage('train', 3), stage('evaluate', 4, ['train'])];
  const schedule = new Schedule(plan);
  const task = (name: string, index: number, artefacts = [artefact(name, index)]) => {
    return { stage: name, index, artefacts };
  };
  const known = schedule.restore([
    task('train', 2),
    task('train', 0),
    task('evaluate', 1, []),
    task('train', 3), // the plan has no such task, and no such stage
    task('gone', 0),
  ]);
  assert.equal(known.length, 3);
  assert.equal(schedule.done, 3);
  assert.equal(schedule.waiting, 1);
  assert.deepEqual(schedule.take(() => 10)?.indices, [1]);
  schedule.finish('train', 1, [artefact('train', 1)]);
  const portion = schedule.take(() => 10);
  assert.deepEqual(portion?.indices, [0, 2, 3]);
  assert.deepEqual(
    portion?.artefacts.map(({ index }) => index),
    [0, 1, 2],
  );
  for (const index of [0, 2, 3]) schedule.finish('evaluate', index, []);
  assert.ok(schedule.complete);

  const whole = new Schedule(plan);
  whole.restore([0, 1, 2].map((index) => task('train', index)));
  assert.deepEqual(whole.take(() => 10)?.artefacts.length, 3);
});
