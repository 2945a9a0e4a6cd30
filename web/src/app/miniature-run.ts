// Runs the small preset of a study for a card of the catalogue; cards of one lab share an engine.
import { BrowserEngine } from '../engines/browser/browser-engine.js';
import type { FigureSpec, LabEntry, Report } from '../model/contract.js';
import { defaultSeed } from '../model/permalink.js';
import '../figures/figure-element.js';
import { loadDescription } from './site-files.js';

export interface MiniatureRun {
  figure: FigureSpec;
  report: Report;
}

const engines = new Map<string, BrowserEngine>();
let last: Promise<unknown> = Promise.resolve();

export async function runMiniature({
  study,
  figure: id,
}: NonNullable<LabEntry['miniature']>): Promise<MiniatureRun | null> {
  const description = await loadDescription(study);
  const figure = description.figures.find((one) => one.id === id);
  const config = description.presets['widget'];
  if (!figure || !config) return null;
  const shared = engines.get(description.lab) ?? new BrowserEngine(description.lab);
  engines.set(description.lab, shared);
  // one after the other: a catalogue is for reading first
  const mine = last.then(() => {
    const listener = { progress: () => undefined, snapshot: () => undefined };
    return shared.start({ study, config, seed: defaultSeed, inputs: {} }, listener).result;
  });
  last = mine.catch(() => undefined);
  return { figure, report: (await mine).report };
}
