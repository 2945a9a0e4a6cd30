// How soon a visitor sees something: from the navigation to the first picture drawn from data, in Chromium with an
// empty cache, served by `reprise serve` on this machine. And what the site weighs.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openPage, startBrowser, startServer } from '../e2e/harness.mjs';
import { rounds, spread } from './measure.mjs';
import { places, root } from './places.mjs';

/**
 * In the page: when a figure has first shown data (on a card of the catalogue: the picture of one), and when its report
 * was first complete; milliseconds.
 */
function watchFigures() {
  window.seen = { picture: null, finished: null };
  const look = () => {
    const now = performance.now();
    const figure = document.querySelector('reprise-figure');
    const card = document.querySelector('reprise-miniature img');
    if (card?.complete && card.naturalWidth > 0) window.seen.picture ??= now;
    if (figure?.report) {
      window.seen.picture ??= now;
      if (!figure.unfinished) window.seen.finished ??= now;
    }
    if (window.seen.finished === null) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

async function visit(browser, url) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  await context.addInitScript(watchFigures);
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForFunction(() => window.seen.finished !== null, null, { timeout: 60_000 });
  const seen = await page.evaluate(() => window.seen);
  await context.close();
  return { picture: seen.picture / 1000, finished: seen.finished / 1000 };
}

export async function measureStartUp() {
  const server = await startServer({ site: places.site });
  const browser = await startBrowser();
  const rows = [];
  try {
    await (await openPage(browser, server.url, { allowed: [/./] })).context().close(); // Chromium itself has started
    for (const { page, path, file, wanted } of [
      { page: 'lab page', path: 'labs/recalibration/', file: 'labs/recalibration/index.html', wanted: 1.5 },
      { page: 'catalogue', path: '', file: 'index.html', wanted: 1.0 },
      {
        page: 'widget',
        path: 'embed/recalibration/optimal-bins/',
        file: 'embed/recalibration/optimal-bins/index.html',
        wanted: 1.0,
      },
    ]) {
      if (!existsSync(join(places.site, file))) continue;
      const visits = [];
      for (let round = 0; round < rounds; round += 1) visits.push(await visit(browser, server.url + path));
      rows.push({
        page,
        wanted,
        picture: spread(visits.map(({ picture }) => picture)),
        finished: spread(visits.map(({ finished }) => finished)),
      });
    }
  } finally {
    await browser.close();
    await server.stop();
  }
  return { rows };
}

/** What the design allows, in kB. */
const sizeGoals = { 'app/lab.js': 110, 'app/catalogue.js': 110, 'app/widget.js': 60 };

/** Builds the site once more into build/bench and keeps what it says about sizes. */
export function measureSizes() {
  const words = ['--site', join(places.results, 'site'), '--wasm', places.wasm, '--reprise', places.reprise];
  let output;
  try {
    output = execFileSync(process.execPath, [join(root, 'web/scripts/build.mjs'), ...words], {
      encoding: 'utf8',
    });
  } catch (error) {
    output = error.stdout ?? ''; // over budget: the build says so by its exit code
  }
  const rows = [];
  for (const line of output.split('\n')) {
    const found = /([\d.]+) kB gzip(?: of \d+ kB)?\s+(\S+)/.exec(line);
    if (found) {
      const [, size, name] = found;
      const budget = sizeGoals[name] ?? (name.endsWith('.wasm') ? 750 : null);
      rows.push({ name, kilobytes: Number(size), budget });
    }
  }
  if (rows.length === 0) throw new Error(`the site was not built: ${output}`);
  return { rows };
}
