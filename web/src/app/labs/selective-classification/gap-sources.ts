// Points on two moons that a visitor moves, and what the parts of the gap say. No DOM.
import { valueText } from '../../../figures/value-text.js';

/** x₁, x₂, class */
export type MoonPoint = [number, number, number];

export interface GapParts {
  bayes: number;
  approximation: number;
  ranking: number;
  discount: number;
  shift: number;
  statistical: number;
}

/** The answer of the probe "sources" of selective-classification/two-moons-budget. */
export interface GapAnswer {
  points: MoonPoint[];
  parts: GapParts;
  gap: number;
  accuracy: number;
  map: { side: number; eta: number[]; accepted: number[] };
}

/** The part of the plane that is shown. */
export const plane = { left: -2, right: 3, bottom: -1.5, top: 2 };

/** The five sources in the order in which they are shown; the discount is taken off. */
export const sources: [keyof GapParts, string][] = [
  ['bayes', 'Label noise'],
  ['approximation', 'Wrong class'],
  ['ranking', 'Wrong order'],
  ['shift', 'Turned test points'],
  ['statistical', 'Chance of few labels'],
];

const hundredth = (value: number): number => Math.round(value * 100) / 100;
const between = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/** A point goes where it is put, inside the plane that is shown. */
export function movePoint(points: readonly MoonPoint[], index: number, x1: number, x2: number): MoonPoint[] {
  return points.map((point, k) =>
    k === index
      ? [
          hundredth(between(x1, plane.left, plane.right)),
          hundredth(between(x2, plane.bottom, plane.top)),
          point[2],
        ]
      : point,
  );
}

/** The point nearest to a place, −1 when there is none. */
export function nearestPoint(points: readonly MoonPoint[], x1: number, x2: number): number {
  let nearest = -1;
  let least = Infinity;
  points.forEach(([a, b], k) => {
    const distance = (a - x1) ** 2 + (b - x2) ** 2;
    if (distance < least) [nearest, least] = [k, distance];
  });
  return nearest;
}

export function gapSentence({ parts, gap }: GapAnswer): string {
  const [, name] = sources.reduce((best, one) => (parts[one[0]] > parts[best[0]] ? one : best));
  return `${name} is the largest source: abstaining stays ${valueText(gap)} below the best order`;
}

export function gapNumbers({ parts, accuracy }: GapAnswer): string {
  const list = sources.map(([part, name]) => `${name.toLowerCase()} ${valueText(parts[part])}`);
  return `${list.join(', ')}, less ${valueText(parts.discount)} that no order could attain; accuracy ${valueText(accuracy)}.`;
}
