import assert from 'node:assert/strict';
import test from 'node:test';
import type { GridAnswer } from '../../../../web/src/app/labs/discrete-diffusion-convergence/grid-terms.js';
import {
  cancelled,
  gridSentence,
  moveLevel,
  nearestLevel,
} from '../../../../web/src/app/labs/discrete-diffusion-convergence/grid-terms.js';

const answer = (init: number, terms: number[]): GridAnswer => ({
  sigma: [],
  init,
  terms,
  residual: [],
  error: terms.reduce((sum, term) => sum + term, init),
  tv: 0,
  tv_init: 0,
  bound: 0,
});

test('a level stays between its neighbours, ends stay where they are', () => {
  assert.deepEqual(moveLevel([4, 2, 1], 1, 3), [4, 3, 1]);
  assert.deepEqual(moveLevel([4, 2, 1], 1, 0.1), [4, 1.01, 1]);
  assert.deepEqual(moveLevel([4, 2, 1], 1, 9), [4, 4 / 1.01, 1]);
  assert.deepEqual(moveLevel([4, 2, 1], 0, 3), [4, 2, 1]);
});

test('the nearest inner level on a logarithmic scale', () => {
  assert.equal(nearestLevel([8, 4, 1, 0.5], 2.1), 1);
  assert.equal(nearestLevel([8, 4, 1, 0.5], 1.9), 2);
  assert.equal(nearestLevel([8, 0.5], 2), -1);
});

test('what cancels', () => {
  assert.equal(cancelled(answer(0, [-1, -3])), 0);
  assert.equal(cancelled(answer(0, [-3, 1])), 0.5);
  assert.match(
    gridSentence(answer(0, [-0.03, 0.01])),
    /too rarely, by 0.0200; 50 % of what its steps do wrong cancels/,
  );
  assert.match(gridSentence(answer(0, [0.01])), /too often, by 0.01; no step makes up for another/);
});
