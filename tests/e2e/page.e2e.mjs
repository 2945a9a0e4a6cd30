// The pages in Chromium: catalogue, lab page, own data, permalink, phone, dark, keyboard.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { places, scratchFolder, startBrowser, startServer, startStaticSite } from './harness.mjs';
import {
  close,
  control,
  drawing,
  finished,
  fits,
  lab,
  myScores,
  openAt,
  optimalBins,
  pictures,
  seriousFindings,
  slow,
} from './visit.mjs';

let browser, plain, server;
before(async () => {
  [browser, plain, server] = await Promise.all([
    startBrowser(),
    startStaticSite(places.site),
    startServer({ site: places.site }),
  ]);
});
after(async () => {
  await browser?.close();
  await plain?.stop();
  await server?.stop();
});

const open = (path, options = {}, base = plain.url) => openAt(browser, base + path, options);

describe('catalogue', () => {
  test('sixteen cards: built labs are links, planned ones say so', async () => {
    const page = await open('');
    await page.locator('.card').first().waitFor();
    assert.equal(await page.locator('.card').count(), 16);
    const planned = page.locator('.card.planned');
    assert.equal(await planned.count(), 16 - (await page.locator('.card.built').count()));
    assert.equal(await planned.locator('a').count(), 0);
    assert.equal(await planned.locator('.badge.planned').count(), await planned.count());
    assert.equal(
      await page.locator('[data-lab=recalibration] a').getAttribute('href'),
      'labs/recalibration/',
    );
    await close(page);
  });

  test('search and filters', async () => {
    const page = await open('');
    await page.getByRole('searchbox').fill('dolz continuity');
    assert.equal(await page.locator('.card').count(), 1);
    assert.equal((await page.locator('.count').textContent()).trim(), '1 of 16 labs');
    await page.getByRole('searchbox').fill('');
    await page.getByRole('button', { name: 'diffusion', exact: true }).click();
    const some = await page.locator('.card').count();
    assert.ok(some > 1 && some < 16);
    await page.getByRole('searchbox').fill('no lab has this');
    await page.getByRole('button', { name: 'Show all' }).click();
    assert.equal(await page.locator('.card').count(), 16);
    await close(page);
  });

  test('labs by run time: only what was measured', async () => {
    const page = await open('');
    await page.getByLabel('Longest run').selectOption('20');
    const some = await page.locator('.card').count();
    assert.ok(some >= 1, `${some} cards`);
    assert.equal(await page.locator('.card.planned').count(), 0);
    assert.match(await page.locator('[data-lab=recalibration] .facts').textContent(), /runs of up to .* s/);
    await close(page);
  });

  test('a card has its picture before anything is computed, and keeps it where nothing can be', async () => {
    const page = await openAt(browser, 'about:blank', {
      colorScheme: 'dark',
      allowed: [/Failed to load resource/], // missing on purpose
    });
    await page.route('**/*.wasm', (route) => route.abort());
    await page.goto(plain.url);
    const picture = page.locator('[data-lab=recalibration] reprise-miniature img');
    await picture.waitFor(slow);
    assert.match(await picture.getAttribute('src'), /miniatures\/recalibration-dark-narrow\.svg$/);
    assert.equal(await picture.evaluate((image) => image.complete && image.naturalWidth), 600);
    await page.waitForTimeout(2000); // longer than a card must be looked at
    assert.equal(await picture.count(), 1);
    await close(page);
  });

  test('the card of a built lab shows its opening figure, and leads to the lab', async () => {
    const page = await open('');
    // the figure is computed once its card is in sight
    await page.locator('[data-lab=recalibration]').scrollIntoViewIfNeeded();
    await page
      .locator('[data-lab=recalibration] reprise-figure .still svg path')
      .first()
      .waitFor({ state: 'attached', ...slow });
    await page.screenshot({ path: join(pictures, 'catalogue-1280.png') });
    await page.locator('[data-lab=recalibration] a').click();
    await page.waitForURL(/labs\/recalibration\/$/);
    await close(page);
  });
});

describe('lab page', () => {
  test('a figure for which the settings give nothing says so instead of drawing axes', async () => {
    const page = await open('labs/selective-classification/#study=selective-classification/my-scores');
    const figures = page.locator('.figures reprise-figure');
    await finished(page);
    const nothing = figures.filter({ hasText: 'there is nothing to draw here' });
    assert.equal(await nothing.count(), 1);
    assert.equal(await nothing.locator('svg').count(), 0);
    await close(page);
  });

  test('the opening figure is already run, the claims are judged', async () => {
    const page = await open(optimalBins);
    await finished(page);
    assert.match(await drawing(page), /<path[^>]+stroke="#d55e00"/);
    const title = await page.locator('reprise-figure.opening .title').textContent();
    assert.match(title, /With 30.000 labels risk is lowest near \d+ bins; the cube-root rule says 31/);
    const rows = page.locator('.claims tbody tr');
    assert.equal(await rows.count(), 5);
    for (const verdict of await page.locator('.claims .verdict').allTextContents()) {
      assert.match(verdict, /holds|does not hold|not run here/);
    }
    const bins = page.locator('[data-claim=optimal-bins-exponent]');
    assert.match(await bins.locator('.verdict').textContent(), /holds/);
    assert.match(await bins.locator('td').nth(1).textContent(), /≤ 0.08/);
    await page.screenshot({ path: join(pictures, 'lab-1280.png') });
    await page.screenshot({ path: join(pictures, 'lab-1280-full.png'), fullPage: true });
    await close(page);
  });

  test('changing a control changes the figure; a reset brings it back', async () => {
    const page = await open(optimalBins);
    await finished(page);
    const first = await drawing(page);
    await control(page, 'mu').locator('input.number').fill('3');
    await page.keyboard.press('Enter');
    await page.waitForFunction(
      (old) => {
        const now = document.querySelector('reprise-figure.opening')?.shadowRoot?.querySelector('.still svg');
        return now && now.innerHTML !== old;
      },
      first,
      slow,
    );
    await finished(page);
    assert.match(page.url(), /set\.mu=3/);
    await control(page, 'mu').getByRole('button', { name: /Reset/ }).click();
    await page.waitForFunction(
      (old) =>
        document.querySelector('reprise-figure.opening')?.shadowRoot?.querySelector('.still svg')
          ?.innerHTML === old,
      first,
      slow,
    );
    await close(page);
  });

  test('wrong values are told beside their controls, all at once', async () => {
    const page = await open(optimalBins);
    await finished(page);
    await control(page, 'mu').locator('input.number').fill('eleven');
    await control(page, 'mu').locator('input.number').press('Enter');
    await control(page, 'seeds').locator('input.number').fill('0');
    await control(page, 'seeds').locator('input.number').press('Enter');
    await control(page, 'n_list').locator('input.add').fill('[300, 3]');
    await control(page, 'n_list').locator('input.add').press('Enter');
    assert.match(await control(page, 'mu').locator('.problem').textContent(), /“eleven” is not a number/);
    assert.match(await control(page, 'seeds').locator('.problem').textContent(), /1…1000/);
    assert.match(await control(page, 'n_list').locator('.problem').textContent(), /3 is out of range/);
    const input = control(page, 'mu').locator('input.number');
    assert.equal(await input.getAttribute('aria-invalid'), 'true');
    const described = (await input.getAttribute('aria-describedby')).split(' ').at(-1);
    assert.match(await page.locator(`#${described}`).textContent(), /eleven/);
    assert.ok(await page.getByRole('button', { name: 'Run', exact: true }).isDisabled());
    assert.match(await page.locator('.state').textContent(), /3 settings need a change/);
    await close(page);
  });

  test('typing is not disturbed by reports that arrive meanwhile', async () => {
    const page = await open(`${optimalBins}&set.seeds=200`);
    await page.waitForFunction(() => document.querySelector('.run .primary:not(:disabled)'), null, slow);
    await page.locator('.offer').first().waitFor(slow);
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    const field = control(page, 'mu').locator('input.number');
    await field.fill('2.5');
    await page.waitForFunction(
      () => /[1-9]\d* of \d+ tasks/.test(document.querySelector('.progress')?.textContent ?? ''),
      null,
      slow,
    );
    assert.equal(await field.inputValue(), '2.5');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await close(page);
  });

  test('a problem that only the core knows stands beside its control', async () => {
    const page = await open(optimalBins);
    await finished(page);
    // every list entry is allowed by itself; together there are too few samples for the smallest number of bins
    await page.locator('details.all > summary').click();
    const field = control(page, 'bins_list').locator('input.add');
    await field.fill('[5000, 6000, 7000]');
    await field.press('Enter');
    const told = control(page, 'bins_list').locator('.problem');
    await told.filter({ hasText: /needs at least 10000 labels/ }).waitFor(slow);
    assert.ok(await page.getByRole('button', { name: 'Run', exact: true }).isDisabled());
    await close(page);
  });

  test('cancel stops at once and keeps what was finished', async () => {
    const page = await open(`${optimalBins}&preset=paper&set.seeds=200`);
    const run = page.getByRole('button', { name: 'Run', exact: true });
    await page.waitForFunction(() => document.querySelector('.run .primary:not(:disabled)'), null, slow);
    await page.locator('.offer').first().waitFor(slow);
    await run.click();
    await page.getByRole('button', { name: 'Cancel' }).waitFor(slow);
    await page.locator('.progress').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await run.waitFor(slow);
    assert.equal(await page.locator('.progress').count(), 0);
    await close(page);
  });

  test('a permalink brings everything back', async () => {
    const page = await open(optimalBins);
    await finished(page);
    await control(page, 'model').locator('select').selectOption('logistic44');
    await page.getByLabel('Seed', { exact: true }).fill('7');
    await page.getByLabel('Seed', { exact: true }).press('Enter');
    await page.waitForFunction(
      () => /seed=7/.test(location.hash) && /logistic44/.test(location.hash),
      null,
      slow,
    );
    await finished(page);
    const drawn = await drawing(page);
    const address = page.url();
    await close(page);

    const again = await openAt(browser, address);
    await finished(again);
    assert.equal(await control(again, 'model').locator('select').inputValue(), 'logistic44');
    assert.equal(await again.getByLabel('Seed', { exact: true }).inputValue(), '7');
    assert.equal(await drawing(again), drawn);
    await close(again);
  });

  test('tabs are links, and the way back leads to the study before', async () => {
    const page = await open(optimalBins);
    await finished(page);
    await page.locator('.studies a[href$="my-scores"]').click();
    await page.locator('.inputs').waitFor();
    assert.match(page.url(), /study=recalibration\/my-scores/);
    await page.goBack();
    await page.locator('reprise-figure.opening .still svg').waitFor();
    assert.equal(
      await page.locator('.studies [aria-current=page]').getAttribute('href'),
      '#study=recalibration/optimal-bins',
    );
    await close(page);
  });

  test('a claim is checked again with the next seed, and how often it held is told', async () => {
    const page = await open(optimalBins);
    await finished(page);
    const claim = page.locator('[data-claim=optimal-bins-exponent]');
    await claim.getByRole('button', { name: /next seed/ }).click();
    await claim.locator('.reason', { hasText: /held with \d of 2 seeds/ }).waitFor(slow);
    await page.waitForFunction(() => /seed=2/.test(location.hash), null, slow);
    await close(page);
  });

  test('difficult words lead to their notes, and leave the settings in the address alone', async () => {
    const page = await open(`${optimalBins}&seed=3`);
    await finished(page);
    const address = page.url();
    await page.locator('.idea a.term', { hasText: 'base rate' }).click();
    assert.match(await page.evaluate(() => document.activeElement?.textContent), /share of label 1/);
    assert.equal(page.url(), address);
    await close(page);
  });

  test('the report is downloaded byte for byte, the figure as CSV', async () => {
    const page = await open(optimalBins);
    await finished(page);
    const [report] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Report (JSON)' }).click(),
    ]);
    const text = readFileSync(await report.path(), 'utf8');
    assert.equal(JSON.parse(text).study, 'recalibration/optimal-bins');
    assert.match(text, /"provenance":\{[^}]*"engine":"browser"/);
    const [csv] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('reprise-figure.opening').getByRole('button', { name: 'CSV' }).click(),
    ]);
    const lines = readFileSync(await csv.path(), 'utf8')
      .trim()
      .split('\r\n');
    assert.equal(lines[0], 'series,labels n,best number of bins B*,low,high');
    assert.ok(lines.length > 15);
    await close(page);
  });
});

describe('opening figure', () => {
  const numbers = (page) => page.locator('.risk .number').allTextContents();
  const opened = async (options) => {
    const page = await open(lab, options);
    await page.locator('#bin-edges-title', { hasText: /With 7 bins/ }).waitFor(slow);
    return page;
  };

  test('dragging an edge changes both risks', async () => {
    const page = await opened();
    await page.screenshot({ path: join(pictures, 'opening-1280.png') });
    const before = await numbers(page);
    const handle = await page.locator('reprise-bin-edges .edge circle').nth(2).boundingBox();
    await page.mouse.move(handle.x + handle.width / 2, handle.y + handle.height / 2);
    await page.mouse.down();
    await page.mouse.move(handle.x + 40, handle.y, { steps: 8 });
    await page.mouse.up();
    await page.waitForFunction(
      (old) => document.querySelector('.risk.sum .number')?.textContent !== old,
      before[2],
      slow,
    );
    assert.equal(await page.locator('.edge.active').getAttribute('aria-label'), 'Edge 3 of 6');
    assert.ok(Number(await page.locator('.edge.active').getAttribute('aria-valuenow')) > 0.45);
    await page.getByRole('button', { name: 'Equal mass' }).click();
    await page.waitForFunction(
      (old) => document.querySelector('.risk.sum .number')?.textContent === old,
      before[2],
      slow,
    );
    await close(page);
  });

  test('edges are sliders for the keyboard, and the outcome is told', async () => {
    const page = await opened();
    await page.locator('.edge[tabindex="0"]').focus();
    await page.keyboard.press('ArrowRight');
    assert.equal(await page.locator('.edge.active').getAttribute('aria-valuenow'), '0.1479');
    await page.keyboard.press('ArrowUp');
    assert.equal(
      await page.evaluate(() => document.activeElement?.getAttribute('aria-label')),
      'Edge 2 of 6',
    );
    await page.keyboard.press('Delete');
    assert.equal(await page.locator('.edge').count(), 5);
    await page.getByRole('button', { name: 'Add edge' }).click();
    await page.locator('#bin-edges-bins').fill('60');
    await page
      .locator('.opening-figure [role=status]', { hasText: /^With 60 bins, .*together/ })
      .waitFor(slow);
    assert.match(await page.locator('#bin-edges-title').textContent(), /calibration is \d+ % of the risk/);
    await close(page);
  });

  test('it fits a phone', async () => {
    const page = await opened({ viewport: { width: 390, height: 844 } });
    assert.ok((await fits(page)) <= 0);
    await page.screenshot({ path: join(pictures, 'opening-390.png') });
    await close(page);
  });
});

describe('to take along', () => {
  test('figures as SVG and PNG, tables as NPY', async () => {
    const page = await open(optimalBins);
    await finished(page);
    const saved = async (button) => {
      const [file] = await Promise.all([page.waitForEvent('download'), button.click()]);
      return [file.suggestedFilename(), readFileSync(await file.path())];
    };
    const figure = page.locator('reprise-figure.opening');
    const [svgName, svg] = await saved(figure.getByRole('button', { name: 'SVG' }));
    assert.match(svgName, /^recalibration-optimal-bins-.*\.svg$/);
    assert.match(svg.toString(), /^<svg xmlns[^>]*role="img"><title>With 30.000 labels/);
    const [, png] = await saved(figure.getByRole('button', { name: 'PNG' }));
    assert.equal(png.subarray(1, 4).toString(), 'PNG');
    assert.ok(png.readUInt32BE(16) > 1500, 'three pixels for one');
    await page.locator('.data summary', { hasText: 'risks' }).click();
    const [name, npy] = await saved(
      page.getByRole('button', { name: 'NPY' }).locator('visible=true').first(),
    );
    assert.equal(name, 'recalibration-optimal-bins-risks.npy');
    assert.match(npy.toString('latin1'), /^\x93NUMPY\x01\x00.*'descr': '<f8'/);
    await close(page);
  });

  test('code, citation and frame belong to the settings on the page', async () => {
    const page = await open(`${optimalBins}&set.mu=3&seed=7`);
    await finished(page);
    const code = await page.locator('.code pre').allTextContents();
    assert.match(code[0], /reprise run recalibration\/optimal-bins [^]*--set mu=3 [^]*--seed 7/);
    assert.match(code[1], /"seed":7,"config":\{"mu":3\}/);
    assert.match(code[2], /resolve\("widget", Json::parse\(R"json\(\{"mu":3\}\)json"\)\)/);
    await page.locator('summary', { hasText: 'Cite' }).click();
    assert.match(await page.locator('.take pre').first().textContent(), /@inproceedings\{sun2023minimum,/);
    await page.locator('summary', { hasText: 'Embed' }).click();
    const frame = await page.locator('.take pre').nth(1).textContent();
    assert.match(
      frame,
      /<iframe src="[^"]*\/some\/where\/embed\/recalibration\/optimal-bins\/#[^"]*set\.mu=3"/,
    );
    assert.equal(await page.locator('.formula math').count(), 3);
    assert.deepEqual(await seriousFindings(page), []);
    await close(page);
  });
});

describe('own data', () => {
  const scores = join(places.data, 'scores.csv');

  test('a chosen file is judged here and never sent', async () => {
    const page = await open(myScores);
    const sent = [];
    page.on('request', (request) => {
      if (request.method() !== 'GET') sent.push(request.url());
    });
    await page.locator('.inputs').waitFor();
    assert.match(await page.locator('.inputs').textContent(), /Nothing leaves this browser/);
    await page.locator('input[type=file]').setInputFiles(scores);
    await finished(page);
    assert.match(await page.locator('.inputs .file').textContent(), /scores\.csv[^]*Columns: score, label\./);
    assert.ok((await page.locator('.claims .verdict.holds').count()) > 0);
    assert.match(page.url(), /input\.scores=[0-9a-f]{64}/);
    assert.deepEqual(sent, []);
    assert.ok(plain.requests.every((line) => line.startsWith('GET ')));
    await page.screenshot({ path: join(pictures, 'own-data-1280.png'), fullPage: true });
    await page.getByRole('button', { name: 'Remove scores.csv' }).click();
    await page.locator('.drop', { hasText: 'Drop a file here' }).waitFor();
    await close(page);
  });

  test('an example can be tried, and its points are rings', async () => {
    const page = await open(myScores);
    await page.getByRole('button', { name: 'Try an example' }).click();
    await finished(page);
    assert.match(await page.locator('.inputs .file').textContent(), /example-scores\.csv/);
    assert.match(await drawing(page), /stroke-width="3.5"/);
    await close(page);
  });

  test('a dropped file works like a chosen one', async () => {
    const page = await open(myScores);
    await page.locator('.drop').waitFor();
    const data = await page.evaluateHandle(
      (text) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([text], 'dropped.csv', { type: 'text/csv' }));
        return transfer;
      },
      readFileSync(scores, 'utf8'),
    );
    await page.dispatchEvent('.input', 'drop', { dataTransfer: data });
    await finished(page);
    assert.match(await page.locator('.inputs .file').textContent(), /dropped\.csv/);
    await close(page);
  });

  test('a broken file says what is wrong and where', async () => {
    const broken = join(scratchFolder('files'), 'broken.csv');
    writeFileSync(broken, 'score,label\n0.3,0\n3.7,1\n0.2,maybe\n');
    const page = await open(myScores);
    await page.locator('input[type=file]').setInputFiles(broken);
    const told = page.locator('.trouble, .problem').first();
    await told.waitFor(slow);
    assert.match(await page.locator('reprise-study').textContent(), /row/);
    await close(page);
  });
});

describe('every visitor', () => {
  for (const width of [320, 390, 768, 1280]) {
    test(`no horizontal scrolling at ${width} px`, async () => {
      const page = await open(optimalBins, { viewport: { width, height: 844 } });
      await finished(page);
      assert.ok((await fits(page)) <= 0);
      if (width === 390) {
        await page.screenshot({ path: join(pictures, 'lab-390.png') });
        await page.screenshot({ path: join(pictures, 'lab-390-full.png'), fullPage: true });
        // the settings come as a sheet over the lower part: the figure that they change stays in sight
        await page.locator('.settings > summary').click();
        await control(page, 'mu').locator('input.number').waitFor();
        assert.ok((await fits(page)) <= 0);
        const sheet = await page.locator('.settings').boundingBox();
        const plot = await page.locator('reprise-figure.opening .plot').boundingBox();
        assert.ok(Math.abs(sheet.y + sheet.height - 844) < 1, 'at the bottom of the window');
        assert.ok(plot.y >= 0 && plot.y + 100 < sheet.y, `plot from ${plot.y}, sheet from ${sheet.y}`);
        await page.screenshot({ path: join(pictures, 'lab-390-sheet.png') });
        await page.keyboard.press('Escape');
        assert.equal(await page.locator('.settings[open]').count(), 0);
        assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'SUMMARY');
      }
      await close(page);
      const catalogue = await open('', { viewport: { width, height: 844 } });
      await catalogue.locator('.card').first().waitFor();
      assert.ok((await fits(catalogue)) <= 0);
      await close(catalogue);
    });
  }

  test('dark by the system, light by the switch', async () => {
    const page = await open(optimalBins, { colorScheme: 'dark' });
    await finished(page);
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.equal(await background(), 'rgb(22, 24, 27)');
    assert.match(await drawing(page), /#4ba3e3/);
    await page.screenshot({ path: join(pictures, 'lab-dark.png') });
    await page.getByRole('button', { name: /Theme/ }).click();
    assert.equal(await background(), 'rgb(253, 253, 251)');
    await page.waitForFunction(
      () => document.querySelector('reprise-figure')?.shadowRoot?.innerHTML.includes('#0072b2'),
      null,
      slow,
    );
    await close(page);
  });

  test('the figure is read with the keyboard', async () => {
    const page = await open(optimalBins);
    await finished(page);
    const plot = page.locator('reprise-figure.opening .plot');
    const readout = page.locator('reprise-figure.opening .readout');
    await plot.focus();
    await page.keyboard.press('ArrowRight');
    const first = await readout.textContent();
    assert.match(first, /labels n 300, best number of bins B\* /);
    await page.keyboard.press('ArrowRight');
    assert.match(await readout.textContent(), /labels n 1000,/);
    await page.keyboard.press('ArrowDown');
    assert.match(await readout.textContent(), /labels n 1000,/);
    assert.notEqual((await readout.textContent()).split(':')[0], first.split(':')[0]);
    await page.keyboard.press('t');
    await page.locator('reprise-figure.opening .table').waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await readout.textContent(), '');
    await close(page);
  });

  test('everything can be reached with Tab, and the focus is seen', async () => {
    const page = await open(optimalBins);
    await finished(page);
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement?.className), 'skip');
    const before = page.url();
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'MAIN');
    assert.equal(page.url(), before, 'skipping does not touch the settings in the address');
    const seen = new Set();
    for (let k = 0; k < 70; ++k) {
      await page.keyboard.press('Tab');
      seen.add(
        await page.evaluate(() => {
          const active = document.activeElement;
          const inner = active?.shadowRoot?.activeElement ?? active;
          return `${inner?.tagName} ${inner?.className} ${inner?.getAttribute('type') ?? ''}`.trim();
        }),
      );
    }
    for (const wanted of [/^A/, /DIV plot/, /BUTTON primary/, /SELECT/, /INPUT number/, /range/, /SUMMARY/]) {
      assert.ok(
        [...seen].some((one) => wanted.test(one)),
        `${wanted} in ${[...seen].join(' | ')}`,
      );
    }
    await close(page);
  });
});

describe('with a server', () => {
  test('both engines are offered with their times; the server can be chosen and fills the same figure', async () => {
    const page = await open(optimalBins, {}, server.url);
    await finished(page);
    const offers = page.locator('label.offer');
    await offers.nth(1).waitFor(slow);
    assert.match(await offers.nth(0).textContent(), /Browser ≈ /);
    assert.match(await offers.nth(1).textContent(), /Server ≈ /);
    await offers.nth(1).click();
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.locator('.state', { hasText: /Finished in .* on the server/ }).waitFor(slow);
    await page.locator('reprise-figure.opening .still svg path').first().waitFor({ state: 'attached' });
    await close(page);
  });
});
