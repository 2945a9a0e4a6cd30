// The form as data: which controls a study has, how a slider maps to values, what a typed text means. No DOM.
import { formatValue } from '../model/format.js';
import { sameJson } from '../model/differences.js';
import type { Config, Json, ParameterSchema, Problem, StudyDescription } from '../model/contract.js';

/** list: of numbers; words: of texts. */
export type ControlKind = 'switch' | 'choice' | 'number' | 'text' | 'list' | 'words';

export interface Control {
  key: string;
  kind: ControlKind;
  schema: ParameterSchema;
  title: string;
  unit: string;
  help: string;
  essential: boolean;
  slider: Slider | null;
}

/** A slider has the positions 0…steps; `low` to `high` linearly, or in equal ratios. */
export interface Slider {
  low: number;
  high: number;
  logarithmic: boolean;
  integer: boolean;
  steps: number;
  /** Position 0 means exactly 0, below the first logarithmic step. */
  zero: boolean;
}

/** All parameters in the order of declaration. */
export function controlsOf(description: StudyDescription): Control[] {
  return Object.entries(description.parameters.properties)
    .sort(([, a], [, b]) => a['x-order'] - b['x-order'])
    .map(([key, schema]) => ({
      key,
      kind: kindOf(schema),
      schema,
      title: schema.title || key,
      unit: schema['x-unit'] ?? '',
      help: schema.description ?? '',
      essential: schema['x-essential'] === true,
      slider: sliderOf(schema),
    }));
}

function kindOf(schema: ParameterSchema): ControlKind {
  if (schema.type === 'boolean') return 'switch';
  if (schema.type === 'array') return schema.items?.type === 'string' ? 'words' : 'list';
  if (schema.type === 'string') return schema.enum ? 'choice' : 'text';
  return 'number';
}

/** Some parameters matter only while another has certain values. */
export function isVisible(control: Control, config: Config): boolean {
  const condition = control.schema['x-only-when'];
  if (!condition) return true;
  return condition.values.includes(String(config[condition.key]));
}

function sliderOf(schema: ParameterSchema): Slider | null {
  if (schema.type !== 'integer' && schema.type !== 'number') return null;
  const integer = schema.type === 'integer';
  const lowest = schema.minimum ?? schema.exclusiveMinimum;
  const highest = schema.maximum ?? schema.exclusiveMaximum;
  if (lowest === undefined || highest === undefined || !(highest > lowest)) return null;
  const wide = lowest > 0 && highest / lowest >= 1000;
  const logarithmic = (schema['x-logarithmic'] === true || wide) && highest > 0 && lowest >= 0;
  const zero = logarithmic && lowest === 0 && schema.exclusiveMinimum === undefined;
  if (logarithmic) {
    const low = lowest > 0 ? lowest : integer ? 1 : highest * 1e-6;
    return { low, high: highest, logarithmic, integer, steps: 120, zero };
  }
  const step = integer ? Math.max(1, niceStep((highest - lowest) / 100)) : niceStep((highest - lowest) / 100);
  // open ends: the slider starts one step inside
  const first = schema.exclusiveMinimum === undefined ? lowest : lowest + step;
  const high = schema.exclusiveMaximum === undefined ? highest : highest - step;
  const steps = Math.max(1, Math.round((high - first) / step));
  return { low: first, high, logarithmic, integer, steps, zero };
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5].find((step) => step * power >= rough * 0.999) ?? 10) * power;
}

export function sliderValue(slider: Slider, position: number): number {
  const { low, high, steps, integer } = slider;
  if (slider.zero && position <= 0) return 0;
  const share = Math.min(Math.max(position / steps, 0), 1);
  if (!slider.logarithmic) {
    const value = Number((low + share * (high - low)).toPrecision(12));
    return integer ? Math.round(value) : value;
  }
  if (share === 0) return low;
  if (share === 1) return high;
  const value = Number((low * (high / low) ** share).toPrecision(2));
  return Math.min(Math.max(integer ? Math.round(value) : value, low), high);
}

export function sliderPosition(slider: Slider, value: number): number {
  const { low, high, steps } = slider;
  if (!Number.isFinite(value)) return 0;
  if (slider.logarithmic && value <= 0) return 0;
  const share = slider.logarithmic
    ? Math.log(value / low) / Math.log(high / low)
    : (value - low) / (high - low);
  return Math.round(Math.min(Math.max(share, 0), 1) * steps);
}

/** A typed number: spaces between thousands, a true minus, 1e4 and 10k are understood. Null: not a number. */
export function readNumber(text: string): number | null {
  const plain = text.replace(/[\s\u202f\u00a0_]/g, '').replace('−', '-');
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)([kM]?)$/i.exec(plain);
  if (!match?.[1]) return null;
  const unit = match[2] === 'M' ? 1e6 : match[2] ? 1e3 : 1;
  return Number(match[1]) * unit;
}

/** A typed list: numbers with commas, semicolons or spaces between them, brackets or not. */
export function readList(text: string): number[] | null {
  const parts = text
    .replace(/^\s*\[|\]\s*$/g, '')
    .split(/[,;\s]+/)
    .filter((part) => part !== '');
  const numbers = parts.map(readNumber);
  return numbers.some((value) => value === null) ? null : (numbers as number[]);
}

/** A typed list of words: commas, semicolons, spaces or new lines between them. */
export function readWords(text: string): string[] {
  return text
    .replace(/[[\]"]/g, ' ')
    .split(/[,;\s]+/)
    .filter((word) => word !== '');
}

/** What is wrong with one value as far as its schema says; the core checks everything again. */
export function checkValue(control: Control, value: Json): Problem | null {
  const { schema, key, title } = control;
  const problem = (what: string): Problem => ({
    key,
    value: formatValue(value),
    allowed: schema['x-allowed'],
    message: `${title}: ${what}. Allowed: ${schema['x-allowed']}.`,
  });
  if (control.kind === 'switch') return typeof value === 'boolean' ? null : problem('neither on nor off');
  if (control.kind === 'choice') {
    const known = typeof value === 'string' && (schema.enum?.includes(value) ?? true);
    return known ? null : problem(`“${formatValue(value)}” is not a choice`);
  }
  if (control.kind === 'number') {
    if (typeof value !== 'number' || !Number.isFinite(value))
      return problem(`${formatValue(value)} is not a number`);
    if (schema.type === 'integer' && !Number.isInteger(value))
      return problem(`${formatValue(value)} is not a whole number`);
    return inRange(schema, value) ? null : problem(`${formatValue(value)} is out of range`);
  }
  if (control.kind === 'text')
    return typeof value === 'string' && (value !== '' || schema.minLength === 0) && value.length <= 200
      ? null
      : problem('a text of 1 to 200 characters is needed');
  if (control.kind === 'words') return checkWords(control, value, problem);
  return checkList(control, value, problem);
}

function checkWords(control: Control, value: Json, problem: (what: string) => Problem): Problem | null {
  if (!Array.isArray(value)) return problem('not a list');
  const length = checkLength(control.schema, value.length, problem);
  if (length) return length;
  const known = control.schema.items?.enum;
  const stranger = value.find(
    (word) => typeof word !== 'string' || word === '' || (known && !known.includes(word)),
  );
  return stranger === undefined ? null : problem(`“${formatValue(stranger)}” is not one of them`);
}

function checkLength(
  schema: ParameterSchema,
  length: number,
  problem: (what: string) => Problem,
): Problem | null {
  if (schema.minItems !== undefined && length < schema.minItems)
    return problem(`${length} entries are too few`);
  if (schema.maxItems !== undefined && length > schema.maxItems)
    return problem(`${length} entries are too many`);
  return null;
}

function checkList(control: Control, value: Json, problem: (what: string) => Problem): Problem | null {
  const { schema } = control;
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'number'))
    return problem('not a list of numbers');
  const entries = value as number[];
  const length = checkLength(schema, entries.length, problem);
  if (length) return length;
  const limits = schema.items;
  for (const entry of entries) {
    if (limits?.type === 'integer' && !Number.isInteger(entry))
      return problem(`${formatValue(entry)} is not a whole number`);
    if (limits && !inRange(limits, entry)) return problem(`${formatValue(entry)} is out of range`);
  }
  if (schema['x-increasing']) {
    const fall = entries.findIndex((entry, k) => k > 0 && entry <= (entries[k - 1] ?? -Infinity));
    if (fall > 0)
      return problem(
        `${formatValue(entries[fall] ?? 0)} after ${formatValue(entries[fall - 1] ?? 0)} does not increase`,
      );
  }
  return null;
}

function inRange(
  limits: { minimum?: number; maximum?: number; exclusiveMinimum?: number; exclusiveMaximum?: number },
  value: number,
): boolean {
  return (
    (limits.minimum === undefined || value >= limits.minimum) &&
    (limits.maximum === undefined || value <= limits.maximum) &&
    (limits.exclusiveMinimum === undefined || value > limits.exclusiveMinimum) &&
    (limits.exclusiveMaximum === undefined || value < limits.exclusiveMaximum)
  );
}

/** Problems of a whole config, one per control that is shown. */
export function checkConfig(controls: Control[], config: Config): Problem[] {
  return controls
    .filter((control) => isVisible(control, config))
    .flatMap((control) => checkValue(control, config[control.key] ?? null) ?? []);
}

/** The value that a reset goes back to: the preset's, else the declared default. */
export function standardValue(control: Control, preset: Config | undefined): Json {
  return preset?.[control.key] ?? control.schema.default;
}

export function isChanged(control: Control, config: Config, preset: Config | undefined): boolean {
  return !sameJson(config[control.key], standardValue(control, preset));
}

/** "plug_in" → "plug in" for people. */
export function choiceText(value: string): string {
  return value.replaceAll('_', ' ');
}
