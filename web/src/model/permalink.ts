// The state of a lab page in the URL's fragment: study, revision, preset, the differences to it, seed, input hashes.
//   #study=recalibration/optimal-bins&revision=1&preset=widget&seed=7&set.repeats=20&input.scores=9f86d0…
// A fragment never reaches a server.
import type { Config, Json, StudyDescription } from './contract.js';
import { differences } from './differences.js';
import { formatValue } from './format.js';

export interface Permalink {
  study: string;
  revision: number;
  preset: string;
  /** What differs from the preset. */
  differences: Config;
  seed: number;
  /** SHA-256 of each input by its name. */
  inputs: Record<string, string>;
}

export const largestSeed = Number.MAX_SAFE_INTEGER;
/** The seed of a run for which none was chosen; as `default_seed` of the core. */
export const defaultSeed = 1;

/** The permalink of a config: only what differs from the preset is in it. */
export function permalinkOf(
  description: StudyDescription,
  preset: string,
  config: Config,
  seed: number,
  inputs: Record<string, string> = {},
): Permalink {
  return {
    study: description.study,
    revision: description.revision,
    preset,
    differences: differences(config, description.presets[preset] ?? {}),
    seed,
    inputs,
  };
}

/** The fragment, without '#'. */
export function encodePermalink(link: Permalink): string {
  const parts: [string, string][] = [
    ['study', link.study],
    ['revision', String(link.revision)],
    ['preset', link.preset],
    ['seed', String(link.seed)],
    ...sorted(link.differences).map(([key, value]): [string, string] => [
      `set.${key}`,
      JSON.stringify(value),
    ]),
    ...sorted(link.inputs).map(([name, hash]): [string, string] => [`input.${name}`, hash]),
  ];
  return parts.map(([key, value]) => `${escape(key)}=${escape(value)}`).join('&');
}

/** The state in a fragment (with or without '#'); null when it is not a permalink. Parts that make no sense are left out. */
export function decodePermalink(fragment: string): Permalink | null {
  const values = new URLSearchParams(fragment.replace(/^#/, '').replaceAll('+', '%2B'));
  const study = values.get('study') ?? '';
  if (!/^[\w-]+\/[\w-]+$/.test(study)) return null;
  const link: Permalink = {
    study,
    revision: wholeNumber(values.get('revision'), 1),
    preset: values.get('preset') ?? 'widget',
    differences: {},
    seed: wholeNumber(values.get('seed'), defaultSeed),
    inputs: {},
  };
  for (const [key, value] of values) {
    if (key.startsWith('set.')) {
      const parsed = parseJson(value);
      if (parsed !== undefined) link.differences[key.slice(4)] = parsed;
    } else if (key.startsWith('input.') && /^[0-9a-f]{64}$/.test(value)) {
      link.inputs[key.slice(6)] = value;
    }
  }
  return link;
}

export interface Restored {
  preset: string;
  config: Config;
  seed: number;
  /** Inputs that the visitor must choose again, by name, with their hashes. */
  wanted: Record<string, string>;
  /** Sentences on what could not be taken over. */
  notices: string[];
}

/** What a permalink means for the study as it is now. */
export function restore(link: Permalink, description: StudyDescription): Restored {
  const notices: string[] = [];
  if (link.revision !== description.revision) {
    notices.push(
      `This link was made with revision ${link.revision} of the study; this page has revision ${description.revision}. ` +
        'The same settings can give different numbers.',
    );
  }
  let preset = link.preset;
  if (!(preset in description.presets)) {
    preset = 'widget' in description.presets ? 'widget' : (Object.keys(description.presets)[0] ?? '');
    notices.push(`The preset "${link.preset}" no longer exists; "${preset}" is used.`);
  }
  const config: Config = structuredClone(description.presets[preset] ?? {});
  for (const [key, value] of Object.entries(link.differences)) {
    if (key in description.parameters.properties) config[key] = value;
    else notices.push(`The parameter "${key}" (${formatValue(value)}) no longer exists and was left out.`);
  }
  const wanted: Record<string, string> = {};
  for (const [name, hash] of Object.entries(link.inputs)) {
    if (description.inputs.some((input) => input.name === name)) wanted[name] = hash;
    else notices.push(`The input "${name}" no longer exists and was left out.`);
  }
  return { preset, config, seed: link.seed, wanted, notices };
}

function sorted<T>(entries: Record<string, T>): [string, T][] {
  return Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Readable: only what would be misread in a fragment is escaped. */
function escape(text: string): string {
  return encodeURIComponent(text).replace(/%(2F|2C|5B|5D|3A)/g, (code) => decodeURIComponent(code));
}

function wholeNumber(text: string | null, otherwise: number): number {
  const value = Number(text ?? NaN);
  return text !== '' && Number.isInteger(value) && Math.abs(value) <= largestSeed ? value : otherwise;
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
