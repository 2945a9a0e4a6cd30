// A reload in the middle of a run: the page offers to continue it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import {
  assertSameText,
  openPage,
  places,
  reprise,
  startBrowser,
  startStaticSite,
  withoutProvenance,
} from './harness.mjs';

const optimalBins = 'recalibration/optimal-bins';
const address = `labs/recalibration/#study=${optimalBins}&seed=8&set.n_list=[100000,300000]&set.seeds=100`;
const slow = { timeout: 90_000 };

let browser, plain;
before(async () => {
  [browser, plain] = await Promise.all([startBrowser(), startStaticSite(places.site)]);
});
after(async () => {
  await browser?.close();
  await plain?.stop();
});

const offer = (page) => page.locator('reprise-continue .continue');
/** Runs until some tasks are kept, then reloads; the page with its offer. */
async function interruptedPage() {
  const page = await openPage(browser, plain.url + address, { allowed: [/status of 404/] });
  const run = page.getByRole('button', { name: 'Run', exact: true });
  await run.click(slow);
  await page.evaluate(async () => {
    for (let kept = false; !kept; ) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      const database = await new Promise((resolve) => {
        const opening = indexedDB.open('reprise.runs');
        opening.onsuccess = () => resolve(opening.result);
      });
      const all = database.transaction('runs').objectStore('runs').getAll();
      await new Promise((resolve) => (all.onsuccess = resolve));
      database.close();
      kept = all.result.some(({ done }) => done > 0);
    }
  });
  assert.equal(await offer(page).count(), 0);
  await page.reload();
  await offer(page).waitFor(slow);
  return page;
}

test(
  'the run goes on where it was and gives the report of the command line',
  { timeout: 240_000 },
  async () => {
    const page = await interruptedPage();
    const button = offer(page).getByRole('button', { name: /^Continue/ });
    assert.match(await button.textContent(), /Continue the run from before the reload \(\d+ of \d+ tasks\)/);
    await button.click();
    assert.equal(await offer(page).count(), 0);
    await page.locator('.state', { hasText: /Finished in/ }).waitFor(slow);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page
        .getByRole('button', { name: /report/i })
        .first()
        .click(),
    ]);
    const text = readFileSync(await download.path(), 'utf8');
    const words = ['--seed', '8', '--set', 'n_list=[100000,300000]', '--set', 'seeds=100'];
    const { stdout } = await reprise('run', optimalBins, '--json', ...words);
    assertSameText(withoutProvenance(text).rest, withoutProvenance(stdout).rest);
    await page.reload();
    await page.locator('.state').waitFor(slow);
    await page.waitForTimeout(500);
    assert.equal(await offer(page).count(), 0);
    assert.deepEqual(page.troubles, []);
    await page.context().close();
  },
);

test('a run that is discarded is not offered again', { timeout: 240_000 }, async () => {
  const page = await interruptedPage();
  await offer(page)
    .getByRole('button', { name: /Discard/ })
    .click();
  assert.equal(await offer(page).count(), 0);
  await page.reload();
  await page.locator('.state').waitFor(slow);
  await page.waitForTimeout(500);
  assert.equal(await offer(page).count(), 0);
  await page.context().close();
});
