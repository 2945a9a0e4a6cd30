// The data of a figure as rows: for the table under it and for CSV, with every digit of the report.
import type { FigureSpec, Report, ReportTable } from '../model/contract.js';
import { dataSets, heatData } from './data.js';

export interface FigureTable {
  columns: string[];
  rows: (number | string)[][];
}

export function figureTable(figure: FigureSpec, report: Report): FigureTable {
  const heat = heatData(figure.marks, report);
  if (heat) {
    const columns = [figure.x.label || 'x', figure.y.label || 'y', figure.color?.label || 'value'];
    const rows = heat.xs.flatMap((x, i) =>
      heat.ys.map((y, j) => [x, y, heat.values[i * heat.ys.length + j] ?? NaN]),
    );
    return { columns, rows };
  }
  const sets = dataSets(figure.marks, report);
  const named = sets.some((set) => set.name !== '');
  const ranged = sets.some((set) => set.points.some((p) => Number.isFinite(p.low)));
  const columns = [
    ...(named ? ['series'] : []),
    figure.x.label || 'x',
    figure.y.label || 'y',
    ...(ranged ? ['low', 'high'] : []),
  ];
  const rows = sets.flatMap((set) =>
    set.points.map((p) => [
      ...(named ? [set.name] : []),
      p.category ?? p.x,
      p.y,
      ...(ranged ? [p.low, p.high] : []),
    ]),
  );
  return { columns, rows };
}

/** RFC 4180 text: header, then rows; numbers shortest round-trip, as in the report. */
export function csvText(columns: string[], rows: (number | string | boolean | null)[][]): string {
  const cell = (value: number | string | boolean | null): string => {
    const text = value === null ? '' : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map((row) => row.map(cell).join(',') + '\r\n').join('');
}

export function tableCsv(table: ReportTable): string {
  return csvText(table.columns, table.rows);
}
