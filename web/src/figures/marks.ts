// Shapes of the data marks: lines, points with intervals, bands, grouped bars.
import type { AxisSpec } from '../model/contract.js';
import type { Axis } from './axes.js';
import { placeable } from './axes.js';
import type { DataPoint, DataSet } from './data.js';
import type { FigureTheme } from './palette.js';
import { dashOf, markerShape, rankColor, seriesColor } from './palette.js';
import type { Box, Point, ReadoutPoint, ReadoutSeries, Shape } from './shapes.js';
import { valueText } from './value-text.js';

export interface Frame {
  x: Axis;
  y: Axis;
  xSpec: AxisSpec;
  ySpec: AxisSpec;
  plot: Box;
  theme: FigureTheme;
  /** Less than 1 while a run is unfinished. */
  strength: number;
  /** The x axis carries names. */
  categories: boolean;
  /** Points of their own show the data: lines then carry no markers. */
  bareLines: boolean;
  /** Markers are rings. */
  hollow: boolean;
}

/** A set with its place in the palette. */
export interface StyledSet {
  set: DataSet;
  color: string;
  index: number;
  /** Pixels to the side, where several sets stand on one name. */
  dodge: number;
  /** Bars: how many share a name, and which of them this is. */
  bar: { of: number; number: number };
}

/** On a heat map everything is white with a dark edge: the one pair that stands out on every colour of the map. */
export const onHeat = { fill: '#ffffff', ring: '#1b1d1f' } as const;

/** Bars of height zero are not seen: a set of them takes no room and no entry of the legend. */
export function hasBars({ mark, points }: DataSet): boolean {
  return mark.kind === 'bars' && points.some((p) => p.y !== 0);
}

export function styleSets(
  sets: DataSet[],
  keys: string[],
  theme: FigureTheme,
  step: number,
  heat = false,
): StyledSet[] {
  const pointSets = sets.filter((set) => set.mark.kind === 'points');
  const barSets = sets.filter(hasBars);
  const shades = new Map(
    sets.flatMap((set): [string, string][] =>
      set.rank === null ? [] : [[set.key, rankColor(theme, set.rank)]],
    ),
  );
  return sets.map((set) => {
    const shade = shades.get(set.key);
    const muted = set.mark.style === 'muted';
    if (!muted && shade === undefined && !keys.includes(set.key)) keys.push(set.key);
    const index = Math.max(keys.indexOf(set.key), 0);
    const side = pointSets.indexOf(set) - (pointSets.length - 1) / 2;
    return {
      set,
      index: shade === undefined ? index : 0,
      color: heat ? onHeat.fill : (shade ?? (muted ? theme.axis : seriesColor(theme, index))),
      dodge:
        set.mark.kind === 'points' && step > 0 ? side * Math.min(11, (0.6 * step) / pointSets.length) : 0,
      bar: { of: barSets.length, number: Math.max(barSets.indexOf(set), 0) },
    };
  });
}

export function setShapes(styled: StyledSet, frame: Frame): Shape[] {
  switch (styled.set.mark.kind) {
    case 'line':
      return lineShapes(styled, frame);
    case 'band':
      return bandShapes(styled, frame);
    case 'bars':
      return hasBars(styled.set) ? barShapes(styled, frame) : [];
    case 'points':
      return pointShapes(styled, frame);
    case 'heat':
    case 'rule':
    case 'slope':
    case 'diagonal':
      return [];
  }
}

/** Pixels of a point, or null where the axes cannot show it. */
export function pixel(p: DataPoint, value: number, styled: StyledSet, frame: Frame): Point | null {
  if (!placeable(frame.ySpec, value)) return null;
  if (!frame.categories && !placeable(frame.xSpec, p.x)) return null;
  return [frame.x.place(p.x) + styled.dodge, frame.y.place(value)];
}

/** Runs of neighbouring points that can be drawn; a point that cannot leaves a gap. */
function runs(styled: StyledSet, frame: Frame): Point[][] {
  const all: Point[][] = [[]];
  for (const p of styled.set.points) {
    const at = pixel(p, p.y, styled, frame);
    if (at) all.at(-1)?.push(at);
    else if (all.at(-1)?.length) all.push([]);
  }
  return all.filter((run) => run.length > 0);
}

function lineWidth(style: string | undefined): number {
  return style === 'thin' ? 1 : style === 'dashed' || style === 'dotted' ? 1.75 : 2;
}

/** Lines of few points show where they were computed. */
export function lineHasMarkers(set: DataSet, bareLines: boolean): boolean {
  const plain = set.mark.style === undefined || set.mark.style === 'solid';
  return plain && !bareLines && set.rank === null && set.points.length <= 40;
}

function lineShapes(styled: StyledSet, frame: Frame): Shape[] {
  const { set, color, index } = styled;
  const opacity = frame.strength * (set.mark.style === 'thin' ? 0.6 : 1);
  const parts = runs(styled, frame);
  const shapes: Shape[] = parts
    .filter((run) => run.length > 1)
    .map((points) => ({
      kind: 'line',
      points,
      color,
      width: set.rank === null ? lineWidth(set.mark.style) : 1.5,
      dash: dashOf(set.mark.style),
      opacity,
      clipped: true,
    }));
  if (!lineHasMarkers(set, frame.bareLines)) return shapes;
  for (const at of parts.flat()) {
    shapes.push(marker(at, index, color, 3, frame));
  }
  return shapes;
}

function marker(at: Point, index: number, color: string, radius: number, frame: Frame): Shape {
  return {
    kind: 'marker',
    at,
    shape: markerShape(index),
    radius,
    ...(frame.hollow && color !== onHeat.fill
      ? { fill: frame.theme.background, ring: color, ringWidth: 3.5 }
      : { fill: color, ring: color === onHeat.fill ? onHeat.ring : frame.theme.background }),
    opacity: frame.strength,
    clipped: true,
  };
}

function bandShapes(styled: StyledSet, frame: Frame): Shape[] {
  const upper: Point[] = [];
  const lower: Point[] = [];
  for (const p of styled.set.points) {
    const high = pixel(p, p.high, styled, frame);
    if (!high) continue;
    const low = pixel(p, p.low, styled, frame) ?? [high[0], frame.plot.y + frame.plot.height];
    upper.push(high);
    lower.push(low);
  }
  if (upper.length < 2) return [];
  const points = [...upper, ...lower.reverse()];
  return [{ kind: 'area', points, fill: styled.color, opacity: 0.18 * frame.strength, clipped: true }];
}

function barShapes(styled: StyledSet, frame: Frame): Shape[] {
  const { set, color, bar } = styled;
  const span = barSpan(set, frame);
  const base = frame.ySpec.logarithmic ? frame.plot.y + frame.plot.height : frame.y.place(0);
  return set.points.flatMap((p): Shape[] => {
    const at = pixel(p, p.y, styled, frame);
    if (!at) return [];
    const width = span / Math.max(bar.of, 1);
    const left = at[0] - span / 2 + bar.number * width;
    const shapes: Shape[] = [
      {
        kind: 'rect',
        x: left + Math.min(1, width * 0.06),
        y: Math.min(at[1], base),
        width: Math.max(width - Math.min(2, width * 0.12), 1),
        height: Math.max(Math.abs(base - at[1]), 0.5),
        fill: color,
        opacity: 0.85 * frame.strength,
        clipped: true,
      },
    ];
    const ends = interval(p, styled, frame);
    if (ends) shapes.push(intervalShape([left + width / 2, ends[0]], ends[1], frame.theme.ink, frame));
    return shapes;
  });
}

/** Width of all bars at one place: most of a category, or of the smallest distance between numbers. */
function barSpan(set: DataSet, frame: Frame): number {
  const places = [...new Set(set.points.map((p) => frame.x.place(p.x)))].sort((a, b) => a - b);
  const step = frame.categories ? Math.abs(frame.x.place(1) - frame.x.place(0)) : smallestStep(places);
  return Math.max(2, step * (frame.categories ? 0.72 : 0.9));
}

function smallestStep(places: number[]): number {
  let step = Infinity;
  for (let i = 1; i < places.length; ++i) step = Math.min(step, (places[i] ?? 0) - (places[i - 1] ?? 0));
  return Number.isFinite(step) ? step : 24;
}

function interval(p: DataPoint, styled: StyledSet, frame: Frame): [number, number] | null {
  if (!Number.isFinite(p.low) || !Number.isFinite(p.high)) return null;
  const high = pixel(p, p.high, styled, frame);
  if (!high) return null;
  const low = pixel(p, p.low, styled, frame);
  return [low ? low[1] : frame.plot.y + frame.plot.height, high[1]];
}

function intervalShape([x, from]: Point, to: number, color: string, frame: Frame): Shape {
  const points: Point[] = [
    [x, from],
    [x, to],
  ];
  return { kind: 'line', points, color, width: 1.5, dash: [], opacity: 0.75 * frame.strength, clipped: true };
}

function pointShapes(styled: StyledSet, frame: Frame): Shape[] {
  const { set, color, index } = styled;
  const radius = set.points.length > 500 ? 1.8 : set.points.length > 60 ? 3 : 4.2;
  const intervals: Shape[] = [];
  const markers: Shape[] = [];
  for (const p of set.points) {
    const at = pixel(p, p.y, styled, frame);
    if (!at) continue;
    const ends = interval(p, styled, frame);
    if (ends) intervals.push(intervalShape([at[0], ends[0]], ends[1], color, frame));
    markers.push(marker(at, index, color, radius, frame));
  }
  return [...intervals, ...markers];
}

/** The values of a set for pointer, keyboard and screen reader. */
export function setReadout(styled: StyledSet, frame: Frame): ReadoutSeries | null {
  const { set, color, bar } = styled;
  if (set.mark.kind === 'band') return null;
  const span = set.mark.kind === 'bars' ? barSpan(set, frame) : 0;
  const shift = span === 0 ? 0 : (bar.number + 0.5) * (span / Math.max(bar.of, 1)) - span / 2;
  const points = set.points.flatMap((p): ReadoutPoint[] => {
    const at = pixel(p, p.y, styled, frame);
    if (!at) return [];
    const both = Number.isFinite(p.low) && Number.isFinite(p.high);
    return [
      {
        at: [at[0] + shift, at[1]],
        x: p.category?.replaceAll('_', ' ') ?? valueText(p.x),
        y: valueText(p.y),
        ...(both ? { interval: `${valueText(p.low)} to ${valueText(p.high)}` } : {}),
      },
    ];
  });
  return points.length === 0 ? null : { name: set.name, color, points };
}
