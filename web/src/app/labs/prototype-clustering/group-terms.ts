// Groups of points that a visitor drags, and what their certificate says. No DOM.
import { valueText } from '../../../figures/value-text.js';

export type Place = [x: number, y: number];

/** The answer of the probe "groups" of prototype-clustering/certificate. */
export interface GroupsAnswer {
  points: [x: number, y: number, group: number, label: number, safe: number][];
  prototypes: Place[];
  radii: number[];
  final_radii: number[];
  pair: [number, number];
  ratio: number;
  status: 'not-certified' | 'certified' | 'optimal';
  bound: number;
  error: number;
  observed: number;
}

/** The part of the plane that is shown, in standard deviations of a group. */
export const plane = { left: -12, right: 12, bottom: -8, top: 8 };

const starts: Record<number, Place[]> = {
  2: [
    [-2.4, 0],
    [2.4, 0],
  ],
  3: [
    [-3.6, -2.9],
    [3.6, -2.9],
    [0, 3.3],
  ],
  4: [
    [-4, -3.6],
    [4, -3.6],
    [4, 3.6],
    [-4, 3.6],
  ],
};

/** Where so many groups lie at first. */
export function startOf(groups: number): Place[] {
  return (starts[groups] ?? []).map(([x, y]) => [x, y]);
}

const tenth = (value: number): number => Math.round(value * 10) / 10;
const between = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/** A group goes where it is put, with room for its points. */
export function moveGroup(centers: readonly Place[], index: number, x: number, y: number): Place[] {
  return centers.map((center, k) =>
    k === index
      ? [
          tenth(between(x, plane.left + 2, plane.right - 2)),
          tenth(between(y, plane.bottom + 2, plane.top - 2)),
        ]
      : center,
  );
}

/** All groups farther apart (factor above 1) or closer together, about their middle. */
export function spreadGroups(centers: readonly Place[], factor: number): Place[] {
  const middle = (axis: 0 | 1): number =>
    centers.reduce((sum, center) => sum + center[axis], 0) / Math.max(centers.length, 1);
  const [mx, my] = [middle(0), middle(1)];
  return centers.reduce<Place[]>(
    (moved, [x, y], k) => moveGroup(moved, k, mx + factor * (x - mx), my + factor * (y - my)),
    centers.map(([x, y]) => [x, y]),
  );
}

export function safePoints({ points, status }: GroupsAnswer): number {
  return status === 'not-certified' ? 0 : points.filter((point) => point[4] === 1).length;
}

const count = (share: number, points: number): string => valueText(Math.round(share * points));

/** What is proved of these points; `epsilon`: how much higher a loss still counts. */
export function groupsSentence(answer: GroupsAnswer, epsilon: number): string {
  const { points, ratio, status, bound } = answer;
  if (status === 'not-certified') {
    const percent = Math.max(1, Math.round(100 * (ratio - 1)));
    return `Nothing is proved: two groups are ${valueText(percent)} % too close`;
  }
  if (status === 'optimal') return 'Proved: no other clustering of these points is as good';
  const good = epsilon > 0 ? `within ${valueText(Math.round(100 * epsilon))} % of its loss` : 'as good';
  return `Proved: a clustering ${good} differs in at most ${count(bound, points.length)} of ${points.length} points`;
}

export function groupsNumbers(answer: GroupsAnswer): string {
  const { points, ratio, error, observed } = answer;
  const n = points.length;
  return (
    `Separation ratio ${valueText(Math.round(1000 * ratio) / 1000)}, certified below 1; ${safePoints(answer)} of ${n} points are safe; ` +
    `largest difference found ${count(observed, n)}; ${count(error, n)} points lie with another group than their own.`
  );
}
