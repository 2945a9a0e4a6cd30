// Builds a site of one page that holds the engines and nothing else, under the page's own security policy.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleSite } from '../../web/scripts/bundle.mjs';
import { places, root } from './places.mjs';
import { scratchFolder } from './harness.mjs';

const policy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src data:";

export async function buildEngineSite() {
  const site = scratchFolder('engine-site');
  const assets = await bundleSite({
    site,
    wasm: places.wasm,
    extraEntries: [join(root, 'tests/e2e/engine-page.ts')],
  });
  writeFileSync(
    join(site, 'engine.html'),
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Engines</title>
<meta http-equiv="Content-Security-Policy" content="${policy}"><link rel="icon" href="data:,">
<script type="module" src="./${assets.pages['app/engine-page.js']}"></script></head><body></body></html>\n`,
  );
  return site;
}
