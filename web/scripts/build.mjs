// Builds the static site: bundles the page and its worker, copies the WebAssembly, writes studies.json, labs.json,
// describe/<lab>/<study>.json and one page per lab, embed/<lab>/<study>/ per study, miniatures/<lab>-*.svg. Every URL in it is relative: it works from any sub-path.
//   node web/scripts/build.mjs [--site build/site] [--wasm build/wasm] [--reprise build/native/reprise]
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { bundleSite, labsIn } from './bundle.mjs';
import { drawMiniatures } from './miniatures.mjs';
import { root } from './paths.mjs';
import { compressSite, reportSizes } from './sizes.mjs';
import { siteData } from './site-data.mjs';

function parseArguments(list) {
  const options = {
    site: join(root, 'build/site'),
    wasm: join(root, 'build/wasm'),
    reprise: join(root, 'build/native/reprise'),
  };
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i]?.replace(/^--/, '') ?? '';
    if (!(name in options) || list[i + 1] === undefined) {
      fail(`unknown option ${list[i]}: allowed are --site OUT, --wasm DIR, --reprise PATH`);
    }
    options[name] = resolve(list[i + 1]);
  }
  return options;
}

function fail(message) {
  console.error(`build:web: ${message}`);
  process.exit(2);
}

/** A page's template: {{base}} is the way up to the site's root, {{slug}} and {{title}} belong to `lab` (none: null). */
function renderPage(template, values, assets, lab) {
  const filled = template.replace(/\{\{(\w+)\}\}/g, (whole, key) => values[key] ?? whole);
  const hashed = filled.replace(/((?:app|styles)\/[\w-]+\.(?:js|css))"/g, (whole, name) =>
    assets.pages[name] ? `${assets.pages[name]}"` : whole,
  );
  // what the entry imports, at once instead of one after the other; a lab's page will also need its engine
  const entry = /app\/[\w-]+\.js(?=")/.exec(filled)?.[0] ?? '';
  const scripts = (assets.parts[entry] ?? []).filter((name) => name !== assets.pages[entry]);
  const engine = lab ? assets.engines[lab] : null;
  if (engine) scripts.push(engine.worker);
  const links = scripts.map((name) => `<link rel="modulepreload" href="${values.base}${name}">`);
  if (engine) {
    const wasm = `${values.base}${engine.wasm}`;
    links.push(`<link rel="preload" as="fetch" type="application/wasm" crossorigin href="${wasm}">`);
  }
  return hashed.replace('</head>', `  ${links.join('\n  ')}\n</head>`);
}

function write(site, name, content) {
  const path = join(site, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

function escapeHtml(text) {
  return text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]);
}

function writePages(site, labs, assets) {
  const pages = join(root, 'web/pages');
  if (!existsSync(pages)) return;
  for (const name of readdirSync(pages)) {
    const template = join(pages, name);
    if (name === 'lab.html') {
      const text = readFileSync(template, 'utf8');
      for (const lab of labs) {
        if (lab.planned) continue;
        const values = {
          base: '../../',
          slug: lab.slug,
          title: escapeHtml(lab.title),
          question: escapeHtml(lab.question),
        };
        write(site, `labs/${lab.slug}/index.html`, renderPage(text, values, assets, lab.slug));
      }
    } else if (name === 'embed.html') {
      const text = readFileSync(template, 'utf8');
      for (const { study, title } of labs.flatMap(({ studies }) => studies)) {
        const values = { base: '../../../', study, title: escapeHtml(title) };
        write(site, `embed/${study}/index.html`, renderPage(text, values, assets, study.split('/')[0]));
      }
    } else if (name.endsWith('.html')) {
      write(site, name, renderPage(readFileSync(template, 'utf8'), { base: './' }, assets, null));
    } else {
      cpSync(template, join(site, name), { recursive: true });
    }
  }
}

const options = parseArguments(process.argv.slice(2));
if (!existsSync(options.reprise)) {
  fail(`${options.reprise} is missing: scripts/build makes it (or --reprise PATH)`);
}

const data = siteData(options.reprise);
const built = labsIn(options.wasm);
for (const { slug, planned } of data.labs) {
  if (planned || built.includes(slug)) continue;
  fail(`${join(options.wasm, `reprise-${slug}.wasm`)} is missing: scripts/build makes it (or --wasm DIR)`);
}

const started = Date.now();
rmSync(options.site, { recursive: true, force: true });
mkdirSync(options.site, { recursive: true });
const assets = await bundleSite(options);
await drawMiniatures(options, data);
write(options.site, 'studies.json', JSON.stringify(data.studies));
write(options.site, 'labs.json', JSON.stringify(data.labs));
for (const [study, description] of Object.entries(data.descriptions)) {
  write(options.site, `describe/${study}.json`, description);
}
writePages(options.site, data.labs, assets);
compressSite(options.site);
const withinBudget = reportSizes(options.site, assets);
console.log(
  `site: ${options.site} (${data.studies.length} studies, ${((Date.now() - started) / 1000).toFixed(1)} s)`,
);
process.exit(withinBudget ? 0 : 1);
