// Interactive opening figures: what a visitor plays with above the studies. Each lab's is loaded for that lab only.
import type { TemplateResult } from 'lit';
import type { Config, Json } from '../../model/contract.js';

/** Asks a study of this browser's core; see `probe` in wasm/README.md. A newer question may replace an older one. */
export type Probe = (study: string, config: Config, name: string, question: Json) => Promise<Json>;

export type Opening = (probe: Probe) => TemplateResult;

const openings: Record<string, () => Promise<{ opening: Opening }>> = {
  recalibration: () => import('./recalibration/edge-figure.js'),
  'selective-classification': () => import('./selective-classification/gap-figure.js'),
  'prototype-clustering': () => import('./prototype-clustering/groups-figure.js'),
  slingshot: () => import('./slingshot/absorption-figure.js'),
  'discrete-diffusion-convergence': () => import('./discrete-diffusion-convergence/grid-figure.js'),
};

/** Null: the lab has none. */
export function openingOf(slug: string): Promise<{ opening: Opening }> | null {
  return openings[slug]?.() ?? null;
}
