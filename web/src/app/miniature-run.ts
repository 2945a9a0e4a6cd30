// Runs the small preset of a study for a card of the catalogue; all cards share one engine.
import { BrowserEngine } from '../engines/browser/browser-engine.js';
import type { FigureSpec, Report } from '../model/contract.js';
import { defaultSeed } from '../model/permalink.js';
import '../figures/figure-element.js';
import { loadDescription } from './site-files.js';

export interface MiniatureRun {
  figure: FigureSpec;
  report: Report;
}

let engine: BrowserEngine | null = null;
let last: Promise<unknown> = Promise.resolve();

export async function runMiniature(study: string): Promise<MiniatureRun | null> {
  const description = await loadDescription(study);
  const figure = description.figures[0];
  const config = description.presets['widget'];
  if (!figure || !config) return null;
  engine ??= new BrowserEngine();
  const shared = engine;
  // one after the other: a catalogue is for reading first
  const mine = last.then(() => {
    const listener = { progress: () => undefined, snapshot: () => undefined };
    return shared.start({ study, config, seed: defaultSeed, inputs: {} }, listener).result;
  });
  last = mine.catch(() => undefined);
  return { figure, report: (await mine).report };
}
