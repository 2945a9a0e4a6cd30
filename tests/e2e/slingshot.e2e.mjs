// The lab slingshot in Chromium: its opening figure, and the same bytes as on the command line.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { buildEngineSite } from './engine-site.mjs';
import {
  assertSameText,
  openPage,
  places,
  reprise,
  startBrowser,
  startStaticSite,
  withoutProvenance,
} from './harness.mjs';
import { close, fits, openAt, pictures, seriousFindings, slow } from './visit.mjs';

let browser, site, engineSite, engines;
before(async () => {
  engineSite = await buildEngineSite();
  [browser, site, engines] = await Promise.all([
    startBrowser(),
    startStaticSite(places.site),
    startStaticSite(engineSite),
  ]);
});
after(async () => {
  await browser?.close();
  await site?.stop();
  await engines?.stop();
  if (engineSite) rmSync(engineSite, { recursive: true, force: true });
});

describe('opening figure of slingshot', () => {
  const opened = async (options) => {
    const page = await openAt(browser, `${site.url}labs/slingshot/`, options);
    await page.locator('#absorption-title', { hasText: /no gradient at all/ }).waitFor(slow);
    await page.locator('#absorption-step').waitFor(slow);
    return page;
  };
  const title = (page, words) => page.locator('#absorption-title', { hasText: words }).waitFor(slow);

  test('below the threshold the true class has a gradient, above it none', async () => {
    const page = await opened();
    await page.locator('#absorption-margin').fill('5');
    await title(page, /At a margin of 5 nats the gradients in float16/);
    assert.match(await page.locator('.absorption .bits').textContent(), /\+0\.0000000110│/);
    await page.locator('#absorption-form').selectOption('recentred');
    await page.locator('#absorption-margin').fill('12');
    await title(page, /still cancel/);
    await page.locator('#absorption-form').selectOption('log_softmax');
    await title(page, /At a margin of 12 nats float16 gives the true class no gradient/);
    await page.locator('#absorption-format').selectOption('float32');
    await title(page, /At a margin of 12 nats the gradients in float32/);
    await close(page);
  });

  test('the keyboard moves margin and step; the outcome is told', async () => {
    const page = await opened();
    await page.locator('#absorption-margin').focus();
    await page.keyboard.press('ArrowRight');
    await title(page, /9.05 nats/);
    await page.locator('#absorption-step').focus();
    await page.keyboard.press('End');
    await page
      .locator('.opening-figure [role=status]', {
        hasText: /Step 599: loss .* absorbed, mean classifier row/,
      })
      .waitFor(slow);
    assert.equal(await page.locator('#absorption-step').getAttribute('aria-valuetext'), 'step 599');
    await close(page);
  });

  test('dragging in the plot moves the margin', async () => {
    const page = await opened();
    const box = await page.locator('.absorption .plot svg').first().boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 5, box.y + 60, { steps: 6 });
    await page.mouse.up();
    await title(page, /At a margin of [1-4]\S* nats the gradients/);
    assert.ok(Number(await page.locator('#absorption-margin').inputValue()) < 5);
    await close(page);
  });

  test('light, dark and on a phone: no serious finding, nothing wider than the window', async () => {
    for (const options of [
      { colorScheme: 'light' },
      { colorScheme: 'dark' },
      { viewport: { width: 390, height: 844 } },
    ]) {
      const page = await opened(options);
      assert.deepEqual(await seriousFindings(page), []);
      assert.ok((await fits(page)) <= 0);
      await page.screenshot({
        path: join(pictures, `slingshot-${Object.values(options)[0].width ?? options.colorScheme}.png`),
      });
      await close(page);
    }
  });
});

describe('studies of slingshot', () => {
  const changes = {
    'absorption-threshold': {},
    'loss-spikes': { steps: 120 },
    'inflation-model': {},
    'number-formats': {},
    'logit-audit': {},
    'log-audit': {},
  };
  test('the browser gives the bytes of the command line', { timeout: 120_000 }, async () => {
    const page = await openPage(browser, `${engines.url}engine.html`, {});
    await page.waitForSelector('html[data-ready=yes]', { state: 'attached' });
    for (const [name, settings] of Object.entries(changes)) {
      const study = `slingshot/${name}`;
      const text = await page.evaluate(
        async ({ study, settings }) => {
          const engine = new window.reprise.BrowserEngine('slingshot', {
            device: { cores: 2, deviceMemoryGigabytes: 8, phone: false },
            runs: window.reprise.pageKeeping(),
          });
          const config = { ...(await engine.describe(study)).presets.widget, ...settings };
          const run = await window.reprise.outcome(engine, { study, config, seed: 3, inputs: {} });
          return (await run.ended).text;
        },
        { study, settings },
      );
      const words = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
      const native = await reprise('run', study, '--preset', 'widget', '--seed', '3', '--json', ...words);
      assertSameText(withoutProvenance(text).rest, withoutProvenance(native.stdout).rest, study);
    }
    assert.deepEqual(page.troubles, []);
    await page.context().close();
  });
});
