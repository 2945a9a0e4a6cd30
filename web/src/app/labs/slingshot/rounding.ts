// One sample's loss in a narrow format, as far as it is words, digits and places: no DOM.
import { valueText } from '../../../figures/value-text.js';

/** The answer of the probe "sample" of slingshot/absorption-threshold. */
export interface SampleAnswer {
  logits: number[];
  terms: number[];
  sums: number[];
  probabilities: number[] | null;
  loss: number;
  exact_loss: number;
  gradient: number[];
  gradient_sum: number;
  precision: number;
  threshold: number;
  curve: { margin: number[]; true: number[]; others: number[] };
}

/** The answer of the probe "example" of slingshot/log-audit: every step of one run, its loss in float16. */
export interface ExampleRun {
  step: number[];
  loss: number[];
  absorbed: number[];
  w_mean_norm: number[];
  median_margin: number[];
}

/** Significant bits of the formats that are offered. */
export const formats: Record<string, number> = {
  float64: 53,
  float32: 24,
  float16: 11,
  bfloat16: 8,
  float8_e4m3: 4,
};
export const forms = ['log_softmax', 'softmax', 'logsumexp', 'recentred', 'log1p'];

/** The end of the scale of margins: past the threshold p ln 2, and past underflow where that is near. */
export function largestMargin(format: string): number {
  return Math.ceil(1.6 * (formats[format] ?? 24));
}

export interface Digits {
  whole: string;
  kept: string;
  /** What the format has no room for; '…' where more follows. */
  dropped: string;
}

const droppedDigits = 12;

/** A number from 0 up to 4 in binary: doubling and taking the whole part is exact. */
export function binary(value: number, precision: number): Digits {
  const whole = Math.floor(value);
  let rest = value - whole;
  let digits = '';
  for (let k = 0; k < precision - 1 + droppedDigits; ++k) {
    rest *= 2;
    digits += rest >= 1 ? '1' : '0';
    rest -= Math.floor(rest);
  }
  const dropped = digits.slice(precision - 1);
  const more = rest > 0 ? '…' : '';
  const zero = more === '' && !dropped.includes('1');
  return {
    whole: whole.toString(2),
    kept: digits.slice(0, precision - 1),
    dropped: zero ? '' : dropped + more,
  };
}

/** At most 24 digits of many: the first ones are zeros or ones that repeat anyway. */
export function shortened(kept: string): string {
  return kept.length <= 24 ? kept : `${kept.slice(0, 3)}…${kept.slice(-20)}`;
}

/** |Σ g| over Σ |g|. */
export function defect(gradient: number[]): number {
  const size = gradient.reduce((sum, g) => sum + Math.abs(g), 0);
  return size > 0 ? Math.abs(gradient.reduce((sum, g) => sum + g, 0)) / size : 0;
}

/** What the visitor sees, as a sentence. */
export function sampleSentence(answer: SampleAnswer, format: string, margin: number): string {
  const own = answer.gradient[0] ?? 0;
  const others = answer.gradient.slice(1).some((g) => g !== 0);
  const at = `At a margin of ${valueText(margin)} nats `;
  if (own === 0 && !others) return `${at}every gradient is zero in ${format}: the sample is silent`;
  if (own === 0) return `${at}${format} gives the true class no gradient at all, and the others one each`;
  const missed = defect(answer.gradient);
  if (missed < 0.005) return `${at}the gradients in ${format} still cancel`;
  return `${at}the gradients in ${format} miss their zero sum by ${valueText(100 * missed, 2)} %`;
}

/** Where the run stands at one row. */
export function runSentence(run: ExampleRun, row: number): string {
  const number = (list: number[], digits = 3): string => valueText(list[row] ?? NaN, digits);
  const share = Math.round(100 * (run.absorbed[row] ?? 0));
  return `Step ${run.step[row] ?? 0}: loss ${number(run.loss, 2)}, half of the samples above a margin of ${number(run.median_margin)}, ${share} % absorbed, mean classifier row ‖w̄‖ ${number(run.w_mean_norm)}`;
}

/** Places of positive values on a logarithmic axis, as one path; gaps where they are zero. */
export function logPath(
  xs: number[],
  ys: number[],
  x: (value: number) => number,
  y: (power: number) => number,
): string {
  let path = '';
  let drawing = false;
  ys.forEach((value, k) => {
    if (!(value > 0)) {
      drawing = false;
      return;
    }
    path += `${drawing ? 'L' : 'M'}${x(xs[k] ?? 0).toFixed(1)} ${y(Math.log10(value)).toFixed(1)}`;
    drawing = true;
  });
  return path;
}
