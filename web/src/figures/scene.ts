// From a declared figure and a report (finished, partial or none) to shapes with coordinates. Pure: the same input
// gives the same scene, in a test as on the page.
import type { AxisSpec, FigureSpec, MarkSpec, Report } from '../model/contract.js';
import { axisDomain, buildAxis, categoryAxis, namesPerTick, placeable, within } from './axes.js';
import { axisShapes, noteShapes, tickSize } from './axis-shapes.js';
import type { DataPoint, DataSet, HeatData } from './data.js';
import { dataSets, heatData, placeCategories } from './data.js';
import type { ColorScale } from './heat.js';
import { cellEdges, colorBar, colorBarWidth, colorScale, heatReadouts, heatShapes } from './heat.js';
import type { EndLabel, LegendEntry, PlacedLabel } from './labels.js';
import { endLabelShapes, labelSize, legend, overlap, placeEndLabels } from './labels.js';
import type { Frame, StyledSet } from './marks.js';
import { hasBars, lineHasMarkers, onHeat, setReadout, setShapes, styleSets } from './marks.js';
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
  /** A miniature: lines without markers. */
  compact?: boolean;
  /** Markers are rings: the points are the visitor's own data. */
  hollow?: boolean;
  /** Set while the run is unfinished: marks are lighter and the corner says how far it is. */
  unfinished?: { done: number; total: number };
}

const topRow = 20;
/** Below this a plot says nothing: a figure with a long legend or turned names becomes higher. */
const leastPlot = 190;

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
  const arranged =
    arrange(content, true) ??
    // a miniature has no room for a legend: names that do not fit are left out
    (options.compact ? arrange(content, true, true) : null) ??
    arrange(content, false);
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
  const dataKinds = figure.marks
    .map((mark) => mark.kind)
    .filter((kind) => !['rule', 'slope', 'diagonal'].includes(kind));
  const onlyBars = dataKinds.length > 0 && dataKinds.every((kind) => kind === 'bars');
  const categories = placeCategories(sets, onlyBars && !figure.x.logarithmic);
  const points = sets.flatMap((set) => set.points);
  const cells = (places: number[] | undefined, spec: AxisSpec): number[] =>
    places
      ? cellEdges(
          places.filter((place) => placeable(spec, place)),
          spec.logarithmic,
        )
      : [];
  const before = options.before;
  const xs = [
    ...points.map((p) => p.x),
    ...cells(heat?.xs, figure.x),
    ...ruleValues(figure.marks, report, 'x'),
  ];
  const ys = [
    ...sets.flatMap((set) => (set.mark.kind === 'band' ? [] : set.points.map((p) => p.y))),
    ...points.flatMap((p) => [p.low, p.high]),
    ...cells(heat?.ys, figure.y),
    ...ruleValues(figure.marks, report, 'y'),
  ];
  const colors = heat ? colorScale(figure.color ?? plainAxis, heat, before?.color) : null;
  const tight = heat !== null;
  const xDomain = tight ? exactEnds(xs, figure.x) : axisDomain(figure.x, xs, before?.x);
  const yDomain = tight
    ? exactEnds(ys, figure.y)
    : axisDomain(figure.y, ys, before?.y, dataKinds.includes('bars'));
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

/**
 * With names at the ends of lines, or (always possible) with a legend; null when the names do not fit. `sparing` leaves
 * out names that do not fit.
 */
function arrange(content: Content, direct: boolean, sparing = false): Scene | null {
  const { figure, options, measure, sets, categories } = content;
  const { width, theme } = options;
  const keys = [...content.memory.keys];
  const yTicks = buildAxis(figure.y, content.yDomain, [options.height, 0]).ticks;
  const left = Math.ceil(Math.max(24, ...yTicks.map((tick) => measure(tick.text, tickSize))) + 12);
  const step = categories ? (width - left - 16) / Math.max(categories.length, 1) : 0;
  const styled = styleSets(sets, keys, theme, step, content.heat !== null);
  const longest = Math.max(
    0,
    ...(categories ?? []).map((name) => measure(name.replaceAll('_', ' '), tickSize)),
  );
  // numbers in order need not all be written, names have to be
  const counted = categories?.every((name) => name !== '' && Number.isFinite(Number(name))) ?? false;
  const every = counted ? namesPerTick(step, longest + 6) : 1;
  const turned = categories !== null && every === 1 && longest > step - 6;
  const bottom = 40 + (turned ? Math.min(longest * 0.6, 70) : 0);

  const right = direct ? directMargin(content, styled, left) : plainMargin(content);
  if (right === null) return null;
  const bareLines = options.compact === true || figure.marks.some((mark) => mark.kind === 'points');
  const entries = legendEntries(styled, direct, bareLines);
  const ring = content.heat ? onHeat.ring : theme.background;
  const key = legend(entries, left, topRow + 2, width - left - 8, theme.ink, ring, measure);
  const plot: Box = { x: left, y: topRow + key.height + 8, width: width - left - right, height: 0 };
  const height = Math.max(options.height, plot.y + bottom + (options.compact ? 110 : leastPlot));
  plot.height = height - plot.y - bottom;
  // room inside the axes, so that marks on an end stay whole
  const inset = content.heat ? 0 : 8;
  const xRange: [number, number] = [
    plot.x + (categories ? 0 : inset),
    plot.x + plot.width - (categories ? 0 : inset),
  ];
  const top = plot.y + (content.heat ? 0 : 4);
  const floor = plot.y + plot.height - (onFloor(content) ? 0 : inset);
  const frame: Frame = {
    x: categories
      ? categoryAxis(figure.x, categories, xRange, every)
      : buildAxis(figure.x, content.xDomain, xRange),
    y: buildAxis(figure.y, content.yDomain, [floor, top]),
    xSpec: figure.x,
    ySpec: figure.y,
    plot,
    theme,
    strength: options.unfinished ? 0.55 : 1,
    categories: categories !== null,
    bareLines,
    hollow: options.hollow === true,
  };

  const marks = drawMarks(content, styled, frame);
  const rules = ruleLabels(
    marks.references.filter((line) => !direct || !line.end),
    frame,
    measure,
  );
  const named = marks.references.flatMap((line) =>
    line.end && (direct || line.mark.kind !== 'rule') ? [line.end] : [],
  );
  const ends = [...(direct ? endLabels(styled, frame) : []), ...named].map((end) => ({
    ...end,
    optional: end.optional === true || sparing,
  }));
  const area: Box = { x: plot.x, y: plot.y, width: width - plot.x, height: plot.height };
  const placed = placeEndLabels(ends, area, measure, rules.boxes);
  if (!placed && direct) return null;
  const readouts = [
    ...(content.heat && content.colors ? heatReadouts(content.heat, content.colors, frame) : []),
    ...styled.flatMap((item): ReadoutSeries[] => [setReadout(item, frame)].filter((one) => one !== null)),
  ];
  const shapes = [
    ...axisShapes(
      frame,
      turned,
      content.heat ? (figure.color ?? plainAxis) : null,
      { width, height },
      measure,
    ),
    ...key.shapes,
    ...marks.shapes,
    ...rules.shapes,
    ...endLabelShapes(placed ?? clampedLabels(named, area, measure, rules.boxes), theme.background),
    ...noteShapes(readouts.length === 0, frame, options.unfinished),
  ];
  return {
    width,
    height,
    plot,
    inner: { x: xRange[0], y: top, width: xRange[1] - xRange[0], height: floor - top },
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

/** Bars, cells and axes that begin at zero stand on the axis line. */
function onFloor({ figure, yDomain, heat }: Content): boolean {
  const bars = figure.marks.some((mark) => mark.kind === 'bars');
  return heat !== null || bars || (!figure.y.logarithmic && yDomain[0] === 0);
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
    const p = rightEnd(label.set.points.filter((q) => placeable(figure.y, q.y)));
    if (!p) continue;
    const share = content.categories ? 1 : Math.min(Math.max(unit.place(p.x), 0.05), 1);
    const room = measure(label.set.name, labelSize) + 11;
    right = Math.max(right, (share * total + room - total) / share);
  }
  for (const mark of figure.marks) {
    const atEnd =
      mark.kind === 'slope' || mark.kind === 'diagonal' || (mark.kind === 'rule' && mark.axis === 'y');
    if (atEnd && mark.label) right = Math.max(right, measure(mark.label, labelSize) + 11);
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
    const last = rightEnd(visible.filter((p) => within(p.x, frame.x) && within(p.y, frame.y)));
    return last
      ? [
          {
            text: set.name,
            color: textColor(frame.theme, color),
            optional: isBetween(set),
            x: frame.x.place(last.x),
            y: frame.y.place(last.y),
          },
        ]
      : [];
  });
}

/** The end of a line that has room beside it: the last point, or the first where the line runs to the left. */
function rightEnd(points: DataPoint[]): DataPoint | undefined {
  const [first, last] = [points[0], points.at(-1)];
  return first && last && first.x > last.x ? first : last;
}

/** Neither the first nor the last of an ordered series. */
function isBetween({ rank }: DataSet): boolean {
  return rank !== null && rank > 0 && rank < 1;
}

/** What a legend must explain: bands, points and bars always, lines where their ends carry no names. */
function legendEntries(styled: StyledSet[], direct: boolean, bareLines: boolean): LegendEntry[] {
  const entries: LegendEntry[] = [];
  for (const { set, color, index } of styled) {
    if (set.name === '' || set.points.length === 0 || isBetween(set)) continue;
    const kind = set.mark.kind;
    if (kind === 'bars' && !hasBars(set)) continue;
    if (kind === 'line' && direct) continue;
    const same = entries.find(
      (entry) => entry.text === set.name && (entry.area !== undefined) === isArea(kind),
    );
    if (same?.colors.includes(color)) continue;
    // two bands of one meaning are one entry
    if (same?.area !== undefined) {
      same.colors.push(color);
      continue;
    }
    const entry: LegendEntry = { text: set.name, colors: [color] };
    if (kind === 'line') {
      entry.line = { dash: dashOf(set.mark.style), width: 2 };
      if (lineHasMarkers(set, bareLines)) entry.marker = markerShape(index);
    } else if (kind === 'points') entry.marker = markerShape(index);
    else entry.area = kind === 'band' ? 0.3 : 0.85;
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
  for (const mark of inLayers(figure.marks)) {
    if (mark.kind === 'heat') {
      if (heat && colors) {
        shapes.push(...heatShapes(heat, colors, frame));
        shapes.push(...colorBar(figure.color ?? plainAxis, colors, frame.plot, frame));
      }
      continue;
    }
    const own = styled.filter(({ set }) => set.mark === mark);
    for (const item of own) shapes.push(...setShapes(item, frame));
    if (mark.kind === 'rule' || mark.kind === 'slope' || mark.kind === 'diagonal') {
      const line = referenceLine(mark, report, dataBefore(mark, figure.marks, styled), frame);
      if (line) {
        references.push(line);
        shapes.push(line.shape);
      }
    }
  }
  return { shapes, references };
}

/** The sets of the nearest solid mark declared before a reference line; without one, all. */
function dataBefore(mark: MarkSpec, marks: readonly MarkSpec[], styled: StyledSet[]): StyledSet[] {
  for (const earlier of marks.slice(0, marks.indexOf(mark)).reverse()) {
    const own = styled.filter(
      ({ set }) => set.mark === earlier && set.mark.kind !== 'band' && set.points.length > 0,
    );
    if (own.length > 0) return own;
  }
  return styled;
}

/** Areas lie under lines, lines under points; otherwise as declared. */
function inLayers(marks: readonly MarkSpec[]): MarkSpec[] {
  const layer = ({ kind }: MarkSpec): number =>
    kind === 'heat' ? 0 : kind === 'band' || kind === 'bars' ? 1 : kind === 'points' ? 3 : 2;
  return [...marks].sort((a, b) => layer(a) - layer(b));
}

function isArea(kind: MarkSpec['kind']): boolean {
  return kind === 'band' || kind === 'bars';
}

/** In a crowded figure the names of slopes move left until they fit, and up until they cover no other. */
function clampedLabels(ends: EndLabel[], area: Box, measure: Measure, taken: Box[]): PlacedLabel[] {
  const boxes = [...taken];
  return ends.map((end) => {
    const width = measure(end.text, labelSize);
    const x = Math.min(end.x + 7, area.x + area.width - width - 2);
    const box = { x, y: Math.min(end.y - 7, area.y + area.height - 15), width, height: 14 };
    while (box.y > area.y && boxes.some((other) => overlap(box, other))) box.y -= 2;
    boxes.push(box);
    return { ...end, textX: x, textY: box.y + 7 };
  });
}
