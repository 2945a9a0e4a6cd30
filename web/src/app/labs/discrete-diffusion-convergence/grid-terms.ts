// What the opening figure says of a grid of noise levels. No DOM.
import { valueText } from '../../../figures/value-text.js';

/** The answer of the probe "grid" of discrete-diffusion-convergence/evaluate. */
export interface GridAnswer {
  sigma: number[];
  init: number;
  terms: number[];
  residual: number[];
  error: number;
  tv: number;
  tv_init: number;
  bound: number;
}

/** Levels that meet would be a step of no length. */
const leastRatio = 1.01;

/** An inner level between its neighbours; ends stay. */
export function moveLevel(sigma: readonly number[], index: number, level: number): number[] {
  const before = sigma[index - 1];
  const after = sigma[index + 1];
  if (before === undefined || after === undefined) return [...sigma];
  const moved = Math.min(Math.max(level, after * leastRatio), before / leastRatio);
  return sigma.map((one, k) => (k === index ? moved : one));
}

export function nearestLevel(sigma: readonly number[], level: number): number {
  let best = -1;
  for (let k = 1; k + 1 < sigma.length; ++k) {
    const distance = (at: number): number => Math.abs(Math.log((sigma[at] ?? 1) / level));
    if (best < 0 || distance(k) < distance(best)) best = k;
  }
  return best;
}

/** Shares of the sizes of all parts that cancel: 0 when all have one sign. */
export function cancelled(answer: GridAnswer): number {
  const parts = [answer.init, ...answer.terms];
  const sizes = parts.reduce((sum, part) => sum + Math.abs(part), 0);
  return sizes > 0 ? 1 - Math.abs(answer.error) / sizes : 0;
}

export function gridSentence(answer: GridAnswer): string {
  const off = valueText(Math.abs(answer.error));
  const way = answer.error < 0 ? 'too rarely' : 'too often';
  const share = Math.round(100 * cancelled(answer));
  const errors =
    share >= 5 ? `; ${share} % of what its steps do wrong cancels` : '; no step makes up for another';
  return `The sampler draws token 0 ${way}, by ${off}${errors}`;
}
