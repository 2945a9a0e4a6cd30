// A reload in the middle of a run: the page offers to continue it.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  assertSameText,
  openPage,
  places,
  reprise,
  scratchFolder,
  startBrowser,
  startStaticSite,
  withoutProvenance,
} from './harness.mjs';

const optimalBins = 'recalibration/optimal-bins';
const myScores = 'recalibration/my-scores';
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

/** One worker on every machine: a run is not over before its first tasks are kept. */
async function openAlone(path) {
  const page = await openPage(browser, 'about:blank', { allowed: [/status of 404/] });
  await page.addInitScript(() => Object.defineProperty(navigator, 'hardwareConcurrency', { get: () => 1 }));
  await page.goto(plain.url + path);
  return page;
}

const offer = (page) => page.locator('reprise-continue .continue');
/** Starts the run and returns when some of its tasks are kept. */
async function startAndKeep(page) {
  const run = page.getByRole('button', { name: 'Run', exact: true });
  // what is expected to take long waits for its button, anything else has begun by itself
  await Promise.race([run.click(slow), page.getByRole('button', { name: 'Cancel' }).waitFor(slow)]);
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
}

/** A page that was reloaded in the middle of a run, with its offer. */
async function interruptedPage() {
  const page = await openAlone(address);
  await startAndKeep(page);
  assert.equal(await offer(page).count(), 0);
  await page.reload();
  await offer(page).waitFor(slow);
  return page;
}

async function downloadedReport(page) {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Report (JSON)' }).click(),
  ]);
  return readFileSync(await download.path(), 'utf8');
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
    const text = await downloadedReport(page);
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

test('a run on own data goes on once the same file is chosen again', { timeout: 240_000 }, async () => {
  // repeatable numbers, and enough of them that the run is not over before its first tasks are kept
  let state = 12345;
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
  const rows = Array.from({ length: 300_000 }, () => {
    const score = random();
    return `${score.toFixed(6)},${random() < score * score ? 1 : 0}`;
  });
  const folder = scratchFolder('files');
  const [file, other] = [join(folder, 'mine.csv'), join(folder, 'other.csv')];
  writeFileSync(file, `score,label\n${rows.join('\n')}\n`);
  writeFileSync(other, 'score,label\n0.2,0\n0.7,1\n0.3,0\n0.9,1\n');

  const page = await openAlone(`labs/recalibration/#study=${myScores}&set.folds=50`);
  await page.locator('.inputs input[type=file]').setInputFiles(file);
  await startAndKeep(page);
  await page.reload();
  await offer(page).waitFor(slow);
  const again = offer(page).getByRole('button', { name: /^Continue/ });
  assert.ok(await again.isDisabled(), 'files are not kept: it is asked for');
  assert.match(await offer(page).textContent(), /Choose mine\.csv again/);
  await offer(page).locator('input[type=file]').setInputFiles(other);
  await offer(page).locator('[role=alert]', { hasText: 'another file' }).waitFor(slow);
  assert.ok(await again.isDisabled());
  await offer(page).locator('input[type=file]').setInputFiles(file);
  await page.waitForFunction(
    () => document.querySelector('reprise-continue button')?.disabled === false,
    null,
    slow,
  );
  await again.click();
  await page.locator('.state', { hasText: /Finished in/ }).waitFor(slow);
  const text = await downloadedReport(page);
  const words = ['--set', 'folds=50', '--input', `scores=${file}`, '--preset', 'widget'];
  const { stdout } = await reprise('run', myScores, '--json', ...words);
  assertSameText(withoutProvenance(text).rest, withoutProvenance(stdout).rest);
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

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
