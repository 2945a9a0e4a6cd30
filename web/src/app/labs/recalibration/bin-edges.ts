// Bin edges that a visitor moves, and what the risks of their map say. Edges are ranks in (0, 1), increasing. No DOM.
import { valueText } from '../../../figures/value-text.js';

export interface EdgeBin {
  low: number;
  high: number;
  count: number;
  value: number;
  truth: number;
  calibration: number;
  sharpness: number;
}

/** The answer of the probe "edges" of recalibration/optimal-bins. */
export interface EdgeAnswer {
  bins: EdgeBin[];
  calibration: number;
  sharpness: number;
  risk: number;
  truth: { x: number[]; y: number[] };
}

export const mostBins = 60;
/** Neighbouring edges never meet. */
export const leastGap = 0.002;
const rounded = (rank: number): number => Math.round(rank * 1e4) / 1e4;

export function equalEdges(bins: number): number[] {
  const count = Math.min(Math.max(Math.round(bins), 1), mostBins);
  return Array.from({ length: count - 1 }, (_, k) => (k + 1) / count);
}

/** Between its neighbours an edge goes where it is put. */
export function moveEdge(edges: readonly number[], index: number, rank: number): number[] {
  if (index < 0 || index >= edges.length) return [...edges];
  const low = (edges[index - 1] ?? 0) + leastGap;
  const high = (edges[index + 1] ?? 1) - leastGap;
  const place = rounded(Math.min(Math.max(rank, Math.min(low, high)), high));
  return edges.map((edge, k) => (k === index ? place : edge));
}

/** A further edge at a rank, or in the middle of the widest bin; the same edges where there is no room. */
export function addEdge(edges: readonly number[], at?: number): { edges: number[]; index: number } {
  const ends = [0, ...edges, 1];
  const none = { edges: [...edges], index: -1 };
  if (edges.length + 1 >= mostBins) return none;
  let index = 0;
  if (at === undefined) {
    const width = (k: number): number => (ends[k + 1] ?? 1) - (ends[k] ?? 0);
    for (let k = 1; k <= edges.length; ++k) if (width(k) > width(index) + 1e-9) index = k;
  } else {
    index = edges.filter((edge) => edge < at).length;
  }
  const [low, high] = [ends[index] ?? 0, ends[index + 1] ?? 1];
  const rank = rounded(at ?? (low + high) / 2);
  if (rank - low < leastGap || high - rank < leastGap) return none;
  return { edges: [...edges.slice(0, index), rank, ...edges.slice(index)], index };
}

export function removeEdge(edges: readonly number[], index: number): number[] {
  return edges.filter((_, k) => k !== index);
}

export function nearestEdge(edges: readonly number[], rank: number): number {
  let best = -1;
  edges.forEach((edge, k) => {
    if (best < 0 || Math.abs(edge - rank) < Math.abs((edges[best] ?? 0) - rank)) best = k;
  });
  return best;
}

/**
 * What the visitor sees, as a sentence. With B equal-mass bins the risk is about B·v/n + a/B²: at its smallest the
 * second part, sharpness, is one third of the sum.
 */
export function riskSentence(answer: EdgeAnswer): string {
  const bins = answer.bins.length;
  const count = `With ${bins} ${bins === 1 ? 'bin' : 'bins'}, `;
  const share = answer.risk > 0 ? answer.sharpness / answer.risk : 0;
  const percent = (part: number): string => `${Math.round(100 * part)} %`;
  if (share > 0.45) return `${count}sharpness is ${percent(share)} of the risk: more bins would help`;
  if (share < 0.2) return `${count}calibration is ${percent(1 - share)} of the risk: fewer bins would help`;
  return `${count}sharpness is ${percent(share)} of the risk: near one third, where the trade is best`;
}

export function riskNumbers(answer: EdgeAnswer): string {
  const { calibration, sharpness, risk } = answer;
  return `Calibration risk ${valueText(calibration)}, sharpness risk ${valueText(sharpness)}, together ${valueText(risk)}.`;
}

/** The end of the scale of risks: grows and shrinks in factors of two, so that bars do not dance while edges move. */
export function scaleEnd(risk: number, before: number): number {
  let end = before > 0 ? before : 0.01;
  while (risk > end) end *= 2;
  while (risk < 0.3 * end && end > 1e-6) end /= 2;
  return end;
}
