// Every page at three widths in both themes: nothing that axe calls serious, and no horizontal scrolling.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { places, startBrowser, startStaticSite } from './harness.mjs';
import {
  close,
  control,
  finished,
  fits,
  myScores,
  openAt,
  optimalBins,
  pictures,
  seriousFindings,
  slow,
} from './visit.mjs';

let browser, plain;
before(async () => {
  [browser, plain] = await Promise.all([startBrowser(), startStaticSite(places.site)]);
});
after(async () => {
  await browser?.close();
  await plain?.stop();
});

/** One page, looked at as six visitors see it. */
async function look(page, name) {
  for (const width of [1280, 720, 390]) {
    for (const colorScheme of ['light', 'dark']) {
      await page.setViewportSize({ width, height: 900 });
      // without motion colours change at once; figures are drawn anew in the next frames
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.evaluate(
        () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
      );
      const where = `${name} at ${width} px, ${colorScheme}`;
      assert.deepEqual(await seriousFindings(page), [], where);
      assert.ok((await fits(page)) <= 0, `${where} scrolls sideways`);
      const path = join(pictures, `${name}-${width}-${colorScheme}.png`);
      await page.screenshot({ path, fullPage: true });
    }
  }
  await close(page);
}

test('catalogue', async () => {
  const page = await openAt(browser, plain.url);
  await page.locator('.card').first().waitFor(slow);
  await look(page, 'catalogue');
});

test('lab page with everything open and a wrong value', async () => {
  const page = await openAt(browser, plain.url + optimalBins);
  await finished(page);
  await page.locator('summary', { hasText: 'Formulas' }).click();
  await page.locator('summary', { hasText: 'Cite' }).click();
  await page.locator('summary', { hasText: 'Embed' }).click();
  await page.locator('details.all > summary').click();
  await page.locator('.code summary').first().click();
  await page.locator('reprise-figure.opening').getByRole('button', { name: 'As table' }).click();
  await page.locator('reprise-figure.opening .table').waitFor(slow);
  await control(page, 'seeds').locator('input.number').fill('0');
  await control(page, 'seeds').locator('input.number').press('Enter');
  await control(page, 'seeds').locator('.problem').waitFor(slow);
  await look(page, 'lab');
});

test('own data, before and after a file', async () => {
  const page = await openAt(browser, plain.url + myScores);
  await page.locator('.inputs').waitFor(slow);
  assert.deepEqual(await seriousFindings(page), []);
  await page.getByRole('button', { name: 'Try an example' }).click(slow);
  await finished(page);
  await look(page, 'own-data');
});

test('embedded study', async () => {
  const page = await openAt(browser, `${plain.url}embed/recalibration/optimal-bins/`);
  await finished(page, 'reprise-figure');
  await page.locator('.settings > summary').click();
  await page.locator('.settings .control').first().waitFor(slow);
  await look(page, 'embed');
});
