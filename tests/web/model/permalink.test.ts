import assert from 'node:assert/strict';
import test from 'node:test';
import type { StudyDescription } from '../../../web/src/model/contract.js';
import { decodePermalink, encodePermalink, permalinkOf, restore } from '../../../web/src/model/permalink.js';
import type { Permalink } from '../../../web/src/model/permalink.js';

const hash = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
const number = { type: 'number' as const, title: 'A', default: 1, 'x-order': 0, 'x-allowed': '' };
const description: StudyDescription = {
  study: 'recalibration/optimal-bins',
  revision: 3,
  lab: 'recalibration',
  title: '',
  question: '',
  summary: '',
  paper: { title: '', authors: [], venue: '', year: 2025, url: '' },
  parameters: {
    type: 'object',
    properties: { a: number, labels: { ...number, type: 'array' }, model: number },
  },
  presets: {
    widget: { a: 1, labels: [100, 1000], model: 'beta' },
    paper: { a: 1, labels: [100, 1000, 1e6], model: 'beta' },
  },
  inputs: [{ name: 'scores', required: false, formats: ['csv'], description: '', columns: '', example: '' }],
  figures: [],
  claims: [],
  guarantee: 'exact',
};

test('a permalink holds what differs from the preset, readably', () => {
  const config = { a: 0.1, labels: [100, 300], model: 'beta' };
  const text = encodePermalink(permalinkOf(description, 'widget', config, 7, { scores: hash }));
  assert.equal(
    text,
    `study=recalibration/optimal-bins&revision=3&preset=widget&seed=7&set.a=0.1&set.labels=[100,300]&input.scores=${hash}`,
  );
});

test('encode and decode are inverse, whatever the texts and numbers', () => {
  const links: Permalink[] = [
    { study: 'a/b', revision: 1, preset: 'widget', differences: {}, seed: 0, inputs: {} },
    {
      study: 'lab-1/study_2',
      revision: 12,
      preset: 'p&q=#%+ä',
      differences: {
        text: 'a&b=c#d%20+e "quoted" ü \u{1f600}',
        list: [1, -2.5, 1e-300, 9007199254740991],
        nested: { x: [true, null, 'y'] },
        'odd key&=': 'v',
      },
      seed: 9007199254740991,
      inputs: { scores: hash, 'other & more': hash },
    },
  ];
  for (const link of links) {
    assert.deepEqual(decodePermalink(`#${encodePermalink(link)}`), link);
    // a fragment survives being part of a URL
    const url = new URL(`https://example.org/labs/x/#${encodePermalink(link)}`);
    assert.deepEqual(decodePermalink(url.hash), link);
  }
});

test('fragments that are no permalink are none; broken parts are left out', () => {
  for (const text of ['', '#', '#claims', '#study=', '#study=nolab', '#study=../x', '#study=a/b/c']) {
    assert.equal(decodePermalink(text), null, text);
  }
  const link = decodePermalink('#study=a/b&revision=x&seed=1e400&set.n=[1,&set.m=2&input.scores=123');
  assert.deepEqual(link, {
    study: 'a/b',
    revision: 1,
    preset: 'widget',
    differences: { m: 2 },
    seed: 1,
    inputs: {},
  });
});

test('restoring gives the config back, and says what could not be taken over', () => {
  const config = { a: 0.5, labels: [1], model: 'beta' };
  const link = permalinkOf(description, 'paper', config, 5, { scores: hash });
  const restored = restore(link, description);
  assert.deepEqual(restored, { preset: 'paper', config, seed: 5, wanted: { scores: hash }, notices: [] });

  const old = { ...link, revision: 2, preset: 'gone', differences: { removed: 4 }, inputs: { old: hash } };
  const now = restore(old, description);
  assert.equal(now.preset, 'widget');
  assert.deepEqual(now.config, description.presets['widget']);
  assert.equal(now.notices.length, 4);
  assert.match(now.notices[0] ?? '', /revision 2 .* revision 3/);
  assert.match(now.notices[2] ?? '', /"removed" \(4\)/);
});
