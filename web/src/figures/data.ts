// From a figure's marks and a report to the points that they draw. Rows that are not numbers are left out; inside a
// line they leave a gap.
import type { FigureNumber, MarkSpec, Report, ReportNumber, ReportTable } from '../model/contract.js';
import { toNumber, valueText } from './value-text.js';

export interface DataPoint {
  /** On a category axis: its index, given by `placeCategories`. */
  x: number;
  y: number;
  low: number;
  high: number;
  category: string | null;
}

export interface DataSet {
  mark: MarkSpec;
  /** Marks with the same key show the same thing and share a colour. */
  key: string;
  /** For the label at its end; may be empty. */
  name: string;
  /** Place in a long series of numeric groups, 0…1; null: a series of its own. */
  rank: number | null;
  points: DataPoint[];
}

export interface HeatData {
  mark: MarkSpec;
  xs: number[];
  ys: number[];
  /** values[i * ys.length + j] belongs to (xs[i], ys[j]). */
  values: number[];
}

/** More groups than this, if they are numbers, are shades of one scale instead of colours of their own. */
const longestPalette = 6;

type Cell = ReportNumber | string;

/** The point sets of every mark but heat maps and reference lines. */
export function dataSets(marks: readonly MarkSpec[], report: Report): DataSet[] {
  return marks.flatMap((mark) => {
    if (mark.kind === 'heat' || mark.kind === 'rule' || mark.kind === 'slope' || mark.kind === 'diagonal')
      return [];
    if (mark.series !== undefined) return fromSeries(mark, mark.series, report);
    if (mark.table !== undefined) return fromTable(mark, mark.table, report, marks);
    return [];
  });
}

function fromSeries(mark: MarkSpec, name: string, report: Report): DataSet[] {
  const series = report.series[name];
  if (!series) return [];
  const points = series.x.map((x, row) => point(x, series.y[row], series.y_low?.[row], series.y_high?.[row]));
  return [{ mark, key: name, name: mark.label ?? '', rank: null, points: kept(mark, points) }];
}

function fromTable(mark: MarkSpec, name: string, report: Report, marks: readonly MarkSpec[]): DataSet[] {
  const table = report.tables[name];
  if (!table) return [];
  const x = column(table, mark.x ?? 'x');
  const y = column(table, mark.y ?? (mark.kind === 'band' ? (mark.low ?? 'low') : 'y'));
  const low = mark.low === undefined ? undefined : column(table, mark.low);
  const high = mark.high === undefined ? undefined : column(table, mark.high);
  const rows = filteredRows(mark, table);
  const group = mark.group === undefined ? undefined : column(table, mark.group);
  const sets = new Map<string, DataSet>();
  for (const row of rows) {
    const value = group?.[row];
    const groupKey = value === undefined ? '' : String(value);
    let set = sets.get(groupKey);
    if (!set) {
      const key = group
        ? `${name}/${mark.group ?? ''}=${groupKey}`
        : plainKey(mark, name, rows, table, marks);
      set = {
        mark,
        key,
        name: value === undefined ? (mark.label ?? '') : groupName(mark, value),
        rank: null,
        points: [],
      };
      sets.set(groupKey, set);
    }
    set.points.push(point(x?.[row], y?.[row], low?.[row], high?.[row]));
  }
  const numbers = [...sets.keys()].map(Number);
  const ordered =
    sets.size > longestPalette && numbers.every(Number.isFinite) ? [...numbers].sort((a, b) => a - b) : null;
  return [...sets].map(([value, set]) => ({
    ...set,
    rank: ordered ? ordered.indexOf(Number(value)) / (ordered.length - 1) : null,
    points: kept(mark, set.points),
  }));
}

/**
 * A mark on some rows only belongs to the group of another mark when that one groups by the same column: the band of
 * n = 30000 has the colour of the line n = 30000. Otherwise it is one quantity of those rows.
 */
function plainKey(
  mark: MarkSpec,
  name: string,
  rows: number[],
  table: ReportTable,
  marks: readonly MarkSpec[],
): string {
  const by = mark.filter?.column;
  const first = rows[0];
  if (
    by !== undefined &&
    first !== undefined &&
    marks.some((other) => other.table === name && other.group === by)
  ) {
    return `${name}/${by}=${String(column(table, by)?.[first])}`;
  }
  const part = mark.filter ? `[${mark.filter.column}=${mark.filter.value}]` : '';
  return `${name}${part}/${stem(mark.y ?? mark.low ?? '')}`;
}

/** risk_median, risk_low and risk_high are one quantity. */
function stem(column: string): string {
  return column.replace(/_(mean|median|low|high|p\d+)$/, '');
}

function groupName(mark: MarkSpec, value: Cell): string {
  const text = typeof value === 'number' ? valueText(value) : value.replaceAll('_', ' ');
  if (mark.label?.includes('{')) return mark.label.replace(/\{\w*\}/, text);
  if (mark.label !== undefined && mark.label !== '') {
    return typeof value === 'number' ? `${mark.label} = ${text}` : `${mark.label} ${text}`;
  }
  return typeof value === 'number' ? `${(mark.group ?? '').replaceAll('_', ' ')} = ${text}` : text;
}

function point(
  x: Cell | undefined,
  y: Cell | undefined,
  low: Cell | undefined,
  high: Cell | undefined,
): DataPoint {
  const category = typeof x === 'string' && !/^(NaN|-?Infinity)$/.test(x) ? x : null;
  return {
    x: category === null ? toNumber(x) : NaN,
    y: toNumber(y),
    low: toNumber(low),
    high: toNumber(high),
    category,
  };
}

function kept(mark: MarkSpec, points: DataPoint[]): DataPoint[] {
  const placed = points.filter((p) => p.category !== null || Number.isFinite(p.x));
  if (mark.kind === 'line') return placed;
  if (mark.kind === 'band') return placed.filter((p) => Number.isFinite(p.low) && Number.isFinite(p.high));
  return placed.filter((p) => Number.isFinite(p.y));
}

function column(table: ReportTable, name: string): Cell[] | undefined {
  const index = table.columns.indexOf(name);
  if (index < 0) return undefined;
  return table.rows.map((row) => row[index] ?? 'NaN');
}

function filteredRows(mark: MarkSpec, table: ReportTable): number[] {
  const all = table.rows.map((_, row) => row);
  if (!mark.filter) return all;
  const cells = column(table, mark.filter.column);
  if (!cells) return [];
  const { value } = mark.filter;
  if (value === 'max') {
    const largest = Math.max(...cells.map(toNumber).filter(Number.isFinite));
    return all.filter((row) => toNumber(cells[row]) === largest);
  }
  return all.filter((row) => {
    const cell = cells[row];
    return typeof cell === 'number' ? cell === Number(value) : cell === value;
  });
}

/** The first heat map of a figure, from a grid (dims[0] = x) or from table columns x, y, color. */
export function heatData(marks: readonly MarkSpec[], report: Report): HeatData | null {
  const mark = marks.find((candidate) => candidate.kind === 'heat');
  if (!mark) return null;
  const grid = mark.grid === undefined ? undefined : report.grids[mark.grid];
  if (grid) {
    const [first = '', second = ''] = grid.dims;
    const xs = (grid.coords[first] ?? []).map(toNumber);
    const ys = (grid.coords[second] ?? []).map(toNumber);
    return { mark, xs, ys, values: grid.values.map(toNumber) };
  }
  const table = mark.table === undefined ? undefined : report.tables[mark.table];
  if (!table) return null;
  const [x, y, color] = [mark.x ?? 'x', mark.y ?? 'y', mark.color ?? 'value'].map((name) =>
    column(table, name),
  );
  if (!x || !y || !color) return null;
  const rows = filteredRows(mark, table);
  const places = (cells: Cell[]) =>
    [...new Set(rows.map((row) => toNumber(cells[row])))].filter(Number.isFinite).sort((a, b) => a - b);
  const [xs, ys] = [places(x), places(y)];
  const values = new Array<number>(xs.length * ys.length).fill(NaN);
  for (const row of rows) {
    const [i, j] = [xs.indexOf(toNumber(x[row])), ys.indexOf(toNumber(y[row]))];
    if (i >= 0 && j >= 0) values[i * ys.length + j] = toNumber(color[row]);
  }
  return { mark, xs, ys, values };
}

/**
 * Names on the x axis, in order of appearance, when it has any (or when the figure has nothing but bars); every point
 * then gets the index of its name as x. Null: an axis of numbers.
 */
export function placeCategories(sets: DataSet[], wanted: boolean): string[] | null {
  const named = sets.some((set) => set.points.some((p) => p.category !== null));
  if (!named && !wanted) return null;
  const names: string[] = [];
  for (const set of sets) {
    for (const p of set.points) {
      const name = p.category ?? valueText(p.x);
      let index = names.indexOf(name);
      if (index < 0) index = names.push(name) - 1;
      p.category = name;
      p.x = index;
    }
  }
  return names;
}

/** A constant, a metric or a parameter; NaN when it is not known yet. */
export function figureNumber(value: FigureNumber | undefined, report: Report): number {
  if (value === undefined) return NaN;
  if (typeof value === 'number') return value;
  if ('metric' in value) return toNumber(report.metrics[value.metric]);
  const parameter = report.config[value.config];
  return typeof parameter === 'number' ? parameter : NaN;
}
