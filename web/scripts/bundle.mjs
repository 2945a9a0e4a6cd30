// Bundles by esbuild. Everything but pages and data has a hash of its content in its name.
//   app/       the entries catalogue.ts and lab.ts with the chunks they share; widget.ts with chunks of its own, so
//              that a page that embeds a study loads few small files
//   styles/    web/src/styles/*.css
//   engines/   the worker (with the WebAssembly glue inside) and the module
//   assets/    bundled data sets that runs fetch when they need them (web/src/engines/site.ts: assetUrl)
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
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

const entry = (name) => join(root, 'web/src/app', `${name}.ts`);

/**
 * Writes the bundles into options.site and returns their names relative to it:
 * {worker, wasm, build, pages: {"app/lab.js": "app/lab-HASH.js"}, parts: {"app/lab.js": [every script it loads]},
 * figures: {"recalibration/edge-figure": [what this figure of a lab's own adds to the lab page]}}.
 */
export async function bundleSite({ site, wasm, extraEntries = [] }) {
  const module = join(wasm, 'reprise.wasm');
  const buildId = contentHash(module, join(wasm, 'reprise.js'));
  mkdirSync(join(site, 'engines'), { recursive: true });
  const wasmName = `engines/reprise-${contentHash(module)}.wasm`;
  cpSync(module, join(site, wasmName));
  for (const name of readdirSync(join(wasm, 'assets'))) {
    const asset = join(wasm, 'assets', name);
    cpSync(asset, join(site, 'assets', `${basename(name, '.bin')}-${contentHash(asset)}.bin`));
  }

  const worker = await build({
    ...shared,
    absWorkingDir: site,
    entryPoints: { worker: join(root, 'web/src/engines/browser/worker.ts') },
    alias: { 'reprise-glue': join(wasm, 'reprise.js') },
    outdir: join(site, 'engines'),
    entryNames: '[name]-[hash]',
  });
  const workerName = Object.keys(worker.metafile.outputs)[0];

  const scripts = (entryPoints) =>
    build({
      ...shared,
      absWorkingDir: site,
      entryPoints,
      outdir: join(site, 'app'),
      entryNames: '[name]-[hash]',
      chunkNames: 'part-[hash]',
      splitting: true,
      define: {
        REPRISE_ASSETS: JSON.stringify({ worker: workerName, wasm: wasmName, build: buildId }),
      },
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

  const assets = { worker: workerName, wasm: wasmName, build: buildId, pages: {}, parts: {}, figures: {} };
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
