// Reference lines: rules at a value, lines of a given slope, the diagonal.
import type { MarkSpec, Report } from '../model/contract.js';
import { placeable } from './axes.js';
import { figureNumber } from './data.js';
import type { Frame, StyledSet } from './marks.js';
import { dashOf } from './palette.js';
import type { Box, Measure, Point, Shape } from './shapes.js';
import type { EndLabel } from './labels.js';
import { labelSize, overlap } from './labels.js';

export interface ReferenceLine {
  mark: MarkSpec;
  shape: Shape;
  /** Text at the end of a slope, a diagonal or a level rule. */
  end: EndLabel | null;
}

/** The value of every rule that is known, to be kept inside the axes. */
export function ruleValues(marks: readonly MarkSpec[], report: Report, axis: 'x' | 'y'): number[] {
  return marks
    .filter((mark) => mark.kind === 'rule' && (mark.axis ?? 'x') === axis)
    .map((mark) => figureNumber(mark.at, report))
    .filter((value) => Number.isFinite(value));
}

export function referenceLine(
  mark: MarkSpec,
  report: Report,
  sets: StyledSet[],
  frame: Frame,
): ReferenceLine | null {
  const ends =
    mark.kind === 'slope'
      ? slopeEnds(figureNumber(mark.at, report), sets, frame)
      : mark.kind === 'diagonal'
        ? diagonalEnds(frame)
        : ruleEnds(mark, figureNumber(mark.at, report), frame);
  const seen = ends && clipped(ends[0], ends[1], frame.plot);
  if (!seen) return null;
  const color = frame.theme.muted;
  const style = mark.style ?? (mark.kind === 'rule' ? 'solid' : 'dashed');
  const shape: Shape = { kind: 'line', points: seen, color, width: 1.25, dash: dashOf(style), clipped: true };
  const last = seen[1];
  const atEnd = mark.kind !== 'rule' || mark.axis === 'y';
  const named = atEnd && mark.label !== undefined && mark.label !== '';
  const end = named ? { text: mark.label ?? '', color, x: last[0], y: last[1] } : null;
  return { mark, shape, end };
}

function ruleEnds(mark: MarkSpec, value: number, frame: Frame): [Point, Point] | null {
  const { plot } = frame;
  if (mark.axis === 'y') {
    if (!placeable(frame.ySpec, value)) return null;
    const y = frame.y.place(value);
    return [
      [plot.x, y],
      [plot.x + plot.width, y],
    ];
  }
  if (!placeable(frame.xSpec, value)) return null;
  const x = frame.x.place(value);
  return [
    [x, plot.y + plot.height],
    [x, plot.y],
  ];
}

/** Straight in the axes' own scales, through the middle of the data that stand before it. */
function slopeEnds(slope: number, sets: StyledSet[], frame: Frame): [Point, Point] | null {
  if (!Number.isFinite(slope)) return null;
  const to = (log: boolean, value: number): number => (log ? Math.log(value) : value);
  const from = (log: boolean, value: number): number => (log ? Math.exp(value) : value);
  const [xLog, yLog] = [frame.x.logarithmic, frame.y.logarithmic];
  const places = sets.flatMap(({ set }) =>
    set.points
      .filter((p) => placeable(frame.xSpec, p.x) && placeable(frame.ySpec, p.y))
      .map((p) => [to(xLog, p.x), to(yLog, p.y)] as const),
  );
  if (places.length < 2) return null;
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const xs = places.map((place) => place[0]);
  const [x0, y0] = [mean(xs), mean(places.map((place) => place[1]))];
  const at = (x: number): Point => [
    frame.x.place(from(xLog, x)),
    frame.y.place(from(yLog, y0 + slope * (x - x0))),
  ];
  return [at(Math.min(...xs)), at(Math.max(...xs))];
}

function diagonalEnds(frame: Frame): [Point, Point] | null {
  const low = Math.max(frame.x.domain[0], frame.y.domain[0]);
  const high = Math.min(frame.x.domain[1], frame.y.domain[1]);
  if (low >= high) return null;
  return [
    [frame.x.place(low), frame.y.place(low)],
    [frame.x.place(high), frame.y.place(high)],
  ];
}

/** The part of a straight line inside a box (Liang and Barsky). */
export function clipped(from: Point, to: Point, box: Box): [Point, Point] | null {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  let [enter, leave] = [0, 1];
  for (const [p, q] of [
    [-dx, from[0] - box.x],
    [dx, box.x + box.width - from[0]],
    [-dy, from[1] - box.y],
    [dy, box.y + box.height - from[1]],
  ] as const) {
    if (p === 0) {
      if (q < -1e-9) return null;
    } else if (p < 0) enter = Math.max(enter, q / p);
    else leave = Math.min(leave, q / p);
  }
  if (enter > leave) return null;
  return [
    [from[0] + enter * dx, from[1] + enter * dy],
    [from[0] + leave * dx, from[1] + leave * dy],
  ];
}

/** Names of rules beside their upper or right end; each takes the next free row. */
export function ruleLabels(
  lines: ReferenceLine[],
  frame: Frame,
  measure: Measure,
): { shapes: Shape[]; boxes: Box[] } {
  const shapes: Shape[] = [];
  const boxes: Box[] = [];
  const { plot, theme } = frame;
  for (const { mark, shape } of lines) {
    if (mark.kind !== 'rule' || !mark.label || shape.kind !== 'line') continue;
    const end = shape.points[1] ?? [plot.x, plot.y];
    const width = measure(mark.label, labelSize);
    const vertical = mark.axis !== 'y';
    const toLeft = vertical && end[0] + 6 + width > plot.x + plot.width;
    const x = vertical ? (toLeft ? end[0] - 6 - width : end[0] + 6) : plot.x + plot.width - width - 2;
    let top = vertical ? plot.y + 2 : end[1] - 17 < plot.y ? end[1] + 3 : end[1] - 17;
    for (
      let row = 0;
      row < 8 && boxes.some((other) => overlap({ x, y: top, width, height: 14 }, other));
      ++row
    ) {
      top += vertical ? 16 : -16;
    }
    boxes.push({ x, y: top, width, height: 14 });
    shapes.push({
      kind: 'text',
      at: [x, top + 7],
      text: mark.label,
      size: labelSize,
      color: theme.muted,
      anchor: 'start',
      baseline: 'middle',
      halo: theme.background,
    });
  }
  return { shapes, boxes };
}
