// The pictures on the cards of the catalogue: the figure that lab.json names, else the first of each lab, drawn from a run of its small preset by the
// native program. The page shows them at once and computes the same figure itself when the card is seen.
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { root } from './paths.mjs';

/** The renderer of the page, for node. */
async function loadRenderer() {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'web/src/figures/still.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    target: 'node18',
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

/** Writes miniatures/<lab>-{light,dark}-{narrow,wide}.svg, and gives every built lab its `miniature`: {study, title}. */
export async function drawMiniatures({ site, reprise }, { labs, descriptions }) {
  const { defaultSeed, figureTitle, miniatureSvg } = await loadRenderer();
  mkdirSync(join(site, 'miniatures'), { recursive: true });
  for (const lab of labs) {
    // one that needs no file of the visitor's
    const first = lab.studies.find(({ inputs }) => !inputs.some(({ required }) => required))?.study;
    const study = lab.card ? `${lab.slug}/${lab.card.study}` : first;
    const figures = study ? JSON.parse(descriptions[study]).figures : [];
    const figure = lab.card ? figures.find(({ id }) => id === lab.card.figure) : figures[0];
    if (!figure && lab.card) throw new Error(`lab ${lab.slug}: lab.json's card names no figure`);
    delete lab.card;
    if (!figure) continue;
    const words = ['run', study, '--preset', 'widget', '--seed', String(defaultSeed), '--json'];
    const { stdout } = await promisify(execFile)(reprise, words, { maxBuffer: 64 << 20 });
    const report = JSON.parse(stdout);
    for (const scheme of ['light', 'dark']) {
      for (const size of ['narrow', 'wide']) {
        const path = join(site, 'miniatures', `${lab.slug}-${scheme}-${size}.svg`);
        writeFileSync(path, miniatureSvg(figure, report, scheme, size));
      }
    }
    lab.miniature = { study, figure: figure.id, title: figureTitle(figure, report) };
  }
}
