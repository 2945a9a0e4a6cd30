// What a figure is made of once everything has a place: plain shapes in pixels, the same for canvas and SVG.
import type { MarkerShape } from './palette.js';

export type Point = [number, number];

interface Common {
  /** Cut off at the plot's edge. */
  clipped?: boolean;
  opacity?: number;
}

export interface LineShape extends Common {
  kind: 'line';
  points: Point[];
  color: string;
  width: number;
  dash: number[];
}
export interface AreaShape extends Common {
  kind: 'area';
  points: Point[];
  fill: string;
}
export interface RectShape extends Common {
  kind: 'rect';
  x: number;
  y: number;
  width: number;
  height: number;
  fill: string;
}
export interface MarkerItem extends Common {
  kind: 'marker';
  at: Point;
  shape: MarkerShape;
  radius: number;
  fill: string;
  /** A thin ring in this colour keeps markers apart from what lies under them. */
  ring: string;
  /** Width of the ring, half of it under the fill; 2 where nothing is said. */
  ringWidth?: number;
}
export interface TextShape extends Common {
  kind: 'text';
  at: Point;
  text: string;
  size: number;
  color: string;
  anchor: 'start' | 'middle' | 'end';
  /** Where `at` lies relative to the letters. */
  baseline: 'top' | 'middle' | 'bottom';
  bold?: boolean;
  /** Degrees, clockwise around `at`. */
  turn?: number;
  /** Colour of an outline that keeps the text readable on top of lines. */
  halo?: string;
}

export type Shape = LineShape | AreaShape | RectShape | MarkerItem | TextShape;

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** One value that can be pointed at. */
export interface ReadoutPoint {
  at: Point;
  x: string;
  y: string;
  /** "4.1×10⁻⁴ to 7.2×10⁻⁴" where the mark has an interval. */
  interval?: string;
}

/** One series to walk along with the arrow keys. */
export interface ReadoutSeries {
  name: string;
  color: string;
  points: ReadoutPoint[];
}

/** What the next scene of the same run starts from, so that axes grow in steps and series keep their colours. */
export interface Memory {
  x?: [number, number];
  y?: [number, number];
  color?: [number, number];
  /** Keys of the series in the order of their colours. */
  keys: string[];
}

export interface Scene {
  width: number;
  height: number;
  plot: Box;
  /** Where the ends of both axes lie: the plot without the room that keeps marks on an end whole. */
  inner: Box;
  font: string;
  background: string;
  shapes: Shape[];
  readouts: ReadoutSeries[];
  memory: Memory;
  /** No mark has anything to draw yet. */
  empty: boolean;
  /** Labels of the axes, without unit and scale. */
  xName: string;
  yName: string;
}

/** Width in pixels of a text at a size; the browser measures, tests estimate. */
export type Measure = (text: string, size: number, bold?: boolean) => number;

export const estimateWidth: Measure = (text, size, bold) => {
  let units = 0;
  for (const letter of text)
    units += /[il.,:;'|! ]/.test(letter) ? 0.3 : /[mwMW—]/.test(letter) ? 0.86 : 0.56;
  return units * size * (bold ? 1.06 : 1);
};
