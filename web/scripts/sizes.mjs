// What the site weighs over the wire, held to the budgets of the design.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const kilobyte = 1000;
const budgets = {
  'app/catalogue.js': 110 * kilobyte,
  'app/lab.js': 110 * kilobyte,
  'app/widget.js': 60 * kilobyte,
};
/** One lab's module: a visitor loads that of the lab on the page. */
const moduleBudget = 750 * kilobyte;
/** What a figure of a lab's own may add to the lab page. */
const figureBudget = 6 * kilobyte;

/** A .gz beside every file that compresses, for servers that send it as it is. */
export function compressSite(site) {
  for (const entry of readdirSync(site, { recursive: true })) {
    const path = join(site, String(entry));
    if (!statSync(path).isFile() || !/\.(js|css|html|json|svg|wasm|bin)$/.test(path)) continue;
    writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
  }
}

/** Prints gzip sizes; false when a budget is exceeded. A page counts its scripts, the largest
 * worker and its style sheet. */
export function reportSizes(site, assets) {
  const size = (name) => statSync(join(site, `${name}.gz`)).size;
  const total = (names) => names.reduce((sum, name) => sum + size(name), 0);
  const engines = Object.values(assets.engines);
  const rows = Object.keys(budgets).map((name) => {
    const worker = name === 'app/catalogue.js' ? 0 : Math.max(...engines.map(({ worker }) => size(worker)));
    // a page that somebody embeds has a style sheet of its own
    const style = assets.pages[name === 'app/widget.js' ? 'styles/widget.css' : 'styles/page.css'];
    return [name, total([...assets.parts[name], style]) + worker, budgets[name]];
  });
  for (const [slug, { wasm }] of Object.entries(assets.engines))
    rows.push([`engines/${slug}.wasm`, size(wasm), moduleBudget]);
  for (const [figure, parts] of Object.entries(assets.figures)) {
    rows.push([`app/labs/${figure}.js`, total(parts), figureBudget]);
  }

  let withinBudget = true;
  for (const [name, bytes, budget] of rows) {
    const over = bytes > budget;
    if (over) withinBudget = false;
    const size = `${(bytes / kilobyte).toFixed(1).padStart(8)} kB gzip of ${(budget / kilobyte).toFixed(0)} kB`;
    console.log(`${size}  ${name}${over ? '  OVER BUDGET' : ''}`);
  }
  return withinBudget;
}
