// The engines in Chromium: the same bytes as on the command line and the server, cancel, pause, recovery from crashes,
// the choice between engines, and that a visitor's file stays where it is.
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test as nodeTest } from 'node:test';
import { buildEngineSite } from './engine-site.mjs';
import {
  assertSameText,
  openPage,
  places,
  reprise,
  startBrowser,
  startServer,
  startStaticSite,
  withoutProvenance,
} from './harness.mjs';

const optimalBins = 'recalibration/optimal-bins';
const myScores = 'recalibration/my-scores';
const shift = 'selective-classification/shift';
/** Reads the asset fashion-mnist. */
const onImages = {
  data: 'fashion-mnist',
  shift: 'blur',
  severity_list: [0, 5],
  n_train: 200,
  n_val: 50,
  n_test: 300,
  epochs: 1,
};
const csv = join(places.data, 'scores.csv');
const reduced = { model: 'custom', a: 2, b: 3, c: 0.5, n_list: [200, 700], bins_list: [4, 8, 16], seeds: 3 };
/** Takes a minute or so: long enough to be interrupted. */
const long = { n_list: [100000, 300000, 1000000], seeds: 40 };

/** A test that hangs fails instead of holding up the others. */
function test(name, body) {
  return nodeTest(name, { timeout: 120_000 }, body);
}

let browser, site, plain, server;
before(async () => {
  site = await buildEngineSite();
  [browser, plain, server] = await Promise.all([
    startBrowser(),
    startStaticSite(site),
    startServer({ site }),
  ]);
});
after(async () => {
  await browser?.close();
  await plain?.stop();
  await server?.stop();
  if (site) rmSync(site, { recursive: true, force: true });
});

/** A page with an engine `engine` for studies of `lab`, made from the other options. */
async function enginePage(base, options = {}, allowed = []) {
  const page = await openPage(browser, `${base}engine.html`, { allowed });
  await page.waitForSelector('html[data-ready=yes]', { state: 'attached' });
  await page.evaluate((options) => {
    const { lab = 'recalibration', cores = 2, memory = 8, ...others } = options;
    const device = { cores, deviceMemoryGigabytes: memory, phone: false };
    const runs = window.reprise.pageKeeping();
    window.engine = new window.reprise.BrowserEngine(lab, { device, runs, ...others });
    window.examiner = {
      inspect: (file) => window.engine.inspect(file),
      hash: (file) => window.engine.hash(file),
    };
    window.files = {};
  }, options);
  return page;
}
async function closePage(page) {
  assert.deepEqual(page.troubles, []);
  await page.context().close();
}
/** Makes the file of that name known to the page, as a picker would. */
async function chooseFile(page, name, path, text = readFileSync(path, 'utf8')) {
  await page.evaluate(({ name, text }) => (window.files[name] = new File([text], 'scores.csv')), {
    name,
    text,
  });
}
async function presetConfig(page, study, changes = {}) {
  const description = await page.evaluate((study) => window.engine.describe(study), study);
  return { ...description.presets.widget, ...changes };
}
/** Runs to the end on `engine` or `server`. */
function runIn(page, engine, study, config, seed = 1) {
  return page.evaluate(
    async ({ engine, study, config, seed }) => {
      const request = { study, config, seed, inputs: window.files };
      const { ended } = await window.reprise.outcome(window[engine], request);
      return ended;
    },
    { engine, study, config, seed },
  );
}
async function connectServer(page) {
  return page.evaluate(async () => {
    const api = await window.reprise.ServerApi.discover(window.reprise.siteUrl('api/v1/'));
    if (api) window.server = new window.reprise.ServerEngine(api, window.examiner);
    return api !== null;
  });
}
async function onCommandLine(study, changes, inputs, workers, seed = 1) {
  const words = ['run', study, '--json', '--seed', String(seed), '--workers', String(workers)];
  for (const [key, value] of Object.entries(changes)) words.push('--set', `${key}=${JSON.stringify(value)}`);
  for (const [name, path] of Object.entries(inputs)) words.push('--input', `${name}=${path}`);
  const { stdout, stderr, code } = await reprise(...words);
  assert.equal(code, 0, stderr);
  return stdout;
}

test('base/math has the same bits in WebAssembly and in the program', async () => {
  const { stdout } = await reprise('math-digest', '100000');
  const page = await enginePage(plain.url);
  const digest = await page.evaluate(() => window.engine.mathDigest(100000));
  assert.deepEqual(JSON.parse(digest), JSON.parse(stdout));
  assert.equal(digest, stdout.trim());
  await closePage(page);
});

test('a probe answers while the visitor drags; the last of many questions is answered', async () => {
  const page = await enginePage(plain.url);
  const config = await presetConfig(page, optimalBins);
  const found = await page.evaluate(
    async ({ study, config }) => {
      const prober = new window.reprise.Prober('recalibration');
      const ask = (ranks) => prober.probe(study, config, 'edges', { seed: 1, n: 1000, repeat: 0, ranks });
      const answer = await ask([0.25, 0.5, 0.75]);
      const times = [];
      for (let i = 0; i < 20; ++i) {
        const started = performance.now();
        await ask([0.25, 0.5 + i / 100, 0.75]);
        times.push(performance.now() - started);
      }
      const many = await Promise.allSettled([0.3, 0.4, 0.5, 0.6].map((middle) => ask([0.25, middle, 0.75])));
      const wrong = await ask([0.75, 0.5]).catch(({ kind, message, problems }) => ({
        kind,
        message,
        problems,
      }));
      prober.dispose();
      const median = times.sort((a, b) => a - b)[10];
      return { answer, median, slowest: times[19], statuses: many.map(({ status }) => status), wrong };
    },
    { study: optimalBins, config },
  );
  console.log(`probe: median ${found.median.toFixed(2)} ms, slowest ${found.slowest.toFixed(2)} ms`);
  assert.equal(found.answer.bins.length, 4);
  assert.equal(
    found.answer.bins.reduce((sum, { count }) => sum + count, 0),
    1000,
  );
  assert.deepEqual(found.statuses, ['rejected', 'rejected', 'rejected', 'fulfilled']);
  assert.equal(found.wrong.kind, 'input');
  assert.ok(found.wrong.problems.length > 0, JSON.stringify(found.wrong));
  await closePage(page);
});

describe('the report is the same bytes everywhere', () => {
  const runs = [
    { name: 'optimal-bins, widget', study: optimalBins, changes: {}, inputs: {} },
    {
      name: 'optimal-bins, reduced and another seed',
      study: optimalBins,
      changes: reduced,
      inputs: {},
      seed: 77,
    },
    { name: 'shift, on a bundled data set', study: shift, changes: onImages, inputs: {} },
    { name: 'my-scores, a file of one’s own', study: myScores, changes: {}, inputs: { scores: csv } },
  ];
  for (const { name, study, changes, inputs, seed = 1 } of runs) {
    test(name, async () => {
      const [lab] = study.split('/');
      const expected = withoutProvenance(await onCommandLine(study, changes, inputs, 1, seed));
      const two = withoutProvenance(await onCommandLine(study, changes, inputs, 2, seed));
      assertSameText(two.rest, expected.rest, 'two workers on the command line');

      for (const cores of [1, 2]) {
        const page = await enginePage(plain.url, { lab, cores });
        for (const [input, path] of Object.entries(inputs)) await chooseFile(page, input, path);
        const config = await presetConfig(page, study, changes);
        const { text, error } = await runIn(page, 'engine', study, config, seed);
        assert.equal(error, null);
        const { rest, provenance } = withoutProvenance(text);
        assertSameText(rest, expected.rest, `${cores} workers in the browser`);
        assert.equal(provenance.result_sha256, expected.provenance.result_sha256);
        assert.equal(provenance.run_id, expected.provenance.run_id);
        assert.equal(provenance.engine, 'browser');
        await closePage(page);
      }

      const page = await enginePage(server.url, { lab }, [/404/]);
      for (const [input, path] of Object.entries(inputs)) await chooseFile(page, input, path);
      assert.ok(await connectServer(page));
      const config = await presetConfig(page, study, changes);
      const { text, error } = await runIn(page, 'server', study, config, seed);
      assert.equal(error, null);
      const there = withoutProvenance(text);
      assertSameText(there.rest, expected.rest, 'on the server');
      assert.equal(there.provenance.run_id, expected.provenance.run_id);
      await closePage(page);
    });
  }
});

test('a bundled data set is fetched once, when a run needs it; a failure is a sentence', async () => {
  const page = await enginePage(plain.url, { lab: 'selective-classification' }, [/404/]);
  const asked = [];
  let broken = true;
  await page.route('**/assets/**', (route) => {
    asked.push(route.request().url());
    return broken ? route.fulfill({ status: 404 }) : route.continue();
  });
  const config = await presetConfig(page, shift, { ...onImages, repeats: 2 });
  const small = { n_train: 60, n_val: 50, n_test: 100, epochs: 1 };
  const moons = await runIn(page, 'engine', shift, await presetConfig(page, shift, small));
  assert.equal(moons.error, null);
  assert.equal(asked.length, 0);
  const failed = await runIn(page, 'engine', shift, config);
  assert.equal(failed.error.kind, 'network');
  assert.match(failed.error.message, /fashion-mnist.*404/);
  broken = false;
  for (const seed of [1, 2]) assert.equal((await runIn(page, 'engine', shift, config, seed)).error, null);
  assert.equal(asked.length, 2);
  assert.match(asked[1], /assets\/fashion-mnist-[0-9a-f]{10}\.bin$/);
  await closePage(page);
});

test('cancel: nothing more is heard, and the next run begins at once', async () => {
  const page = await enginePage(plain.url);
  const config = await presetConfig(page, optimalBins, long);
  const found = await page.evaluate(
    async ({ study, config }) => {
      const request = { study, config, seed: 1, inputs: {} };
      let stop = () => undefined;
      const { handle, ended } = await window.reprise.outcome(
        window.engine,
        request,
        (count) => count === 3 && stop(),
      );
      stop = () => handle.cancel();
      const { error, heard } = await ended;
      const heardAtEnd = { ...heard };
      await new Promise((resolve) => setTimeout(resolve, 600));
      return { error, heardAtEnd, heardLater: { ...heard } };
    },
    { study: optimalBins, config },
  );
  assert.equal(found.error.kind, 'cancelled');
  assert.deepEqual(found.heardLater, found.heardAtEnd);
  const next = await runIn(page, 'engine', optimalBins, await presetConfig(page, optimalBins, reduced));
  assert.equal(next.error, null);
  await closePage(page);
});

test('pause: progress stands still, other runs go on, and the report does not change', async () => {
  const page = await enginePage(plain.url);
  const config = await presetConfig(page, optimalBins, { n_list: [10000, 30000], seeds: 20 });
  const small = await presetConfig(page, optimalBins, reduced);
  const found = await page.evaluate(
    async ({ study, config, small }) => {
      const request = { study, config, seed: 3, inputs: {} };
      const undisturbed = await (await window.reprise.outcome(window.engine, request)).ended;
      let pauseAt = () => undefined;
      const paused = new Promise((resolve) => (pauseAt = resolve));
      const run = await window.reprise.outcome(window.engine, request, (count) => {
        if (count === 2) {
          run.handle.pause();
          pauseAt();
        }
      });
      let over = false;
      void run.ended.then(() => (over = true));
      await paused;
      await new Promise((resolve) => setTimeout(resolve, 200)); // rows that were on their way
      const other = await (await window.reprise.outcome(window.engine, { ...request, config: small })).ended;
      await new Promise((resolve) => setTimeout(resolve, 300));
      const overWhilePaused = over;
      run.handle.resume();
      return { undisturbed, overWhilePaused, other, disturbed: await run.ended };
    },
    { study: optimalBins, config, small },
  );
  assert.equal(found.overWhilePaused, false);
  assert.equal(found.other.error, null);
  assert.equal(found.disturbed.error, null);
  assertSameText(
    withoutProvenance(found.disturbed.text).rest,
    withoutProvenance(found.undisturbed.text).rest,
  );
  await closePage(page);
});

for (const [kind, expected, sentence] of [
  ['trap', 'crash', /crashed in this browser/],
  ['memory', 'memory', /needs more memory than this tab can have/],
]) {
  test(`after a ${kind} the run ends with a sentence, and the next run works`, async () => {
    const fault = { index: 2, kind, always: true };
    const page = await enginePage(plain.url, { fault });
    const config = await presetConfig(page, optimalBins, reduced);
    const first = await runIn(page, 'engine', optimalBins, config);
    assert.equal(first.error?.kind, expected);
    assert.match(first.error.message, sentence);
    await page.evaluate(() => (window.engine.fault = undefined));
    const second = await runIn(page, 'engine', optimalBins, config);
    assert.equal(second.error, null);
    const expectedText = await onCommandLine(optimalBins, reduced, {}, 1);
    assertSameText(withoutProvenance(second.text).rest, withoutProvenance(expectedText).rest);
    await closePage(page);
  });
}

test('a task that runs out of memory once is done again alone; the report does not change', async () => {
  const page = await enginePage(plain.url, { fault: { index: 2, kind: 'memory' } });
  const config = await presetConfig(page, optimalBins, reduced);
  const { text, error } = await runIn(page, 'engine', optimalBins, config);
  assert.equal(error, null);
  const expected = await onCommandLine(optimalBins, reduced, {}, 1);
  assertSameText(withoutProvenance(text).rest, withoutProvenance(expected).rest);
  assert.equal(await page.evaluate(() => window.engine.poolSize), 1);
  await closePage(page);
});

describe('a reload loses nothing', () => {
  const changes = { n_list: [100000, 300000], seeds: 60 };
  const interrupted = (page) => page.evaluate(() => window.engine.interrupted());
  /** Opens the page again in the same window, with a new engine. */
  async function reload(page) {
    await page.reload();
    await page.waitForSelector('html[data-ready=yes]', { state: 'attached' });
    await page.evaluate(() => {
      const device = { cores: 2, deviceMemoryGigabytes: 8, phone: false };
      window.engine = new window.reprise.BrowserEngine('recalibration', {
        device,
        runs: window.reprise.pageKeeping(),
      });
      window.files = {};
    });
  }
  /** Starts a run and returns when some of its tasks are stored. */
  async function runUntilStored(page, config, seed) {
    await page.evaluate(
      async ({ study, config, seed }) => {
        const stored = async () => {
          const rows = await new Promise((resolve) => {
            const opening = indexedDB.open('reprise.runs', 1);
            opening.onsuccess = () => {
              const all = opening.result.transaction('runs').objectStore('runs').getAll();
              all.onsuccess = () => {
                opening.result.close();
                resolve(all.result);
              };
            };
          });
          return rows.some(({ done }) => done > 0);
        };
        await window.engine.interrupted(); // makes the database
        const { ended } = await window.reprise.outcome(window.engine, { study, config, seed, inputs: {} });
        let over = false;
        void ended.then(() => (over = true));
        while (!(await stored())) {
          if (over) throw new Error('the run ended before anything was stored');
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      },
      { study: optimalBins, config, seed },
    );
  }

  test('the run goes on where it was, with the same bytes, and leaves nothing behind', async () => {
    const expected = withoutProvenance(await onCommandLine(optimalBins, changes, {}, 2, 5));
    const page = await enginePage(plain.url);
    const config = await presetConfig(page, optimalBins, changes);
    await runUntilStored(page, config, 5);
    assert.deepEqual(await interrupted(page), []); // while it runs it is nobody else's
    await reload(page);
    const [found, ...others] = await interrupted(page);
    assert.equal(others.length, 0);
    assert.equal(found.id, expected.provenance.run_id);
    assert.equal(found.study, optimalBins);
    assert.equal(found.seed, 5);
    assert.deepEqual(found.config, config);
    assert.ok(found.done > 0 && found.done < found.total, `${found.done} of ${found.total}`);

    const { first, text, error } = await page.evaluate(async ({ study, config, seed }) => {
      let first = null;
      const listener = { progress: (progress) => (first ??= progress), snapshot: () => undefined };
      const run = window.engine.start({ study, config, seed, inputs: {} }, listener);
      const ended = await run.result.catch(({ message }) => ({ error: message }));
      return { first, text: ended.text, error: ended.error };
    }, found);
    assert.equal(error, undefined);
    assert.equal(first.done, found.done); // none of them was computed again
    const continued = withoutProvenance(text);
    assertSameText(continued.rest, expected.rest, 'continued after a reload');
    assert.equal(continued.provenance.result_sha256, expected.provenance.result_sha256);
    await reload(page);
    assert.deepEqual(await interrupted(page), []);
    await closePage(page);
  });

  test('another seed is another run; a discarded run is gone', async () => {
    const page = await enginePage(plain.url);
    const config = await presetConfig(page, optimalBins, changes);
    await runUntilStored(page, config, 6);
    await reload(page);
    const small = await presetConfig(page, optimalBins, reduced);
    const other = await runIn(page, 'engine', optimalBins, small, 7);
    assert.equal(other.error, null);
    const [found] = await interrupted(page);
    assert.equal(found.seed, 6);
    await page.evaluate((id) => window.engine.discard(id), found.id);
    assert.deepEqual(await interrupted(page), []);
    await closePage(page);
  });

  test('the store has a limit: the run that was written least recently goes first', async () => {
    const page = await enginePage(plain.url);
    const found = await page.evaluate(async () => {
      const store = new window.reprise.IndexedRunStore('build', 1000, 'test.runs');
      const run = (id) => ({ id, study: 'a/b', config: {}, seed: 1, inputs: {}, done: 1, total: 9 });
      const task = (index, size) => {
        const rows = [new Uint8Array(size).fill(index).buffer];
        return { stage: 's', index, rows, artefacts: [] };
      };
      const kept = [];
      kept.push(await store.add(run('old'), [task(0, 200)]));
      kept.push(await store.add(run('middle'), [task(0, 200)]));
      kept.push(await store.add(run('old'), [task(1, 100)]));
      kept.push(await store.add(run('new'), [task(0, 300)]));
      kept.push(await store.add(run('huge'), [task(0, 2000)]));
      const ids = (await store.list()).map(({ id }) => id);
      const tasks = await store.load('old');
      const evicted = await store.load('middle');
      // rows of another build are never used
      const later = new window.reprise.IndexedRunStore('next build', 1000, 'test.runs');
      const foreign = [await later.load('old'), await later.list(), await store.list()];
      const free = store.hold('new');
      free();
      return { kept, ids, sizes: tasks.map(({ rows }) => rows[0].byteLength), evicted, foreign };
    });
    assert.deepEqual(found.kept, [true, true, true, true, false]);
    assert.deepEqual(found.ids, ['new', 'old']);
    assert.deepEqual(found.sizes, [200, 100]);
    assert.deepEqual(found.evicted, []);
    assert.deepEqual(found.foreign, [[], [], []]);
    await closePage(page);
  });

  test('without IndexedDB runs work as ever', async () => {
    const page = await enginePage(plain.url);
    const config = await presetConfig(page, optimalBins, reduced);
    await page.evaluate(() => {
      IDBFactory.prototype.open = () => {
        throw new DOMException('The operation is insecure.', 'SecurityError');
      };
    });
    const { error } = await runIn(page, 'engine', optimalBins, config);
    assert.equal(error, null);
    assert.deepEqual(await interrupted(page), []);
    await closePage(page);
  });
});

test('a worker that hangs: cancel is immediate, the worker is replaced', async () => {
  const page = await enginePage(plain.url, { cores: 1, fault: { index: 0, kind: 'hang' } });
  const config = await presetConfig(page, optimalBins, reduced);
  const error = await page.evaluate(
    async ({ study, config }) => {
      const { handle, ended } = await window.reprise.outcome(
        window.engine,
        { study, config, seed: 1, inputs: {} },
        () => setTimeout(() => handle.cancel(), 200),
      );
      return (await ended).error;
    },
    { study: optimalBins, config },
  );
  assert.equal(error.kind, 'cancelled');
  const next = await runIn(page, 'engine', optimalBins, config);
  assert.equal(next.error, null);
  await closePage(page);
});

test('settings that are wrong are refused with every problem, before anything runs', async () => {
  const page = await enginePage(server.url, {}, [/status of 4\d\d/]);
  await connectServer(page);
  const config = await presetConfig(page, optimalBins, { seeds: 0, n_list: 'x', unknown: 1 });
  const here = await runIn(page, 'engine', optimalBins, config);
  assert.equal(here.error.kind, 'input');
  assert.deepEqual(here.error.problems.map(({ key }) => key).sort(), ['n_list', 'seeds', 'unknown']);
  const there = await runIn(page, 'server', optimalBins, config);
  assert.deepEqual(there.error.problems, here.error.problems);
  await closePage(page);
});

test('a file that is wrong is refused with the row', async () => {
  const page = await enginePage(plain.url);
  const config = await presetConfig(page, myScores);
  await chooseFile(page, 'scores', '', 'score,label\n0.5,1\n0.7,maybe\n');
  const { error } = await runIn(page, 'engine', myScores, config);
  assert.equal(error?.kind, 'input');
  assert.match(error.message, /row 3|line 3|row 2/);
  assert.match(error.message, /maybe/);
  await closePage(page);
});

test('a static site below a sub-path: everything lies below it, and there is no server', async () => {
  plain.requests.length = 0;
  const page = await enginePage(plain.url, {}, [/404/]);
  assert.equal(await connectServer(page), false);
  const { error } = await runIn(page, 'engine', optimalBins, await presetConfig(page, optimalBins, reduced));
  assert.equal(error, null);
  assert.ok(plain.requests.length > 3);
  for (const request of plain.requests) assert.match(request, /^GET \/some\/where\//);
  // the module is fetched once for all workers
  assert.equal(plain.requests.filter((request) => request.endsWith('.wasm')).length, 1);
  await closePage(page);
});

test('without a network after loading, the browser engine goes on', async () => {
  const page = await enginePage(plain.url, {}, [/ERR_INTERNET_DISCONNECTED|Failed to load/]);
  const config = await presetConfig(page, optimalBins, reduced);
  await runIn(page, 'engine', optimalBins, config);
  await page.context().setOffline(true);
  assert.equal(await connectServer(page), false);
  const { error } = await runIn(page, 'engine', optimalBins, config);
  assert.equal(error, null);
  await closePage(page);
});

describe('the choice of engine', () => {
  function offers(page, config) {
    return page.evaluate(
      async ({ study, config }) => {
        const request = { study, config, seed: 1, inputs: {} };
        const predictions = {
          browser: await window.engine.predict(request),
          server: await window.server.predict(request),
        };
        const choice = window.reprise.chooseEngine({
          ...predictions,
          uploadBytes: 0,
          uploadBytesPerSecond: 1e6,
        });
        return { ...predictions, choice };
      },
      { study: optimalBins, config },
    );
  }

  test('a small run stays in the browser; a large one goes to the server and streams', async () => {
    // a visitor with a slow machine of one core; the server has two
    const page = await enginePage(server.url, { cores: 1 });
    assert.ok(await connectServer(page));
    const small = await offers(page, await presetConfig(page, optimalBins, reduced));
    assert.equal(small.choice.engine, 'browser', JSON.stringify(small));
    const config = await presetConfig(page, optimalBins, { n_list: [30000, 100000, 300000], seeds: 40 });
    const large = await offers(page, config);
    assert.equal(large.choice.engine, 'server', JSON.stringify(large));
    assert.ok(large.browser.seconds > 0 && large.server.seconds > 0);
    const { error, text, heard } = await runIn(page, 'server', optimalBins, config);
    assert.equal(error, null);
    assert.equal(JSON.parse(text).provenance.engine, 'local');
    assert.ok(heard.snapshots > 0, 'live reports arrive');
    assert.ok(heard.progress > 1, 'progress arrives');
    assert.ok(heard.partialClaims.every((status) => status === 'not_evaluated'));
    await closePage(page);
  });

  test('what does not fit into the tab is said in numbers', async () => {
    const page = await enginePage(server.url, { memory: 0.002 });
    await connectServer(page);
    const { browser: here, choice } = await offers(
      page,
      await presetConfig(page, optimalBins, { n_list: [10000, 1000000] }),
    );
    assert.equal(here.seconds, null);
    assert.match(here.reason, /^needs [\d.]+ [kMG]B; this tab has [\d.]+ [kMG]B$/);
    assert.equal(choice.engine, 'server');
    await closePage(page);
  });

  test('cancel on the server', async () => {
    const page = await enginePage(server.url);
    await connectServer(page);
    const config = await presetConfig(page, optimalBins, long);
    const { error, job } = await page.evaluate(
      async ({ study, config }) => {
        const request = { study, config, seed: 1, inputs: {} };
        const { handle, ended } = await window.reprise.outcome(window.server, request, () => handle.cancel());
        const { error } = await ended;
        for (let i = 0; i < 100; ++i) {
          const { items } = await (await fetch(window.reprise.siteUrl('api/v1/jobs'))).json();
          if (items[0].state === 'cancelled') return { error, job: items[0] };
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        return { error, job: null };
      },
      { study: optimalBins, config },
    );
    assert.equal(error.kind, 'cancelled');
    assert.equal(job?.state, 'cancelled');
    await closePage(page);
  });
});

test('a file of one’s own leaves the browser only when the run is sent', async () => {
  // the browser itself notes that the server does not have the file yet
  const page = await enginePage(server.url, {}, [/404/]);
  const bodies = [];
  page.on('request', (request) => bodies.push({ url: request.url(), body: request.postData() ?? '' }));
  await connectServer(page);
  await chooseFile(page, 'scores', csv);
  const secret = readFileSync(csv, 'utf8').split('\n')[5];
  const config = await presetConfig(page, myScores);
  const predicted = await page.evaluate(
    async ({ study, config }) => {
      const request = { study, config, seed: 1, inputs: window.files };
      return {
        here: await window.engine.predict(request),
        there: await window.server.predict(request),
        bytes: await window.server.uploadBytes(request),
      };
    },
    { study: myScores, config },
  );
  assert.ok(predicted.here.seconds !== null && predicted.there.seconds !== null, JSON.stringify(predicted));
  const here = await runIn(page, 'engine', myScores, config, 9);
  assert.equal(here.error, null);
  assert.ok(bodies.every(({ body, url }) => !body.includes(secret) && !url.includes('POST datasets')));
  assert.equal(bodies.filter(({ url }) => /datasets(\?|$)/.test(url)).length, 0);

  const there = await runIn(page, 'server', myScores, config, 9);
  assert.equal(there.error, null);
  assertSameText(withoutProvenance(there.text).rest, withoutProvenance(here.text).rest);
  await closePage(page);
});
