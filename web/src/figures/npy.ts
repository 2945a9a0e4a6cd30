// Numbers of a report's table as a NumPy file: format 1.0, float64, little-endian, rows × columns in C order.
import type { ReportTable } from '../model/contract.js';
import { toNumber } from './value-text.js';

/** The columns of a table that hold numbers only; "NaN" and "Infinity" are numbers. */
export function numberColumns(table: ReportTable): number[] {
  const isNumber = (value: number | string | undefined): boolean =>
    typeof value === 'number' || (value !== undefined && /^(NaN|-?Infinity)$/.test(value));
  return table.columns.flatMap((_, k) => (table.rows.every((row) => isNumber(row[k])) ? [k] : []));
}

/** The bytes of a .npy file with the number columns of a table, in their order. */
export function tableNpy(table: ReportTable): Uint8Array<ArrayBuffer> {
  const columns = numberColumns(table);
  const values = table.rows.flatMap((row) => columns.map((k) => toNumber(row[k] ?? NaN)));
  return npy(values, table.rows.length, columns.length);
}

export function npy(values: number[], rows: number, columns: number): Uint8Array<ArrayBuffer> {
  const about = `{'descr': '<f8', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  // magic, version and length are 10 bytes; the data begin at a multiple of 64
  const room = Math.ceil((10 + about.length + 1) / 64) * 64;
  const header = about.padEnd(room - 11, ' ') + '\n';
  const bytes = new Uint8Array(room + 8 * values.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  view.setUint16(8, header.length, true);
  bytes.set(new TextEncoder().encode(header), 10);
  values.forEach((value, k) => view.setFloat64(room + 8 * k, value, true));
  return bytes;
}
