import assert from 'node:assert/strict';
import test from 'node:test';
import type { Estimate } from '../../../web/src/model/contract.js';
import {
  leastMemory,
  memoryReason,
  pageBudget,
  workersThatFit,
} from '../../../web/src/engines/browser/memory.js';

const gigabyte = 2 ** 30;
const laptop = { cores: 8, deviceMemoryGigabytes: 8, phone: false };

function estimate(...stages: [task: number, shared: number][]): Estimate {
  return {
    stages: stages.map(([bytes_task, bytes_shared], i) => ({ stage: `s${i}`, bytes_task, bytes_shared })),
    report_bytes: 0,
  };
}

test('the page may use a quarter of the memory, one gigabyte at most, 400 MB on phones', () => {
  assert.equal(pageBudget(laptop), gigabyte);
  assert.equal(pageBudget({ ...laptop, deviceMemoryGigabytes: 2 }), gigabyte / 2);
  assert.equal(pageBudget({ ...laptop, deviceMemoryGigabytes: undefined }), gigabyte);
  assert.equal(pageBudget({ ...laptop, phone: true }), 400e6);
});

test('workers: min(cores, (budget − shared) / task) over all stages', () => {
  assert.equal(workersThatFit(estimate([1e6, 0]), laptop), 8);
  assert.equal(workersThatFit(estimate([300e6, 100e6]), laptop), 3); // (1074 − 100) / 300
  assert.equal(workersThatFit(estimate([1e6, 0], [500e6, 0]), laptop), 2);
  assert.equal(workersThatFit(estimate([6e9, 0]), laptop), 0);
  assert.equal(workersThatFit(estimate([1e6, 2e9]), laptop), 0);
});

test('what does not fit is said in numbers', () => {
  assert.equal(leastMemory(estimate([1e9, 2e9], [5e9, 1e9])), 6e9);
  assert.equal(memoryReason(estimate([5e9, 1e9]), laptop), 'needs 6 GB; this tab has 1.1 GB');
});
