import assert from 'node:assert/strict';
import test from 'node:test';
import { everything, filterLabs, tagsOf } from '../../../web/src/app/catalogue-filter.js';
import { claimRows, claimSummary, neededText } from '../../../web/src/app/claim-rows.js';
import type { LabEntry } from '../../../web/src/model/contract.js';
import plannedLabs from '../../../web/planned-labs.json';
import { sampleResult, sampleStudy } from './sample-study.js';

const request = { study: 'sample/bins', config: sampleStudy().presets['widget']!, seed: 0, inputs: {} };

test('claims before a run: everything declared, nothing judged', () => {
  const rows = claimRows(sampleStudy(), null, false);
  assert.deepEqual(
    rows.map(({ verdict }) => verdict),
    ['not run here', 'not run here'],
  );
  assert.equal(rows[0]?.needed, '≤ 0.08');
  assert.equal(claimSummary(rows), '');
});

test('claims after a run: numbers, needs, verdicts, reasons', () => {
  const rows = claimRows(sampleStudy(), sampleResult(request), true);
  assert.deepEqual(
    rows.map(({ found, needed, verdict }) => [found, needed, verdict]),
    [
      ['0', '≤ 0.08', 'holds'],
      ['1.5', 'between 0.8 and 1.2', 'does not hold'],
    ],
  );
  assert.equal(rows[0]?.why, 'Room for noise.');
  assert.equal(claimSummary(rows), '1 of 2 claims hold in this run');
});

test('a claim that this run could not judge says why, and is not counted', () => {
  const report = sampleResult(request);
  report.claims[1] = {
    ...report.claims[1]!,
    statistic: 'NaN',
    status: 'not_evaluated',
    holds: null,
    reason: 'a is infinite',
  };
  const rows = claimRows(sampleStudy(), report, true);
  assert.deepEqual(
    [rows[1]?.found, rows[1]?.verdict, rows[1]?.reason],
    ['–', 'not run here', 'a is infinite'],
  );
  assert.equal(claimSummary(rows), '1 of 1 claim holds in this run, 1 not run here');
  report.claims.pop();
  assert.equal(claimRows(sampleStudy(), report, true)[1]?.reason, 'not part of a run with these settings');
});

test('a claim that needs other settings says which', () => {
  const report = sampleResult(request);
  report.claims.pop();
  const study = sampleStudy();
  study.claims[1] = { ...study.claims[1]!, judged_when: 'more bins', judged_with: { bins: 20 } };
  const row = claimRows(study, report, true)[1];
  assert.equal(row?.reason, 'not part of a run with these settings; judged with more bins');
  assert.deepEqual(row?.judgedWith, { bins: 20 });
  assert.equal(claimRows(study, report, false)[1]?.judgedWith, null);
  delete study.claims[1]?.judged_with;
  assert.equal(claimRows(study, report, true)[1]?.judgedWith, 'files');
});

test('a partial report judges nothing', () => {
  const rows = claimRows(sampleStudy(), sampleResult(request), false);
  assert.ok(rows.every(({ verdict }) => verdict === 'not run here'));
});

test('relations in signs', () => {
  assert.equal(neededText('>=', 3), '≥ 3');
  assert.equal(neededText('==', -1), '= −1');
});

// the planned labs are part of the product: complete, each with a question of its own; a lab that is built leaves the
// list (that the catalogue shows sixteen in all is tested in the browser)
const planned: LabEntry[] = plannedLabs.map((lab) => ({
  ...lab,
  planned: true,
  studies: [],
}));

test('the planned labs are complete', () => {
  assert.ok(planned.length < 16);
  assert.equal(new Set(planned.map(({ slug }) => slug)).size, planned.length);
  for (const { slug, title, question, paper, tags, own_data } of planned) {
    assert.match(slug, /^[a-z-]+$/);
    assert.ok(title.length > 3 && question.endsWith('?'), slug);
    assert.ok(paper.title && paper.authors.length > 0 && paper.venue && paper.year >= 2023, slug);
    assert.match(paper.url, /^https:\/\//);
    assert.ok(tags.length > 0 && typeof own_data === 'boolean', slug);
  }
});

test('search finds words anywhere, without accents; filters narrow further', () => {
  const slugs = (filter: Partial<typeof everything>) =>
    filterLabs(planned, { ...everything, ...filter }).map(({ slug }) => slug);
  assert.deepEqual(slugs({ words: 'dolz' }), ['modulus-of-continuity']);
  assert.deepEqual(slugs({ words: 'noise level' }), ['diffusion-representation']);
  assert.deepEqual(slugs({ words: 'zzz' }), []);
  assert.equal(slugs({}).length, planned.length);
  assert.deepEqual(slugs({ tag: 'robustness' }), ['modulus-of-continuity']);
  const verdicts = { holds: 1, total: 1, preset: 'browser', seed: 1, others: [], longest_seconds: 4 };
  const built = { ...planned[0]!, planned: false, verdicts };
  const within = (longestSeconds: number) =>
    filterLabs([...planned, built], { ...everything, longestSeconds }).length;
  assert.equal(within(5), 1, 'only what was measured');
  assert.equal(within(2), 0);
  assert.equal(tagsOf(planned)[0], 'transformers');
  assert.ok(!tagsOf(planned).includes('biology'), 'only one lab has it');
});
