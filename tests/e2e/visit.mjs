// What tests of the pages share: opening one, waiting until its run is over, looking for findings.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { openPage, places } from './harness.mjs';

export const pictures = join(places.scratch, '../screenshots');
mkdirSync(pictures, { recursive: true });
/** No test depends on speed: this is how long the slowest machine may take for one thing. */
export const slow = { timeout: 60_000 };

export const lab = 'labs/recalibration/';
export const study = (name) => `${lab}#study=recalibration/${name}`;
export const optimalBins = study('optimal-bins');
export const myScores = study('my-scores');

// a static site has no server; asking for one is answered with 404, which Chromium's console reports
const noServer = [/status of 404/];

export function openAt(browser, address, options = {}) {
  return openPage(browser, address, {
    allowed: noServer,
    viewport: { width: 1280, height: 900 },
    ...options,
  });
}

export async function close(page) {
  assert.deepEqual(page.troubles, []);
  await page.context().close();
}

export const control = (page, key) => page.locator(`.control[data-key=${key}]`);

/** The text of every shape of the opening figure, once the run is over. */
export const drawing = (page) => page.locator('reprise-figure.opening .still svg').innerHTML();

/** The run of a page or a frame is over. A page that expects it to take long waits for Run: on a busy machine, press it. */
export async function finished(page, figure = 'reprise-figure.opening') {
  const over = page.locator('.state', { hasText: /Finished in/ });
  await over.waitFor({ timeout: 10_000 }).catch(async () => {
    const run = page.getByRole('button', { name: 'Run', exact: true });
    if (await run.isVisible()) await run.click();
    await over.waitFor(slow);
  });
  await page
    .locator(`${figure} .still svg path`)
    .first()
    .waitFor({ state: 'attached', ...slow });
}

/** How many pixels the page is wider than its window. */
export function fits(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

export async function seriousFindings(page) {
  const { violations } = await new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}
