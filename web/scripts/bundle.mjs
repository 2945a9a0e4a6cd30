// Bundles by esbuild. Everything but pages and data has a hash of its content in its name.
//   app/       the entries catalogue.ts and lab.ts with the chunks they share; widget.ts with chunks of its own, so
//              that a page that embeds a study loads few small files
//   styles/    web/src/styles/*.css
//   engines/   for each lab the worker (with the WebAssembly glue inside) and the module
//   assets/    bundled data sets that runs fetch when they need them (web/src/engines/site.ts: assetUrl)
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { root } from './paths.mjs';

const shared = {
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['es2022'],
  metafile: true,
  sourcemap: false,
  legalComments: 'none',
  logLevel: 'warning',
};

function contentHash(...paths) {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(readFileSync(path));
  return hash.digest('hex').slice(0, 10);
}

const gluePath = (wasm, slug) => join(wasm, `reprise-${slug}.js`);
const modulePath = (wasm, slug) => join(wasm, `reprise-${slug}.wasm`);

/** Labs whose modules lie in this folder. */
export function labsIn(wasm) {
  const names = existsSync(wasm) ? readdirSync(wasm) : [];
  return names.flatMap((name) => /^reprise-(.+)\.wasm$/.exec(name)?.[1] ?? []).sort();
}

const entry = (name) => join(root, 'web/src/app', `${name}.ts`);

/**
 * Writes the bundles into options.site and returns their names relative to it:
 * {engines: {slug: {worker, wasm}}, pages: {"app/lab.js": "app/lab-HASH.js"}, parts: {"app/lab.js": [every script it loads]},
 * figures: {"recalibration/edge-figure": [what this figure of a lab's own adds to the lab page]}}.
 */
export async function bundleSite({ site, wasm, extraEntries = [] }) {
  const { engines, buildId } = await bundleEngines(site, wasm);
  for (const name of readdirSync(join(wasm, 'assets'))) {
    const asset = join(wasm, 'assets', name);
    cpSync(asset, join(site, 'assets', `${basename(name, '.bin')}-${contentHash(asset)}.bin`));
  }

  const scripts = (entryPoints) =>
    build({
      ...shared,
      absWorkingDir: site,
      entryPoints,
      outdir: join(site, 'app'),
      entryNames: '[name]-[hash]',
      chunkNames: 'part-[hash]',
      splitting: true,
      define: { REPRISE_BUILD: JSON.stringify(buildId) },
    });
  const pages = await scripts([entry('catalogue'), entry('lab'), ...extraEntries]);
  const widget = await scripts([entry('widget')]);
  const styleFolder = join(root, 'web/src/styles');
  const styles = await build({
    ...shared,
    absWorkingDir: site,
    entryPoints: existsSync(styleFolder)
      ? readdirSync(styleFolder)
          .filter((name) => name.endsWith('.css') && !name.startsWith('_'))
          .map((name) => join(styleFolder, name))
      : [],
    outdir: join(site, 'styles'),
    entryNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    loader: { '.woff2': 'file' },
  });

  const assets = { engines, pages: {}, parts: {}, figures: {} };
  for (const [folder, result] of [
    ['app', pages],
    ['app', widget],
    ['styles', styles],
  ]) {
    for (const [name, output] of Object.entries(result.metafile.outputs)) {
      if (!output.entryPoint) continue;
      const plain = `${folder}/${basename(output.entryPoint).replace(/\.ts$/, '.js')}`;
      assets.pages[plain] = name;
      assets.parts[plain] = staticParts(result.metafile.outputs, name);
    }
  }
  // loaded by import(): entries for esbuild, but no pages
  for (const [name, { entryPoint = '' }] of Object.entries(pages.metafile.outputs)) {
    const figure = /src\/app\/labs\/([\w-]+\/[\w-]+)\.ts$/.exec(entryPoint)?.[1];
    if (!figure) continue;
    const known = new Set(assets.parts['app/lab.js']);
    assets.figures[figure] = staticParts(pages.metafile.outputs, name).filter((part) => !known.has(part));
  }
  return assets;
}

/** A script and everything it imports before it starts. */
function staticParts(outputs, name, seen = new Set()) {
  if (seen.has(name)) return [...seen];
  seen.add(name);
  for (const { path, kind } of outputs[name].imports) {
    if (kind === 'import-statement' && outputs[path]) staticParts(outputs, path, seen);
  }
  return [...seen];
}

/** Worker and module of every lab, named after the content of them all: the page knows their names by the lab's. */
async function bundleEngines(site, wasm) {
  const workers = {};
  const hash = createHash('sha256');
  for (const slug of labsIn(wasm)) {
    const worker = await build({
      ...shared,
      write: false,
      entryPoints: [join(root, 'web/src/engines/browser/worker.ts')],
      alias: { 'reprise-glue': gluePath(wasm, slug) },
    });
    workers[slug] = worker.outputFiles[0].contents;
    hash.update(workers[slug]).update(readFileSync(modulePath(wasm, slug)));
  }
  const buildId = hash.digest('hex').slice(0, 10);
  const engines = {};
  mkdirSync(join(site, 'engines'), { recursive: true });
  for (const [slug, code] of Object.entries(workers)) {
    const name = `engines/${slug}-${buildId}`;
    engines[slug] = { worker: `${name}.js`, wasm: `${name}.wasm` };
    writeFileSync(join(site, engines[slug].worker), code);
    cpSync(modulePath(wasm, slug), join(site, engines[slug].wasm));
  }
  return { engines, buildId };
}
