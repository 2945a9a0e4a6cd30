import assert from 'node:assert/strict';
import test from 'node:test';
import { Desk } from '../../../web/src/app/engine-desk.js';
import { seedsText } from '../../../web/src/app/claim-rows.js';
import { StudySession } from '../../../web/src/app/study-session.js';
import { RunError } from '../../../web/src/engines/engine.js';
import type { StudyDescription } from '../../../web/src/model/contract.js';
import { decodePermalink, encodePermalink } from '../../../web/src/model/permalink.js';
import { SampleEngine, sampleStudy } from './sample-study.js';

const breath = () => new Promise((resolve) => setTimeout(resolve, 15));

function open(over: Partial<StudyDescription> = {}) {
  const engine = new SampleEngine();
  const desk = new Desk(engine, Promise.resolve(null), () => Promise.resolve('ab'.repeat(32)));
  let changes = 0;
  const session = new StudySession(sampleStudy(over), desk, () => (changes += 1), 1);
  return { engine, session, desk, changes: () => changes };
}

test('the untouched small preset runs at once, and its partial reports are shown', async () => {
  const { engine, session } = open();
  session.open();
  assert.equal(engine.started.length, 1);
  assert.deepEqual(engine.started[0]?.config, session.description.presets['widget']);
  engine.snapshot(3);
  assert.deepEqual(session.unfinished, { done: 3, total: 5 });
  assert.equal(session.report?.series['best']?.x.length, 3);
  engine.finish();
  await breath();
  assert.equal(session.unfinished, null);
  assert.equal(session.run, null);
  assert.equal(session.report?.series['best']?.x.length, 5);
  assert.equal(session.result?.text, JSON.stringify(session.report));
  assert.equal(engine.started.length, 1, 'a finished run is not repeated by itself');
});

test('data that a run waits for are shown until the run begins', () => {
  const { engine, session, changes } = open();
  session.open();
  const before = changes();
  engine.load(0, 100);
  engine.load(40, 100);
  assert.equal(changes(), before + 2);
  assert.deepEqual(session.run?.loading, { name: 'pictures', received: 40, bytes: 100 });
  engine.snapshot(1);
  assert.equal(session.run?.loading, null);
});

test('a change re-runs a small study once, cancelling the old run', async () => {
  const { engine, session } = open();
  session.open();
  session.setParameter('mu', 3);
  session.setParameter('mu', 4);
  await breath();
  assert.equal(engine.cancelled, 1);
  assert.equal(engine.started.length, 2);
  assert.equal(engine.started[1]?.config['mu'], 4);
  engine.finish();
  await breath();
  assert.equal(session.stale, false);
});

test('the next seed checks the claims again; verdicts are counted while only the seed differs', async () => {
  const { engine, session } = open();
  session.open();
  engine.finish();
  await breath();
  const [claim = ''] = session.report?.claims.map(({ id }) => id) ?? [];
  assert.equal(seedsText(claim, session.verdicts), '');
  const first = session.seed;
  session.tryNextSeed();
  await breath();
  assert.equal(engine.started.at(-1)?.seed, first + 1);
  engine.finish();
  await breath();
  assert.equal(seedsText(claim, session.verdicts), 'held with 2 of 2 seeds');
  assert.equal(seedsText('no-such-claim', session.verdicts), '');
  session.setParameter('mu', 3);
  await breath();
  engine.finish();
  await breath();
  assert.equal(seedsText(claim, session.verdicts), '', 'other settings, another question');
});

test('a large study waits for Run, and says that the figure is older than the settings', async () => {
  const { engine, session } = open();
  session.open();
  engine.finish();
  await breath();
  engine.seconds = 60;
  session.usePreset('paper');
  await breath();
  assert.equal(engine.started.length, 1);
  assert.ok(session.stale);
  session.start();
  await breath();
  assert.equal(engine.started.length, 2);
  assert.equal(engine.started[1]?.config['seeds'], 500);
});

test('wrong values keep their texts, are told all at once, and nothing runs', async () => {
  const { engine, session } = open();
  session.setDraft(session.controls.find(({ key }) => key === 'mu')!, 'two');
  session.setParameter('seeds', 0);
  session.setParameter('n_list', [300, 100]);
  await breath();
  assert.deepEqual(session.problems.map(({ key }) => key).sort(), ['mu', 'n_list', 'seeds']);
  assert.match(
    session.problems.find(({ key }) => key === 'mu')!.message,
    /“two” is not a number. Allowed: \(0, 10\]/,
  );
  assert.equal(session.runnable, false);
  assert.equal(engine.started.length, 0);
  session.reset('mu');
  session.reset('seeds');
  session.reset('n_list');
  await breath();
  assert.deepEqual(session.problems, []);
  assert.equal(engine.started.length, 1);
});

test("the core's own problems stand beside their controls", async () => {
  const { engine, session } = open();
  engine.problems = [{ key: 'seeds', value: '20', allowed: '1…10', message: 'seeds=20 is too many here' }];
  session.setParameter('mu', 3);
  await breath();
  assert.deepEqual(
    session.problems.map(({ message }) => message),
    ['seeds=20 is too many here'],
  );
  assert.equal(engine.started.length, 0);
});

test('cancelling keeps what was finished and says so', async () => {
  const { engine, session } = open();
  session.open();
  engine.snapshot(2);
  session.cancel();
  await breath();
  assert.equal(engine.cancelled, 1);
  assert.equal(session.run, null);
  assert.equal(session.trouble?.kind, 'cancelled');
  assert.match(session.trouble?.what ?? '', /after 2 of 5 tasks/);
  assert.deepEqual(session.unfinished, { done: 2, total: 5 });
});

test('a failed run says what happened, what it means, what to do', async () => {
  const { engine, session } = open();
  session.open();
  engine.fail(new RunError('memory', 'This run needs 6 GB; this tab has 2 GB.'));
  await breath();
  assert.equal(session.trouble?.what, 'This run needs 6 GB; this tab has 2 GB.');
  assert.ok(session.trouble.meaning.length > 0 && session.trouble.advice.length > 0);
});

test('a study on own data waits for the file, and forgets its results with it', async () => {
  const input = {
    name: 'scores',
    required: true,
    formats: ['csv'],
    description: '',
    columns: '',
    example: '',
  };
  const { engine, session } = open({ inputs: [input] });
  session.open();
  await breath();
  assert.deepEqual(session.missingInputs, ['scores']);
  assert.equal(engine.started.length, 0);
  session.setInput('scores', new File(['score,label\n'], 'mine.csv'));
  await breath();
  assert.equal(engine.started.length, 1);
  assert.equal(engine.started[0]?.inputs['scores']?.name, 'mine.csv');
  engine.finish();
  await breath();
  assert.equal(session.permalink().inputs['scores'], 'ab'.repeat(32));
  session.removeInput('scores');
  assert.equal(session.report, null);
});

test('the permalink brings every setting back', () => {
  const { session } = open();
  session.usePreset('browser');
  session.setParameter('mu', 3.5);
  session.setParameter('n_list', [100, 1000]);
  session.setSeed(7);
  const link = decodePermalink(encodePermalink(session.permalink()));
  const other = open().session;
  other.restore(link!);
  assert.deepEqual(other.config, session.config);
  assert.equal(other.preset, 'browser');
  assert.equal(other.seed, 7);
});
