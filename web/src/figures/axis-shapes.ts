// Grid lines, ticks and names of the axes, and the notes inside the plot.
import type { AxisSpec } from '../model/contract.js';
import { buildAxis, within } from './axes.js';
import type { Frame } from './marks.js';
import type { Measure, Shape } from './shapes.js';

export const tickSize = 11;

/** Grid, axis lines, ticks and the names of the axes; `color` is the axis of a heat map's colours. */
export function axisShapes(
  frame: Frame,
  turned: boolean,
  color: AxisSpec | null,
  size: { width: number; height: number },
  measure: Measure,
): Shape[] {
  const { plot, theme } = frame;
  const shapes: Shape[] = [];
  const floor = plot.y + plot.height;
  const text = (at: [number, number], words: string, rest: Partial<Shape>): Shape =>
    ({
      kind: 'text',
      at,
      text: words,
      size: tickSize,
      color: theme.muted,
      anchor: 'middle',
      baseline: 'middle',
      ...rest,
    }) as Shape;
  const line = (x0: number, y0: number, x1: number, y1: number, color: string): Shape => {
    const points: [number, number][] = [
      [x0, y0],
      [x1, y1],
    ];
    return { kind: 'line', points, color, width: 1, dash: [] };
  };
  for (const tick of frame.y.ticks) {
    const y = frame.y.place(tick.at);
    if (color === null) shapes.push(line(plot.x, y, plot.x + plot.width, y, theme.grid));
    shapes.push(text([plot.x - 7, y], tick.text, { anchor: 'end' }));
  }
  for (const place of frame.x.minor)
    shapes.push(line(frame.x.place(place), floor, frame.x.place(place), floor + 3, theme.axis));
  for (const tick of frame.x.ticks) {
    const x = frame.x.place(tick.at);
    if (!frame.categories) shapes.push(line(x, floor, x, floor + 5, theme.axis));
    const rest = turned ? ({ anchor: 'end', turn: -38 } as const) : ({ baseline: 'top' } as const);
    shapes.push(text([x, floor + 8], tick.text, rest));
  }
  shapes.push(line(plot.x, floor, plot.x + plot.width, floor, theme.axis));
  const zero =
    frame.y.logarithmic || !within(0, frame.y) || frame.y.domain[0] === 0 ? null : frame.y.place(0);
  if (zero !== null && color === null) shapes.push(line(plot.x, zero, plot.x + plot.width, zero, theme.axis));
  const colorName = color ? buildAxis(color, [1, 10], [0, 1]).name : '';
  const room = size.width - 8 - (colorName ? measure(colorName, tickSize) + 24 : 0);
  shapes.push(text([2, 2], shortened(frame.y.name, room, measure), { anchor: 'start', baseline: 'top' }));
  if (colorName) shapes.push(text([size.width - 2, 2], colorName, { anchor: 'end', baseline: 'top' }));
  const edge = plot.x + plot.width;
  shapes.push(text([edge, size.height - 3], frame.x.name, { anchor: 'end', baseline: 'bottom' }));
  return shapes;
}

function shortened(name: string, room: number, measure: Measure): string {
  if (measure(name, tickSize) <= room) return name;
  return name
    .replace(', log scale', ', log')
    .replace(/ \([^)]*\)/, (unit) => (measure(name, tickSize) > room + 60 ? '' : unit));
}

/** "12 of 40 tasks" while running, a quiet sentence when nothing is there yet. */
export function noteShapes(
  empty: boolean,
  frame: Frame,
  unfinished?: { done: number; total: number },
): Shape[] {
  const { plot, theme } = frame;
  const note = (at: [number, number], text: string, anchor: 'middle' | 'end', size: number): Shape => ({
    kind: 'text',
    at,
    text,
    size,
    color: theme.muted,
    anchor,
    baseline: anchor === 'end' ? 'top' : 'middle',
    halo: theme.background,
  });
  const shapes: Shape[] = [];
  if (empty) {
    const middle: [number, number] = [plot.x + plot.width / 2, plot.y + plot.height / 2];
    shapes.push(
      note(middle, unfinished ? 'Waiting for the first task' : 'Nothing to draw yet', 'middle', 13),
    );
  }
  if (unfinished && unfinished.total > 0) {
    const words = `${unfinished.done} of ${unfinished.total} task${unfinished.total === 1 ? '' : 's'}`;
    shapes.push(note([plot.x + plot.width - 2, plot.y + 2], words, 'end', 12));
  }
  return shapes;
}
