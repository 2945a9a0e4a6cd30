// A study in somebody else's page.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { places, scratchFolder, startBrowser, startStaticSite } from './harness.mjs';
import { close, finished, fits, openAt, optimalBins, pictures, seriousFindings, slow } from './visit.mjs';

let browser, plain;
before(async () => {
  [browser, plain] = await Promise.all([startBrowser(), startStaticSite(places.site)]);
});
after(async () => {
  await browser?.close();
  await plain?.stop();
});

test('it runs in its frame, in the colours of its address', async () => {
  const address = `${plain.url}embed/recalibration/optimal-bins/?theme=dark&accent=%23ffaa00`;
  const page = await openAt(browser, address, { viewport: { width: 720, height: 720 } });
  await finished(page, 'reprise-figure');
  assert.match(await page.locator('.verdict-line').textContent(), /5 of 5 claims hold in this run/);
  const look = await page.evaluate(() => {
    const style = getComputedStyle(document.documentElement);
    return [style.getPropertyValue('--reprise-scheme'), style.getPropertyValue('--reprise-accent')];
  });
  assert.deepEqual(look, ['dark', '#ffaa00']);
  assert.ok((await fits(page)) <= 0);
  const whole = await page.getByRole('link', { name: 'Open the whole page' }).getAttribute('href');
  assert.match(whole, /\/some\/where\/labs\/recalibration\/#study=recalibration\/optimal-bins/);
  assert.deepEqual(await seriousFindings(page), []);
  await page.screenshot({ path: join(pictures, 'embed-720.png'), fullPage: true });
  await close(page);
});

test('the snippet of the lab page makes a frame as high as the study, with its settings', async () => {
  const page = await openAt(browser, `${plain.url}${optimalBins}&set.mu=3`);
  await finished(page);
  await page.locator('summary', { hasText: 'Embed' }).click();
  const snippet = await page.locator('.take pre', { hasText: 'iframe' }).textContent();
  await close(page);

  // somebody else's site: another origin
  const folder = scratchFolder('lecture');
  const text = `<!doctype html><title>A lecture</title><link rel="icon" href="data:,">${snippet}`;
  writeFileSync(join(folder, 'index.html'), text);
  const lecture = await startStaticSite(folder, '/');
  const host = await openAt(browser, lecture.url, { viewport: { width: 800, height: 600 } });
  const inside = host.frameLocator('iframe');
  await finished(inside, 'reprise-figure');
  const same = async () => {
    const told = Number(await host.locator('iframe').getAttribute('height'));
    const high = await inside.locator('body').evaluate((body) => body.getBoundingClientRect().height);
    return told !== 720 && Math.abs(told - high) <= 1;
  };
  for (const begun = Date.now(); !(await same()); await host.waitForTimeout(100)) {
    assert.ok(Date.now() - begun < slow.timeout, 'the frame never had the height of its content');
  }
  // it grows with what is opened
  const before = Number(await host.locator('iframe').getAttribute('height'));
  await inside.locator('.settings > summary').click();
  await inside.locator('.settings .control').first().waitFor(slow);
  for (const begun = Date.now(); !(await same()); await host.waitForTimeout(100)) {
    assert.ok(Date.now() - begun < slow.timeout, 'the frame did not grow');
  }
  assert.ok(Number(await host.locator('iframe').getAttribute('height')) > before);
  const value = inside.locator('.control[data-key=mu] input.number');
  assert.equal(await value.inputValue(), '3');
  await close(host);
  await lecture.stop();
});

test('a study that works on files offers one to try', async () => {
  const page = await openAt(browser, `${plain.url}embed/recalibration/my-scores/`);
  await page.getByRole('button', { name: 'Try an example' }).click(slow);
  await finished(page, 'reprise-figure');
  await close(page);
});
