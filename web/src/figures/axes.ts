// Scales, their ends and their ticks. Ends lie on round numbers and, within one run, move only when data would fall
// off: then by whole steps, so that nothing jumps from frame to frame.
import type { AxisSpec } from '../model/contract.js';
import { powerOfTen, powerText, siText, signed } from './value-text.js';

export interface Tick {
  at: number;
  text: string;
}

export interface Axis {
  logarithmic: boolean;
  domain: [number, number];
  /** From data to pixels. */
  place(value: number): number;
  ticks: Tick[];
  /** Places of unlabelled small ticks (data units). */
  minor: number[];
  /** "bins B, log scale", "risk ×10⁻³ (squared probability)". */
  name: string;
}

/** Where a value can stand at all on this axis. */
export function placeable(spec: { logarithmic: boolean }, value: number): boolean {
  return Number.isFinite(value) && (!spec.logarithmic || value > 0);
}

/** Whether a value lies on the axis, ends included. */
export function within(value: number, axis: Axis): boolean {
  const slack = 1e-9 * Math.abs(axis.domain[1] - axis.domain[0]);
  return value >= axis.domain[0] - slack && value <= axis.domain[1] + slack;
}

const logSteps = [1, 2, 3, 5, 10];

/** The next 1, 2, 3 or 5 times a power of ten at or beyond `value`, downwards or upwards. */
export function logStep(value: number, up: boolean): number {
  const exponent = Math.floor(Math.log10(value) + 1e-12);
  const candidates = [-1, 0, 1].flatMap((shift) =>
    logSteps.slice(0, 4).map((step) => power(step, exponent + shift)),
  );
  const slack = 1e-9 * value;
  if (up) return candidates.find((candidate) => candidate >= value - slack) ?? value;
  return candidates.reverse().find((candidate) => candidate <= value + slack) ?? value;
}

function power(step: number, exponent: number): number {
  return exponent >= 0 ? step * 10 ** exponent : step / 10 ** -exponent;
}

/**
 * The ends of an axis: fixed ones as declared, else the data's, moved out to the next round step. `before` are the
 * ends so far in this run: kept while they hold the data. `zeroBased` is for bars: from zero, or on a logarithmic axis
 * from a step below the smallest.
 */
export function axisDomain(
  spec: AxisSpec,
  values: number[],
  before?: [number, number],
  zeroBased = false,
): [number, number] {
  const usable = values.filter((value) => placeable(spec, value));
  let [low, high] = [Infinity, -Infinity];
  for (const value of usable) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) [low, high] = before ?? (spec.logarithmic ? [1, 10] : [0, 1]);
  if (zeroBased && spec.logarithmic && usable.length > 0) low /= 1.6;
  if (before && before[0] <= low && before[1] >= high) [low, high] = before;
  else if (before && usable.length > 0) [low, high] = [Math.min(low, before[0]), Math.max(high, before[1])];
  const stepped = spec.logarithmic ? logEnds(low, high) : linearEnds(low, high, zeroBased);
  const fixed = (value: number | undefined, other: number): number =>
    value !== undefined && placeable(spec, value) ? value : other;
  return [fixed(spec.low, stepped[0]), fixed(spec.high, stepped[1])];
}

function logEnds(low: number, high: number): [number, number] {
  const ends: [number, number] = [logStep(low, false), logStep(high, true)];
  if (ends[0] < ends[1]) return ends;
  return [logStep(low / 1.5, false), logStep(high * 1.5, true)];
}

function linearEnds(low: number, high: number, zeroBased: boolean): [number, number] {
  if (zeroBased || (low > 0 && low < 0.3 * high)) low = Math.min(low, 0);
  if (zeroBased) high = Math.max(high, 0);
  if (low === high) {
    const room = low === 0 ? 1 : Math.abs(low) * 0.1;
    [low, high] = [low - room, high + room];
  }
  // the step can grow with the ends: twice settles it
  for (let round = 0; round < 2; ++round) {
    const step = tickStep(low, high, 6);
    [low, high] = [
      multiple(Math.floor(low / step + 1e-9), step),
      multiple(Math.ceil(high / step - 1e-9), step),
    ];
  }
  return [low, high];
}

export function buildAxis(spec: AxisSpec, domain: [number, number], range: [number, number]): Axis {
  const length = Math.abs(range[1] - range[0]);
  const place = placing(domain, range, spec.logarithmic);
  const name = (factor: string): string => {
    const parts = [spec.label, factor, spec.unit ? `(${spec.unit})` : '']
      .filter((part) => part !== '')
      .join(' ');
    return spec.logarithmic ? `${parts}, log scale` : parts;
  };
  if (spec.logarithmic) {
    const { ticks, minor } = logTicks(
      domain,
      length,
      Math.abs(range[1] - range[0]) > 0 && range[0] < range[1],
    );
    return { logarithmic: true, domain, place, ticks, minor, name: name('') };
  }
  const { ticks, factor } = linearTicks(domain, length, range[0] < range[1]);
  return { logarithmic: false, domain, place, ticks, minor: [], name: name(factor) };
}

/** From data to pixels: straight, or straight in the logarithm. */
function placing(
  domain: [number, number],
  range: [number, number],
  logarithmic: boolean,
): (value: number) => number {
  const to = (value: number): number => (logarithmic ? Math.log(value) : value);
  const [from, span] = [to(domain[0]), to(domain[1]) - to(domain[0])];
  return (value) => range[0] + ((to(value) - from) / span) * (range[1] - range[0]);
}

/** The 1, 2 or 5 times a power of ten that cuts a range into about `count` parts. */
export function tickStep(low: number, high: number, count: number): number {
  const rough = (high - low) / Math.max(count, 1);
  const exponent = Math.floor(Math.log10(rough));
  const error = rough / 10 ** exponent;
  return power(
    error >= Math.sqrt(50) ? 10 : error >= Math.sqrt(10) ? 5 : error >= Math.SQRT2 ? 2 : 1,
    exponent,
  );
}

/** Exact where a product would be a little off: 3 × 0.1. */
function multiple(times: number, step: number): number {
  return step >= 1 ? times * step : times / Math.round(1 / step);
}

function evenPlaces(low: number, high: number, step: number): number[] {
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(last - first + 1, 0) }, (_, k) => multiple(first + k, step));
}

/** How many names share one tick so that `longest` pixels fit between two ticks, `step` pixels lying between names. */
export function namesPerTick(step: number, longest: number): number {
  return [1, 2, 5, 10, 20, 50, 100, 200].find((every) => every * step >= longest) ?? 500;
}

/** An axis of names at 0, 1, 2, …, every so many of which are written. */
export function categoryAxis(spec: AxisSpec, names: string[], range: [number, number], every = 1): Axis {
  const domain: [number, number] = [-0.5, Math.max(names.length, 1) - 0.5];
  return {
    logarithmic: false,
    domain,
    place: placing(domain, range, false),
    ticks: names
      .map((text, at) => ({ at, text: text.replaceAll('_', ' ') }))
      .filter(({ at }) => at % every === 0),
    minor: [],
    name: [spec.label, spec.unit ? `(${spec.unit})` : ''].filter((part) => part !== '').join(' '),
  };
}

function linearTicks(
  domain: [number, number],
  length: number,
  horizontal: boolean,
): { ticks: Tick[]; factor: string } {
  const count = Math.max(2, Math.round(length / (horizontal ? 80 : 50)));
  const step = tickStep(domain[0], domain[1], count);
  const places = evenPlaces(domain[0], domain[1], step);
  const size = Math.max(Math.abs(domain[0]), Math.abs(domain[1]));
  const exponent = Math.floor(Math.log10(size));
  if (size > 0 && exponent <= -3) {
    const unit = 10 ** exponent;
    return {
      ticks: places.map((at) => ({ at, text: signed(String(Number((at / unit).toPrecision(6)))) })),
      factor: `×${powerOfTen(exponent)}`,
    };
  }
  if (size >= 10000) return { ticks: places.map((at) => ({ at, text: siText(at) })), factor: '' };
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return { ticks: places.map((at) => ({ at, text: signed(at.toFixed(decimals)) })), factor: '' };
}

function logTicks(
  [low, high]: [number, number],
  length: number,
  horizontal: boolean,
): { ticks: Tick[]; minor: number[] } {
  const room = Math.max(2, Math.floor(length / (horizontal ? 46 : 24)));
  const decades = Math.log10(high / low);
  const first = Math.floor(Math.log10(low) + 1e-9);
  const last = Math.ceil(Math.log10(high) - 1e-9);
  const inside = (value: number): boolean => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9);
  const every = (steps: number[]): number[] => {
    const places: number[] = [];
    for (let e = first; e <= last; ++e) for (const step of steps) places.push(power(step, e));
    return places.filter(inside);
  };
  let places = every([1]);
  let most = 0;
  for (const steps of [[1], [1, 3], [1, 2, 5], [1, 2, 3, 5, 7]]) {
    const finer = every(steps);
    // ticks on both ends of the axis are worth more than many ticks
    const ends = [low, high].filter((end) => finer.some((place) => Math.abs(place / end - 1) < 1e-9)).length;
    const worth = finer.length + 4 * ends;
    if (finer.length <= Math.min(room, 7) && worth > most) [places, most] = [finer, worth];
  }
  if (places.length < 2)
    places = evenPlaces(low, high, tickStep(low, high, Math.min(room, 5))).filter(inside);
  const stride = Math.ceil(places.length / room);
  if (stride > 1) places = every([1]).filter((value) => Math.round(Math.log10(value)) % stride === 0);
  const text = low < 0.001 ? powerText : siText;
  const minor =
    decades <= 6 ? every([1, 2, 3, 4, 5, 6, 7, 8, 9]).filter((value) => !places.includes(value)) : [];
  return { ticks: places.map((at) => ({ at, text: text(at) })), minor };
}
