// What makes one config differ from another.
import type { Config, Json } from './contract.js';

export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((entry, i) => sameJson(entry, b[i]));
  }
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => key in b && sameJson(a[key], b[key]));
  }
  return false;
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The entries of `config` that are not as in `base`, in alphabetical order. */
export function differences(config: Config, base: Config): Config {
  const result: Config = {};
  for (const key of Object.keys(config).sort()) {
    const value = config[key];
    if (value !== undefined && !sameJson(value, base[key])) result[key] = value;
  }
  return result;
}

/** The preset that `config` is closest to: fewest differences, earlier names win ties. */
export function nearestPreset(config: Config, presets: Record<string, Config>): string {
  let best = '';
  let fewest = Infinity;
  for (const [name, preset] of Object.entries(presets)) {
    const count = Object.keys(differences(config, preset)).length;
    if (count < fewest) {
      best = name;
      fewest = count;
    }
  }
  return best;
}
