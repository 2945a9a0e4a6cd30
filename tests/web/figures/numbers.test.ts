import assert from 'node:assert/strict';
import test from 'node:test';
import {
  exactText,
  formText,
  powerText,
  siText,
  toNumber,
  valueText,
} from '../../../web/src/figures/value-text.js';

test('three significant digits, true minus, powers of ten instead of exponents', () => {
  assert.equal(valueText(0.33333), '0.333');
  assert.equal(valueText(-0.0123456), '−0.0123');
  assert.equal(valueText(0.000012345), '1.23×10⁻⁵');
  assert.equal(valueText(0.00099951), '0.00100');
  assert.equal(valueText(0.1), '0.1');
  assert.equal(valueText(12.3456), '12.3');
  assert.equal(valueText(1234.56), '1235');
  assert.equal(valueText(0), '0');
  assert.equal(valueText(2.5e12), '2.5×10¹²');
});

test('integers are exact, with thin spaces from five digits on', () => {
  assert.equal(valueText(1024), '1024');
  assert.equal(valueText(30000), '30\u202f000');
  assert.equal(valueText(-1234567), '−1\u202f234\u202f567');
});

test('non-finite numbers of a report', () => {
  assert.ok(Number.isNaN(toNumber('NaN')));
  assert.equal(toNumber('-Infinity'), -Infinity);
  assert.equal(valueText(toNumber('Infinity')), '∞');
  assert.ok(Number.isNaN(toNumber('gauss')));
});

test('forms that titles ask for', () => {
  const cases: [number, string, string][] = [
    [3.14159, '.2f', '3.14'],
    [-0.5, '.1f', '−0.5'],
    [30000.4, '.0f', '30\u202f000'],
    [0.123, '+.2f', '+0.12'],
    [-0.123, '+.2f', '−0.12'],
    [-0.001, '.2f', '0.00'],
    [0.0123, '.2g', '0.012'],
    [1.23e-7, '.2g', '1.2×10⁻⁷'],
    [120000, '.1e', '1.2×10⁵'],
    [0.4567, '.1%', '45.7\u202f%'],
    [2.5e12, 'd', '2\u202f500\u202f000\u202f000\u202f000'],
    [12.3456, 'nonsense', '12.3'],
  ];
  for (const [value, form, expected] of cases) assert.equal(formText(value, form), expected, form);
});

test('exact text keeps every digit', () => {
  assert.equal(exactText(0.1234567890123), '0.1234567890123');
  assert.equal(exactText(-1.5e-7), '−1.5×10⁻⁷');
});

test('axis texts', () => {
  assert.deepEqual([300, 1000, 2500, 1e6, 0.5].map(siText), ['300', '1k', '2.5k', '1M', '0.5']);
  assert.deepEqual([1, 1e-4, 3e-4, 100].map(powerText), ['1', '10⁻⁴', '3×10⁻⁴', '10²']);
});
