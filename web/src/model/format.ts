// Numbers, times and sizes as the page shows them. Plain numbers are formatted as in figures.
import { exactText, toNumber, valueText } from '../figures/value-text.js';
import type { Json, ReportNumber } from './contract.js';

/** Three significant digits unless exact, true minus signs, powers of ten instead of e-05. */
export function formatNumber(value: ReportNumber, digits = 3): string {
  return valueText(toNumber(value), digits);
}

/** "850 ms", "1.2 s", "3 min 20 s", "2 h 5 min", "4 days". */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'for ever';
  if (seconds < 0.0095) return 'under 10 ms';
  if (seconds < 0.995) return `${Number((seconds * 1000).toPrecision(2))} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 119.5) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 10) return joined(minutes, 'min', Math.round(seconds) % 60, 's');
  if (minutes < 120) return `${Math.round(seconds / 60)} min`;
  const hours = seconds / 3600;
  if (hours < 48) return joined(Math.floor(hours), 'h', Math.floor((hours % 1) * 60), 'min');
  return `${valueText(Math.round(hours / 24))} days`;
}

/** "6 GB", "1.5 MB", "512 bytes" (powers of ten). */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} bytes`;
  const units = ['kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = -1;
  do {
    value /= 1000;
    unit += 1;
  } while (value >= 999.5 && unit < units.length - 1);
  return `${value < 9.95 ? trimZeros(value.toFixed(1)) : Math.round(value)} ${units[unit] ?? ''}`;
}

/** A parameter's value as text: numbers in full (they are exact), lists with commas. */
export function formatValue(value: Json): string {
  if (typeof value === 'number') return exactText(value);
  if (Array.isArray(value)) return value.map(formatValue).join(', ');
  if (value === null) return 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'object' ? JSON.stringify(value) : value;
}

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
