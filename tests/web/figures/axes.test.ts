import assert from 'node:assert/strict';
import test from 'node:test';
import { axisDomain, buildAxis, logStep, tickStep } from '../../../web/src/figures/axes.js';

const plain = { label: 'risk', unit: '', logarithmic: false };
const log = { label: 'labels n', unit: '', logarithmic: true };

test('steps of a logarithmic axis are 1, 2, 3, 5 times powers of ten', () => {
  assert.equal(logStep(320, false), 300);
  assert.equal(logStep(320, true), 500);
  assert.equal(logStep(300, false), 300);
  assert.equal(logStep(300, true), 300);
  assert.equal(logStep(0.00012, false), 0.0001);
  assert.equal(logStep(7, true), 10);
  assert.equal(logStep(0.9, true), 1);
});

test('ends are round and hold the data; a logarithmic axis ignores what it cannot show', () => {
  assert.deepEqual(axisDomain(log, [0, -3, NaN, Infinity, 300, 28000]), [300, 30000]);
  assert.deepEqual(axisDomain(plain, [2.1, 9.3]), [0, 10]);
  assert.deepEqual(axisDomain(plain, [80, 93]), [80, 94]);
  assert.deepEqual(axisDomain(plain, [-0.3, 0.2]), [-0.3, 0.2]);
});

test('within a run ends stay until data falls off, then move by a whole step', () => {
  const first = axisDomain(log, [300, 900]);
  assert.deepEqual(first, [300, 1000]);
  assert.deepEqual(axisDomain(log, [350, 700], first), first);
  assert.deepEqual(axisDomain(log, [350, 1001], first), [300, 2000]);
});

test('fixed ends win', () => {
  assert.deepEqual(axisDomain({ ...plain, low: 0, high: 1 }, [0.2, 0.4]), [0, 1]);
});

test('a single value and no value still give an axis', () => {
  const [low, high] = axisDomain(plain, [5]);
  assert.ok(low < 5 && high > 5);
  const [logLow, logHigh] = axisDomain(log, [100]);
  assert.ok(logLow < 100 && logHigh > 100);
  assert.deepEqual(axisDomain(plain, []), [0, 1]);
  assert.deepEqual(axisDomain(log, []), [1, 10]);
});

test('places: linear in the value, or in its logarithm', () => {
  const axis = buildAxis(plain, [0, 10], [100, 200]);
  assert.equal(axis.place(5), 150);
  const other = buildAxis(log, [100, 10000], [0, 200]);
  assert.ok(Math.abs(other.place(1000) - 100) < 1e-9);
});

test('logarithmic axes say so, carry their unit, and label decades', () => {
  const axis = buildAxis(
    { label: 'risk', unit: 'squared probability', logarithmic: true },
    [1e-6, 1e-1],
    [300, 0],
  );
  assert.equal(axis.name, 'risk (squared probability), log scale');
  assert.deepEqual(
    axis.ticks.map((tick) => tick.text),
    ['10⁻⁶', '10⁻⁵', '10⁻⁴', '10⁻³', '10⁻²', '10⁻¹'],
  );
});

test('small linear numbers share one power of ten, in the axis name', () => {
  const axis = buildAxis({ label: 'risk', unit: '', logarithmic: false }, [0, 0.0004], [300, 0]);
  assert.equal(axis.name, 'risk ×10⁻⁴');
  assert.deepEqual(axis.ticks.map((tick) => tick.text).slice(0, 2), ['0', '0.5']);
});

test('a logarithmic axis of less than a decade still has ticks', () => {
  const axis = buildAxis(log, [20, 50], [0, 300]);
  assert.ok(axis.ticks.length >= 2, JSON.stringify(axis.ticks));
});

test('steps between ticks are 1, 2, 5 times powers of ten, and their multiples exact', () => {
  assert.equal(tickStep(0, 10, 5), 2);
  assert.equal(tickStep(0, 1, 10), 0.1);
  assert.equal(tickStep(0, 7e-5, 5), 1e-5);
  const axis = buildAxis(plain, [0, 1], [0, 800]);
  assert.deepEqual(axis.ticks.map((tick) => [tick.at, tick.text]).slice(0, 4), [
    [0, '0.0'],
    [0.1, '0.1'],
    [0.2, '0.2'],
    [0.3, '0.3'],
  ]);
  assert.deepEqual(
    buildAxis(plain, [-1, 1], [0, 160]).ticks.map((tick) => tick.text),
    ['−1', '0', '1'],
  );
});
