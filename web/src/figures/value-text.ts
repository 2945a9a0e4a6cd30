// Numbers as a reader wants them: three significant digits unless exact, true minus signs, powers of ten instead of
// e-05, SI letters on axes.
import type { ReportNumber } from '../model/contract.js';

const superscripts: Record<string, string> = {
  '-': '⁻',
  '0': '⁰',
  '1': '¹',
  '2': '²',
  '3': '³',
  '4': '⁴',
  '5': '⁵',
  '6': '⁶',
  '7': '⁷',
  '8': '⁸',
  '9': '⁹',
};

/** A number of a report; the strings "NaN", "Infinity", "-Infinity" become what they say, other texts NaN. */
export function toNumber(value: ReportNumber | string | boolean | null | undefined): number {
  if (typeof value === 'number') return value;
  if (value === 'Infinity') return Infinity;
  if (value === '-Infinity') return -Infinity;
  return NaN;
}

export function powerOfTen(exponent: number): string {
  return '10' + [...String(exponent)].map((letter) => superscripts[letter] ?? letter).join('');
}

/** Three significant digits (or `digits`), integers below 10^9 in full with thin spaces between thousands. */
export function valueText(value: number, digits = 3): string {
  if (Number.isNaN(value)) return 'not a number';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  const sign = value < 0 ? '−' : '';
  if (Number.isInteger(value) && size < 1e9) return sign + grouped(String(size));
  const [mantissa = '', power = '0'] = size.toExponential(digits - 1).split('e');
  const exponent = Number(power);
  if (exponent < -3 || exponent >= 9) return `${sign}${trimmed(mantissa)}×${powerOfTen(exponent)}`;
  const decimals = Math.max(digits - 1 - exponent, 0);
  const rounded = size.toFixed(decimals);
  const [whole = '', part] = (Number(rounded) === size ? trimmed(rounded) : rounded).split('.');
  return sign + grouped(whole) + (part ? '.' + part : '');
}

/**
 * A number in the form that a title asks for: `[+][.digits]` and one of f (fixed), g (significant digits), e (power of
 * ten), % (of the whole), d (rounded to an integer). Other forms: as valueText.
 */
export function formText(value: number, form: string): string {
  const [, plus, places, kind] = /^(\+?)(?:\.(\d\d?))?([fged%])$/.exec(form) ?? [];
  if (!kind || !Number.isFinite(value)) return valueText(value);
  const size = Math.abs(value);
  const digits = places === undefined ? undefined : Number(places);
  const fixed = (number: number, decimals: number): string => {
    const [whole = '', part] = number.toFixed(decimals).split('.');
    return grouped(whole) + (part ? '.' + part : '');
  };
  let text = '';
  if (kind === 'f') text = fixed(size, digits ?? 6);
  else if (kind === 'd') text = fixed(size, 0);
  else if (kind === '%') text = `${fixed(100 * size, digits ?? 0)}\u202f%`;
  else if (kind === 'g') text = valueText(size, Math.max(digits ?? 3, 1));
  else {
    const [mantissa = '', power = '0'] = size.toExponential(digits ?? 2).split('e');
    text = `${mantissa}×${powerOfTen(Number(power))}`;
  }
  const zero = !/[1-9]/.test(text.split('×')[0] ?? '');
  return (zero ? '' : value < 0 ? '−' : (plus ?? '')) + text;
}

/** Every digit that the report has, for tables. */
export function exactText(value: number): string {
  if (!Number.isFinite(value)) return valueText(value);
  return String(value)
    .replace(/^-/, '−')
    .replace(/e([+-]?\d+)$/, (_, power: string) => `×${powerOfTen(Number(power))}`);
}

/** Text of a position on an axis: 300, 1k, 2.5M. */
export function siText(value: number): string {
  const size = Math.abs(value);
  for (const [unit, letter] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (size >= unit) return signed(trimmed((value / unit).toPrecision(4))) + letter;
  }
  return signed(trimmed(value.toPrecision(4)));
}

/** Like siText for 1…, powers of ten for small numbers: 10⁻⁴, 3×10⁻⁴. */
export function powerText(value: number): string {
  if (value === 0) return '0';
  const [mantissa = '', power = '0'] = Math.abs(value).toExponential(3).split('e');
  const exponent = Number(power);
  const sign = value < 0 ? '−' : '';
  if (exponent === 0) return sign + trimmed(mantissa);
  const digits = trimmed(mantissa);
  return sign + (digits === '1' ? '' : digits + '×') + powerOfTen(exponent);
}

export function signed(text: string): string {
  return text.replace(/^-/, '−');
}

function trimmed(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function grouped(digits: string): string {
  return digits.length < 5 ? digits : digits.replace(/\B(?=(\d{3})+$)/g, '\u202f');
}
