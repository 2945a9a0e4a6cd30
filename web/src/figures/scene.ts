// From a declared figure and a report (finished, partial or none) to shapes with coordinates. Pure: the same input
// gives the same scene, in a test as on the page.
import type { AxisSpec, FigureSpec, Report } from '../model/contract.js';
import type { Axis } from './axes.js';
import { axisDomain, buildAxis, categoryAxis, placeable } from './axes.js';
import type { DataSet, HeatData } from './data.js';
import { dataSets, heatData, placeCategories } from './data.js';
import type { ColorScale } from './heat.js';
import { cellEdges, colorBar, colorBarWidth, colorScale, heatReadouts, heatShapes } from './heat.js';
import type { EndLabel, LegendEntry, PlacedLabel } from './labels.js';
import { endLabelShapes, labelSize, legend, placeEndLabels } from './labels.js';
import type { Frame, StyledSet } from './marks.js';
import { lineHasMarkers, onHeat, setReadout, setShapes, styleSets } from './marks.js';
import { dashOf, markerShape, textColor } from './palette.js';
import type { FigureTheme } from './palette.js';
import { referenceLine, ruleLabels, ruleValues } from './reference.js';
import type { ReferenceLine } from './reference.js';
import type { Box, Measure, Memory, ReadoutSeries, Scene, Shape } from './shapes.js';
import { estimateWidth } from './shapes.js';

export interface SceneOptions {
  width: number;
  height: number;
  theme: FigureTheme;
  measure?: Measure;
  /** The scene before, of the same run: ends of axes and colours stay where they can. */
  before?: Memory;
  /** Set while the run is unfinished: marks are lighter and the corner says how far it is. */
  unfinished?: { done: number; total: number };
}

const tickSize = 11;
const topRow = 20;

interface Content {
  figure: FigureSpec;
  report: Report;
  options: SceneOptions;
  measure: Measure;
  sets: DataSet[];
  heat: HeatData | null;
  categories: string[] | null;
  xDomain: [number, number];
  yDomain: [number, number];
  colors: ColorScale | null;
  memory: Memory;
}

/** Places everything. Without a report, or with nothing in it yet, only the axes and `empty`. */
export function scene(figure: FigureSpec, report: Report | null, options: SceneOptions): Scene {
  const content = readContent(figure, report ?? noReport, options);
  const direct = arrange(content, true);
  const arranged = direct ?? arrange(content, false);
  if (!arranged) throw new Error('a figure with a legend always has an arrangement');
  return arranged;
}

const noReport: Report = {
  study: '',
  revision: 0,
  seed: 0,
  config: {},
  metrics: {},
  tables: {},
  series: {},
  grids: {},
  images: {},
  files: {},
  claims: [],
};

function readContent(figure: FigureSpec, report: Report, options: SceneOptions): Content {
  const sets = dataSets(figure.marks, report);
  const heat = heatData(figure.marks, report);
  const dataKinds = figure.marks.map((mark) => mark.kind).filter((kind) => !['rule', 'slope', 'diagonal'].includes(kind));
  const onlyBars = dataKinds.length > 0 && dataKinds.every((kind) => kind === 'bars');
  const categories = placeCategories(sets, onlyBars && !figure.x.logarithmic);
  const points = sets.flatMap((set) => set.points);
  const cells = (places: number[] | undefined, spec: AxisSpec): number[] =>
    places ? cellEdges(places.filter((place) => placeable(spec, place)), spec.logarithmic) : [];
  const before = options.before;
  const xs = [...points.map((p) => p.x), ...cells(heat?.xs, figure.x), ...ruleValues(figure.marks, report, 'x')];
  const ys = [
    ...sets.flatMap((set) => (set.mark.kind === 'band' ? [] : set.points.map((p) => p.y))),
    ...points.flatMap((p) => [p.low, p.high]),
    ...cells(heat?.ys, figure.y),
    ...ruleValues(figure.marks, report, 'y'),
  ];
  const colors = heat ? colorScale(figure.color ?? plainAxis, heat, before?.color) : null;
  const tight = heat !== null;
  const xDomain = tight ? exactEnds(xs, figure.x) : axisDomain(figure.x, xs, before?.x);
  const yDomain = tight ? exactEnds(ys, figure.y) : axisDomain(figure.y, ys, before?.y, dataKinds.includes('bars'));
  const memory: Memory = { x: xDomain, y: yDomain, keys: [...(before?.keys ?? [])] };
  if (colors) memory.color = colors.axis.domain;
  const measure = options.measure ?? estimateWidth;
  return { figure, report, options, measure, sets, heat, categories, xDomain, yDomain, colors, memory };
}

const plainAxis: AxisSpec = { label: '', unit: '', logarithmic: false };

/** Heat maps fill their plot: no round ends, no margin inside. */
function exactEnds(values: number[], spec: AxisSpec): [number, number] {
  const usable = values.filter((value) => placeable(spec, value));
  if (usable.length === 0) return axisDomain(spec, []);
  return [spec.low ?? Math.min(...usable), spec.high ?? Math.max(...usable)];
}

/** With names at the ends of lines, or (always possible) with a legend; null when the names do not fit. */
function arrange(content: Content, direct: boolean): Scene | null {
  const { figure, options, measure, sets, categories } = content;
  const { width, height, theme } = options;
  const keys = [...content.memory.keys];
  const yTicks = buildAxis(figure.y, content.yDomain, [height, 0]).ticks;
  const left = Math.ceil(Math.max(24, ...yTicks.map((tick) => measure(tick.text, tickSize))) + 12);
  const step = categories ? (width - left - 16) / Math.max(categories.length, 1) : 0;
  const styled = styleSets(sets, keys, theme, step, content.heat !== null);
  const turned = categories !== null && categories.some((name) => measure(name.replaceAll('_', ' '), tickSize) > step - 6);
  const longest = Math.max(0, ...(categories ?? []).map((name) => measure(name.replaceAll('_', ' '), tickSize)));
  const bottom = 40 + (turned ? Math.min(longest * 0.6, 70) : 0);

  const right = direct ? directMargin(content, styled, left) : plainMargin(content);
  if (right === null) return null;
  const entries = legendEntries(styled, direct);
  const ring = content.heat ? onHeat.ring : theme.background;
  const key = legend(entries, left, topRow + 2, width - left - 8, theme.ink, ring, measure);
  const plot: Box = { x: left, y: topRow + key.height + 8, width: width - left - right, height: 0 };
  plot.height = Math.max(60, height - plot.y - bottom);
  const xRange: [number, number] = [plot.x, plot.x + plot.width];
  const frame: Frame = {
    x: categories ? categoryAxis(figure.x, categories, xRange) : buildAxis(figure.x, content.xDomain, xRange),
    y: buildAxis(figure.y, content.yDomain, [plot.y + plot.height, plot.y]),
    xSpec: figure.x,
    ySpec: figure.y,
    plot,
    theme,
    strength: options.unfinished ? 0.55 : 1,
    categories: categories !== null,
  };

  const marks = drawMarks(content, styled, frame);
  const rules = ruleLabels(marks.references, frame, measure);
  const ends = [...(direct ? endLabels(styled, frame) : []), ...marks.references.flatMap((line) => line.end ?? [])];
  const area: Box = { x: plot.x, y: plot.y, width: width - plot.x, height: plot.height };
  const placed = placeEndLabels(ends, area, measure, rules.boxes);
  if (!placed && direct) return null;
  const shapes = [
    ...axisShapes(content, frame, turned),
    ...key.shapes,
    ...marks.shapes,
    ...rules.shapes,
    ...endLabelShapes(placed ?? clampedLabels(marks.references, area, measure), theme.background),
    ...noteShapes(content, frame),
  ];
  const readouts = [
    ...(content.heat && content.colors ? heatReadouts(content.heat, content.colors, frame) : []),
    ...styled.flatMap((item): ReadoutSeries[] => [setReadout(item, frame)].filter((one) => one !== null)),
  ];
  const { height: h, width: w } = options;
  return {
    width: w,
    height: h,
    plot,
    font: theme.font,
    background: theme.background,
    shapes,
    readouts,
    memory: { ...content.memory, keys },
    empty: readouts.length === 0,
    xName: figure.x.label,
    yName: content.heat ? (figure.color?.label ?? 'value') : figure.y.label,
  };
}

function plainMargin(content: Content): number {
  return content.colors ? 14 + colorBarWidth + 48 : 18;
}

/** Room on the right for the names at the ends of lines; null when it would take a third of the figure. */
function directMargin(content: Content, styled: StyledSet[], left: number): number | null {
  const { options, measure, figure, xDomain } = content;
  const least = plainMargin(content);
  const total = options.width - left;
  let right = least;
  const unit = buildAxis(figure.x, xDomain, [0, 1]);
  for (const label of wanted(styled)) {
    const p = label.set.points.filter((q) => placeable(figure.y, q.y)).at(-1);
    if (!p) continue;
    const share = content.categories ? 1 : Math.min(Math.max(unit.place(p.x), 0.05), 1);
    const room = measure(label.set.name, labelSize) + 11;
    right = Math.max(right, (share * total + room - total) / share);
  }
  if (right > 0.36 * options.width) return null;
  return Math.ceil(right);
}

/** Sets that carry a name of their own at their end. */
function wanted(styled: StyledSet[]): StyledSet[] {
  return styled.filter(({ set }) => set.name !== '' && set.mark.kind === 'line');
}

function endLabels(styled: StyledSet[], frame: Frame): EndLabel[] {
  return wanted(styled).flatMap(({ set, color }) => {
    const visible = set.points.filter((p) => placeable(frame.xSpec, p.x) && placeable(frame.ySpec, p.y));
    const last = visible.filter((p) => inside(p.x, frame.x) && inside(p.y, frame.y)).at(-1);
    return last ? [{ text: set.name, color: textColor(frame.theme, color), x: frame.x.place(last.x), y: frame.y.place(last.y) }] : [];
  });
}

function inside(value: number, axis: Axis): boolean {
  const slack = 1e-9 * Math.abs(axis.domain[1] - axis.domain[0]);
  return value >= axis.domain[0] - slack && value <= axis.domain[1] + slack;
}

/** What a legend must explain: bands, points and bars always, lines where their ends carry no names. */
function legendEntries(styled: StyledSet[], direct: boolean): LegendEntry[] {
  const entries: LegendEntry[] = [];
  for (const { set, color, index } of styled) {
    if (set.name === '' || set.points.length === 0) continue;
    const kind = set.mark.kind;
    if (kind === 'line' && direct) continue;
    if (entries.some((entry) => entry.text === set.name && entry.color === color)) continue;
    const entry: LegendEntry = { text: set.name, color };
    if (kind === 'line') {
      entry.line = { dash: dashOf(set.mark.style), width: 2 };
      if (lineHasMarkers(set)) entry.marker = markerShape(index);
    } else if (kind === 'points') entry.marker = markerShape(index);
    else entry.area = true;
    entries.push(entry);
  }
  return entries;
}

function drawMarks(
  content: Content,
  styled: StyledSet[],
  frame: Frame,
): { shapes: Shape[]; references: ReferenceLine[] } {
  const { figure, report, heat, colors } = content;
  const shapes: Shape[] = [];
  const references: ReferenceLine[] = [];
  let lastData: StyledSet[] = styled;
  for (const mark of figure.marks) {
    if (mark.kind === 'heat') {
      if (heat && colors) {
        shapes.push(...heatShapes(heat, colors, frame));
        shapes.push(...colorBar(figure.color ?? plainAxis, colors, frame.plot, frame));
      }
      continue;
    }
    const own = styled.filter(({ set }) => set.mark === mark);
    if (own.length > 0) {
      lastData = own;
      for (const item of own) shapes.push(...setShapes(item, frame));
    } else if (mark.kind === 'rule' || mark.kind === 'slope' || mark.kind === 'diagonal') {
      const line = referenceLine(mark, report, lastData, frame);
      if (line) {
        references.push(line);
        shapes.push(line.shape);
      }
    }
  }
  return { shapes, references };
}

/** In a crowded figure the names of slopes move left until they fit. */
function clampedLabels(lines: ReferenceLine[], area: Box, measure: Measure): PlacedLabel[] {
  return lines.flatMap(({ end }) => {
    if (!end) return [];
    const textX = Math.min(end.x + 7, area.x + area.width - measure(end.text, labelSize) - 2);
    return [{ ...end, textX, textY: end.y, y: end.y }];
  });
}

function axisShapes(content: Content, frame: Frame, turned: boolean): Shape[] {
  const { plot, theme } = frame;
  const { figure, measure, heat } = content;
  const shapes: Shape[] = [];
  const floor = plot.y + plot.height;
  const text = (at: [number, number], words: string, rest: Partial<Shape>): Shape =>
    ({ kind: 'text', at, text: words, size: tickSize, color: theme.muted, anchor: 'middle', baseline: 'middle', ...rest }) as Shape;
  const line = (x0: number, y0: number, x1: number, y1: number, color: string): Shape => {
    const points: [number, number][] = [[x0, y0], [x1, y1]];
    return { kind: 'line', points, color, width: 1, dash: [] };
  };
  for (const tick of frame.y.ticks) {
    const y = frame.y.place(tick.at);
    if (!heat) shapes.push(line(plot.x, y, plot.x + plot.width, y, theme.grid));
    shapes.push(text([plot.x - 7, y], tick.text, { anchor: 'end' }));
  }
  for (const place of frame.x.minor) shapes.push(line(frame.x.place(place), floor, frame.x.place(place), floor + 3, theme.axis));
  for (const place of frame.y.minor) shapes.push(line(plot.x - 3, frame.y.place(place), plot.x, frame.y.place(place), theme.axis));
  for (const tick of frame.x.ticks) {
    const x = frame.x.place(tick.at);
    if (!frame.categories) shapes.push(line(x, floor, x, floor + 5, theme.axis));
    const rest = turned ? ({ anchor: 'end', turn: -38 } as const) : ({ baseline: 'top' } as const);
    shapes.push(text([x, floor + 8], tick.text, rest));
  }
  shapes.push(line(plot.x, floor, plot.x + plot.width, floor, theme.axis));
  const zero = frame.y.logarithmic || !inside(0, frame.y) || frame.y.domain[0] === 0 ? null : frame.y.place(0);
  if (zero !== null && !heat) shapes.push(line(plot.x, zero, plot.x + plot.width, zero, theme.axis));
  const colorName = heat && figure.color ? buildAxis(figure.color, [1, 10], [0, 1]).name : '';
  const room = content.options.width - 8 - (colorName ? measure(colorName, tickSize) + 24 : 0);
  shapes.push(text([2, 2], shortened(frame.y.name, room, measure), { anchor: 'start', baseline: 'top' }));
  if (colorName) shapes.push(text([content.options.width - 2, 2], colorName, { anchor: 'end', baseline: 'top' }));
  const edge = plot.x + plot.width;
  shapes.push(text([edge, content.options.height - 3], frame.x.name, { anchor: 'end', baseline: 'bottom' }));
  return shapes;
}

function shortened(name: string, room: number, measure: Measure): string {
  if (measure(name, tickSize) <= room) return name;
  return name.replace(', log scale', ', log').replace(/ \([^)]*\)/, (unit) => (measure(name, tickSize) > room + 60 ? '' : unit));
}

/** "12 of 40 tasks" while running, a quiet sentence when nothing is there yet. */
function noteShapes(content: Content, frame: Frame): Shape[] {
  const { plot, theme } = frame;
  const { unfinished } = content.options;
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
  const nothing = content.sets.every((set) => set.points.length === 0) && !content.heat?.values.some(Number.isFinite);
  if (nothing) {
    const middle: [number, number] = [plot.x + plot.width / 2, plot.y + plot.height / 2];
    shapes.push(note(middle, unfinished ? 'Waiting for the first task' : 'Nothing to draw yet', 'middle', 13));
  }
  if (unfinished && unfinished.total > 0) {
    const words = `${unfinished.done} of ${unfinished.total} task${unfinished.total === 1 ? '' : 's'}`;
    shapes.push(note([plot.x + plot.width - 2, plot.y + 2], words, 'end', 12));
  }
  return shapes;
}
