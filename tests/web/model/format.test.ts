import assert from 'node:assert/strict';
import test from 'node:test';
import { differences, nearestPreset, sameJson } from '../../../web/src/model/differences.js';
import { formatBytes, formatNumber, formatSeconds, formatValue } from '../../../web/src/model/format.js';

test('numbers: three digits, true minus, no e-05, special values in words or signs', () => {
  assert.equal(formatNumber(0.012345), '0.0123');
  assert.equal(formatNumber(-3.14159), '−3.14');
  assert.equal(formatNumber(82), '82');
  assert.match(formatNumber(0.00001234), /^1\.23 ?× ?10⁻⁵$/);
  assert.equal(formatNumber('NaN'), 'not a number');
  for (const value of [1e-9, 123456.7, 1e21, -2.5e-7]) assert.doesNotMatch(formatNumber(value), /e[+-]?\d|-/);
});

test('times', () => {
  const cases: [number, string][] = [
    [0.001, 'under 10 ms'],
    [0.123, '120 ms'],
    [0.9949, '990 ms'],
    [1.24, '1.2 s'],
    [9.94, '9.9 s'],
    [9.96, '10 s'],
    [119.4, '119 s'],
    [119.6, '2 min'],
    [200, '3 min 20 s'],
    [3600, '60 min'],
    [7500, '2 h 5 min'],
    [400000, '5 days'],
    [Infinity, 'for ever'],
  ];
  for (const [seconds, text] of cases) assert.equal(formatSeconds(seconds), text);
});

test('sizes', () => {
  const cases: [number, string][] = [
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1000, '1 kB'],
    [1536, '1.5 kB'],
    [999_400, '999 kB'],
    [999_600, '1 MB'],
    [6e9, '6 GB'],
    [2 ** 30, '1.1 GB'],
  ];
  for (const [bytes, text] of cases) assert.equal(formatBytes(bytes), text);
});

test('parameter values are exact', () => {
  assert.equal(formatValue([100, 0.1, -1e-7]), '100, 0.1, −1×10⁻⁷');
  assert.equal(formatValue(true), 'yes');
  assert.equal(formatValue('beta'), 'beta');
});

test('differences compare values, not identities', () => {
  assert.ok(sameJson({ a: [1, { b: null }] }, { a: [1, { b: null }] }));
  assert.ok(!sameJson([1, 2], [1, 2, 3]));
  assert.ok(!sameJson({ a: 1 }, { b: 1 }));
  assert.ok(!sameJson(null, {}));
  assert.deepEqual(differences({ b: 2, a: [1], c: 'x' }, { a: [1], b: 1, c: 'x' }), { b: 2 });
  const presets = { widget: { a: 1, b: 1 }, paper: { a: 2, b: 2 } };
  assert.equal(nearestPreset({ a: 2, b: 3 }, presets), 'paper');
  assert.equal(nearestPreset({ a: 7, b: 7 }, presets), 'widget');
});
