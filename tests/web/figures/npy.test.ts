import assert from 'node:assert/strict';
import test from 'node:test';
import { npy, numberColumns, tableNpy } from '../../../web/src/figures/npy.js';

// format 1.0 of numpy.lib.format: magic, version, 118 = 0x76 bytes of header, so that the data begin at byte 128
test('the bytes are those of NumPy’s format', () => {
  const bytes = npy([1.5, -2, NaN, Infinity], 2, 2);
  const text = new TextDecoder('latin1').decode(bytes.slice(0, 128));
  assert.equal(
    text,
    `\x93NUMPY\x01\x00\x76\x00{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }`.padEnd(127) + '\n',
  );
  assert.equal(
    Buffer.from(bytes.slice(128)).toString('hex'),
    '000000000000f83f' + '00000000000000c0' + '000000000000f87f' + '000000000000f07f',
  );
});

test('columns with texts stay out', () => {
  const table = {
    columns: ['method', 'n', 'risk'],
    rows: [
      ['platt', 10, 'NaN' as const],
      ['umb', 20, 0.25],
    ],
    rows_total: 2,
  };
  assert.deepEqual(numberColumns(table), [1, 2]);
  const values = new Float64Array(tableNpy(table).slice(128).buffer);
  assert.deepEqual([...values], [10, NaN, 20, 0.25]);
});
