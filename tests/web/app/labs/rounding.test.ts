import assert from 'node:assert/strict';
import test from 'node:test';
import type { SampleAnswer } from '../../../../web/src/app/labs/slingshot/rounding.js';
import {
  binary,
  defect,
  formats,
  largestMargin,
  logPath,
  runSentence,
  sampleSentence,
  shortened,
} from '../../../../web/src/app/labs/slingshot/rounding.js';

test('binary digits, kept and dropped', () => {
  assert.deepEqual(binary(1, 8), { whole: '1', kept: '0000000', dropped: '' });
  assert.deepEqual(binary(1.5, 4), { whole: '1', kept: '100', dropped: '' });
  // 2^-4 with 3 fraction digits: the first one right of the bar
  assert.deepEqual(binary(0.0625, 4), { whole: '0', kept: '000', dropped: '100000000000' });
  assert.deepEqual(binary(2, 3), { whole: '10', kept: '00', dropped: '' });
  assert.match(binary(1 / 3, 4).dropped, /^101010101010…$/);
  assert.equal(binary(2 ** -30, 11).dropped, '000000000000…');
  assert.equal(binary(0.1, 53).kept, (0.1).toString(2).slice(2, 54));
});

test('many digits are shortened to the last ones', () => {
  assert.equal(shortened('0'.repeat(23)), '0'.repeat(23));
  assert.equal(shortened('0'.repeat(51) + '1'), `000…${'0'.repeat(19)}1`);
});

test('the scale of margins reaches past every threshold', () => {
  for (const [format, bits] of Object.entries(formats)) {
    assert.ok(largestMargin(format) > bits * Math.LN2 + 1, format);
  }
});

test('the defect is 0 for zero sums and 1 when nothing cancels', () => {
  assert.equal(defect([-0.5, 0.25, 0.25]), 0);
  assert.equal(defect([0, 1e-5, 2e-5]), 1);
  assert.equal(defect([0, 0]), 0);
});

test('sentences', () => {
  const answer = (gradient: number[]): SampleAnswer => ({ gradient }) as unknown as SampleAnswer;
  const say = (gradient: number[]) => sampleSentence(answer(gradient), 'float16', 8);
  assert.equal(
    say([0, 3e-4]),
    'At a margin of 8 nats float16 gives the true class no gradient at all, and the others one each',
  );
  assert.match(say([0, 0]), /every gradient is zero in float16/);
  assert.match(say([-1, 1]), /still cancel/);
  assert.match(say([-0.5, 1]), /miss their zero sum by 33 %/);
  const run = {
    step: [0, 5],
    loss: [2, 0.5],
    absorbed: [0, 0.64],
    w_mean_norm: [0.2, 3.6],
    median_margin: [0, 8],
  };
  assert.equal(
    runSentence(run, 1),
    'Step 5: loss 0.5, half of the samples above a margin of 8, 64 % absorbed, mean classifier row ‖w̄‖ 3.6',
  );
});

test('a logarithmic path has gaps where values are zero', () => {
  const path = logPath(
    [0, 1, 2, 3],
    [1, 10, 0, 100],
    (x) => x,
    (power) => power,
  );
  assert.equal(path, 'M0.0 0.0L1.0 1.0M3.0 2.0');
});
