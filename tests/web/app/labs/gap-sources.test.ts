import assert from 'node:assert/strict';
import test from 'node:test';
import type {
  GapAnswer,
  MoonPoint,
} from '../../../../web/src/app/labs/selective-classification/gap-sources.js';
import {
  gapNumbers,
  gapSentence,
  movePoint,
  nearestPoint,
} from '../../../../web/src/app/labs/selective-classification/gap-sources.js';

const points: MoonPoint[] = [
  [0, 1, 0],
  [1, -0.5, 1],
];

test('a point goes where it is put, inside the plane', () => {
  assert.deepEqual(movePoint(points, 1, 0.504, -0.25), [
    [0, 1, 0],
    [0.5, -0.25, 1],
  ]);
  assert.deepEqual(movePoint(points, 0, -9, 9)[0], [-2, 2, 0]);
  assert.deepEqual(movePoint(points, 5, 0, 0), points);
});

test('the nearest point is found', () => {
  assert.equal(nearestPoint(points, 0.9, 0), 1);
  assert.equal(nearestPoint(points, 0, 0.9), 0);
  assert.equal(nearestPoint([], 0, 0), -1);
});

test('the sentence names the largest source', () => {
  const answer: GapAnswer = {
    points,
    parts: { bayes: 0.1, approximation: 0.01, ranking: 0.2, discount: 0.02, shift: 0, statistical: -0.01 },
    gap: 0.28,
    accuracy: 0.8,
    map: { side: 0, eta: [], accepted: [] },
  };
  assert.equal(
    gapSentence(answer),
    'Wrong order is the largest source: abstaining stays 0.28 below the best order',
  );
  assert.match(
    gapNumbers(answer),
    /label noise 0\.1, .*less 0\.02 that no order could attain; accuracy 0\.8\.$/,
  );
});
