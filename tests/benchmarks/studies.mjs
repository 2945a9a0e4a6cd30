// Whole studies: WebAssembly against the native program on one thread; what the cost model predicted against what was
// measured, natively and in Chromium; the time that a widget and a browser run take there.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildEngineSite } from '../e2e/engine-site.mjs';
import { openPage, startBrowser, startStaticSite } from '../e2e/harness.mjs';
import { alternate, comparison, rounds, spread, startProgram } from './measure.mjs';
import { places, root } from './places.mjs';

const rowsFolder = join(root, 'build/bench/rows');

/**
 * Data and settings for studies that need the user's: recalibration's as large as the presets' sizes in the
 * specification, others those of the first case in tests/contracts/LAB.json, as scripts/claims takes them.
 */
function data(study, preset) {
  if (study !== 'recalibration/my-scores') return { set: {}, inputs: contractInputs(study) };
  if (preset === 'widget') return { set: {}, inputs: { scores: firstRows(10_000) } };
  return { set: { folds: 2 }, inputs: { scores: firstRows(1_000_000) } };
}

function contractInputs(study) {
  const [lab, name] = study.split('/');
  const folder = join(root, 'tests/contracts');
  const { studies } = JSON.parse(readFileSync(join(folder, `${lab}.json`), 'utf8'));
  const inputs = Object.entries(studies[name]?.cases[0]?.inputs ?? {});
  return Object.fromEntries(inputs.map(([input, path]) => [input, join(folder, path)]));
}

/** {claim: status} of a study as scripts/claims found it natively, preset browser, seed 1. */
function knownVerdicts(study) {
  const file = join(root, 'core/labs', study.split('/')[0], 'claims.json');
  const { claims } = JSON.parse(readFileSync(file, 'utf8'));
  return Object.fromEntries(claims.filter((one) => one.study === study).map(({ claim, status }) => [claim, status]));
}

function firstRows(count) {
  const whole = join(rowsFolder, 'scores.csv');
  if (!existsSync(whole)) throw new Error(`${whole} is missing: the part 'peers' writes it`);
  const path = join(rowsFolder, `scores-${count}.csv`);
  if (!existsSync(path)) {
    const lines = readFileSync(whole, 'utf8').split('\n');
    writeFileSync(path, `${lines.slice(0, count + 1).join('\n')}\n`);
  }
  return path;
}

function startNative() {
  return startProgram(places.studyBench);
}

async function studyNames(native) {
  return (await native.ask({ case: 'studies' })).map(({ study }) => study);
}

/** WebAssembly in V8 against the native program, one thread each; ratio = native seconds over WebAssembly seconds. */
export async function measureWebAssembly() {
  const native = startNative();
  const wasm = startProgram(process.execPath, join(root, 'tests/benchmarks/wasm-process.mjs'), places.wasm);
  const rows = [];
  for (const study of await studyNames(native)) {
    for (const preset of ['widget', 'browser']) {
      const request = { case: 'run', study, preset, workers: 1, ...data(study, preset) };
      const once = await native.ask(request);
      if (once.seconds < 0.02 || once.seconds > 40) continue; // too short to compare, or too long to repeat
      const answers = await alternate({
        wasm: () => wasm.ask(request),
        native: () => native.ask(request),
      });
      const same = answers.wasm[0].result_sha256 === answers.native[0].result_sha256;
      rows.push({
        study,
        preset,
        wanted: 0.6,
        same_bytes: same,
        ...comparison(answers.wasm, answers.native),
      });
    }
  }
  native.stop();
  wasm.stop();
  return { rows };
}

/** Predicted against measured, in the native program on one thread, for every preset that takes less than two minutes. */
export async function measureEstimates() {
  const native = startNative();
  const rows = [];
  for (const study of await studyNames(native)) {
    for (const preset of ['widget', 'browser', 'paper']) {
      if (preset === 'paper' && Object.keys(data(study, preset).inputs).length > 0) continue; // the same as browser
      const request = { study, preset, workers: 1, ...data(study, preset) };
      const { predicted } = await native.ask({ case: 'estimate', ...request });
      if (predicted > 120) {
        rows.push({ study, preset, predicted, seconds: null, ratio: null });
        continue;
      }
      const times = [];
      const wanted = predicted > 10 ? 1 : 3;
      for (let round = 0; round < wanted; round += 1) {
        times.push((await native.ask({ case: 'run', ...request })).seconds);
      }
      const seconds = spread(times);
      rows.push({ study, preset, predicted, seconds, ratio: seconds.median / predicted });
    }
  }
  native.stop();
  return { within: 3, rows };
}

/** Runs in Chromium as the page makes them, two workers: predicted, measured, and the limits for widget and browser. */
export async function measureBrowserRuns() {
  const limits = { widget: 2, browser: 20 };
  const site = await startStaticSite(await buildEngineSite());
  const browser = await startBrowser();
  const rows = [];
  try {
    const native = startNative();
    for (const study of await studyNames(native)) {
      for (const [preset, limit] of Object.entries(limits)) {
        const page = await enginePage(browser, site.url, study.split('/')[0]);
        rows.push({ study, preset, limit, ...(await browserRun(page, study, preset)) });
        await page.context().close();
      }
    }
    native.stop();
  } finally {
    await browser.close();
    await site.stop();
  }
  return { within: 3, rows };
}

/** A page with an engine for a lab that has learned nothing yet. */
async function enginePage(browser, url, lab) {
  const page = await openPage(browser, `${url}engine.html`);
  await page.waitForSelector('html[data-ready=yes]', { state: 'attached' });
  await page.evaluate((lab) => {
    const device = { cores: 2, deviceMemoryGigabytes: 8, phone: false };
    window.engine = new window.reprise.BrowserEngine(lab, { device });
  }, lab);
  return page;
}

async function browserRun(page, study, preset) {
  const { set, inputs } = data(study, preset);
  await chooseFiles(page, inputs);
  const runs = [];
  const seeds = [1, 101, 102, 103, 104]; // another one each time: a finished run might be remembered
  const wanted = preset === 'widget' ? Math.min(rounds, 5) : 2;
  for (let round = 0; round < wanted; round += 1) {
    runs.push(
      await page.evaluate(
        async ({ study, preset, set, seed }) => {
          const { presets } = await window.engine.describe(study);
          const request = { study, config: { ...presets[preset], ...set }, seed, inputs: window.files };
          const { seconds: predicted } = await window.engine.predict(request);
          const { ended } = await window.reprise.outcome(window.engine, request);
          const { error, seconds, text } = await ended;
          if (error) throw new Error(error.message);
          return { predicted, seconds, claims: JSON.parse(text).claims };
        },
        { study, preset, set, seed: seeds[round] },
      ),
    );
  }
  const seconds = spread(runs.map((run) => run.seconds));
  const predicted = runs[0].predicted; // before finished runs have taught the engine anything
  return {
    predicted,
    seconds,
    ratio: seconds.median / predicted,
    verdicts: preset === 'browser' && Object.keys(set).length === 0 ? verdictsOf(study, runs[0].claims) : null,
  };
}

/** How many claims held, and those whose verdict is another than natively. */
function verdictsOf(study, claims) {
  const known = knownVerdicts(study);
  return {
    holds: claims.filter(({ status }) => status === 'holds').length,
    total: claims.length,
    differ: claims.filter(({ id, status }) => known[id] !== status).map(({ id }) => id),
  };
}

/** Makes the files known to the page, as a picker would. */
async function chooseFiles(page, inputs) {
  await page.evaluate(() => (window.files = {}));
  for (const [name, path] of Object.entries(inputs)) {
    const input = await page.evaluateHandle(() => {
      const element = document.createElement('input');
      element.type = 'file';
      document.body.append(element);
      return element;
    });
    await input.asElement().setInputFiles(path);
    await page.evaluate(
      ({ input, name }) => {
        window.files[name] = input.files[0];
        input.remove();
      },
      { input, name },
    );
  }
}
