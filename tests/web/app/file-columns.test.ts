import assert from 'node:assert/strict';
import test from 'node:test';
import { columnsOf, columnsText, describeColumns } from '../../../web/src/app/file-columns.js';

test('the first line of a table names its columns', () => {
  assert.deepEqual(columnsOf('score,label\n0.3,1\n'), ['score', 'label']);
  assert.deepEqual(columnsOf('\uFEFF"score", label \r\n0.3,1\r\n'), ['score', 'label']);
  assert.deepEqual(columnsOf('0.3,1\n0.4,0\n'), [], 'numbers are no names');
  assert.deepEqual(columnsOf('\x93NUMPY\x01\x00v\x00{}\n'), []);
  assert.deepEqual(columnsOf('no line end'), []);
});

test('many columns are cut short', async () => {
  const names = Array.from({ length: 11 }, (_, k) => `p_${k}`);
  assert.equal(describeColumns(names), 'Columns: p_0, p_1, p_2, p_3, p_4, p_5, p_6, p_7 and 3 more.');
  assert.equal(await columnsText(new File(['x\n1\n'], 'x.csv')), 'Column: x.');
});
