import assert from 'node:assert/strict';
import test from 'node:test';
import type { EdgeAnswer } from '../../../../web/src/app/labs/recalibration/bin-edges.js';
import {
  addEdge,
  equalEdges,
  moveEdge,
  nearestEdge,
  removeEdge,
  riskNumbers,
  riskSentence,
  scaleEnd,
} from '../../../../web/src/app/labs/recalibration/bin-edges.js';

const answer = (bins: number, calibration: number, sharpness: number): EdgeAnswer => ({
  bins: Array.from({ length: bins }, () => ({
    low: 0,
    high: 1,
    count: 1,
    value: 0.5,
    truth: 0.5,
    calibration: 0,
    sharpness: 0,
  })),
  calibration,
  sharpness,
  risk: calibration + sharpness,
  truth: { x: [], y: [] },
});

test('equal-mass edges are the multiples of 1/B', () => {
  assert.deepEqual(equalEdges(4), [0.25, 0.5, 0.75]);
  assert.deepEqual(equalEdges(1), []);
  assert.equal(equalEdges(1000).length, 59);
});

test('an edge stays between its neighbours and within (0, 1)', () => {
  assert.deepEqual(moveEdge([0.25, 0.5], 0, 0.4), [0.4, 0.5]);
  assert.deepEqual(moveEdge([0.25, 0.5], 0, 0.9), [0.498, 0.5]);
  assert.deepEqual(moveEdge([0.25, 0.5], 1, 7), [0.25, 0.998]);
  assert.deepEqual(moveEdge([0.25], 0, -1), [0.002]);
  assert.deepEqual(moveEdge([0.25], 3, 0.5), [0.25]);
});

test('a new edge halves the widest bin or stands where it was put, if there is room', () => {
  assert.deepEqual(addEdge([0.2]), { edges: [0.2, 0.6], index: 1 });
  assert.deepEqual(addEdge([0.2, 0.6], 0.1), { edges: [0.1, 0.2, 0.6], index: 0 });
  assert.equal(addEdge([0.2], 0.2001).index, -1);
  assert.equal(addEdge(equalEdges(60)).index, -1);
  assert.deepEqual(removeEdge([0.1, 0.2, 0.6], 1), [0.1, 0.6]);
  assert.equal(nearestEdge([0.1, 0.2, 0.6], 0.35), 1);
  assert.equal(nearestEdge([], 0.35), -1);
});

test('the sentence says which part of the risk is too large', () => {
  assert.equal(
    riskSentence(answer(7, 0.19, 0.81)),
    'With 7 bins, sharpness is 81 % of the risk: more bins would help',
  );
  assert.match(riskSentence(answer(1, 0.001, 0.1)), /^With 1 bin, sharpness is 99 %/);
  assert.match(riskSentence(answer(50, 0.9, 0.1)), /calibration is 90 % of the risk: fewer bins/);
  assert.match(riskSentence(answer(20, 2, 1)), /sharpness is 33 % of the risk: near one third/);
  assert.equal(
    riskNumbers(answer(2, 0.001234, 0.25)),
    'Calibration risk 0.00123, sharpness risk 0.25, together 0.251.',
  );
});

test('the scale of risks follows in steps', () => {
  assert.equal(scaleEnd(0.009, 0), 0.01);
  assert.equal(scaleEnd(0.011, 0.01), 0.02);
  assert.equal(scaleEnd(0.011, 0.02), 0.02);
  assert.equal(scaleEnd(0.001, 0.02), 0.0025);
});
