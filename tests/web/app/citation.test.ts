import assert from 'node:assert/strict';
import test from 'node:test';
import { bibtex } from '../../../web/src/app/citation.js';

test('a paper of a conference', () => {
  const text = bibtex({
    title: 'Minimum-Risk Recalibration of Classifiers',
    authors: ['Zeyu Sun', 'Dogyoon Song', 'Alfred Hero'],
    venue: 'NeurIPS 2023',
    year: 2023,
    url: 'https://arxiv.org/abs/2305.10886',
  });
  assert.equal(
    text,
    `@inproceedings{sun2023minimum,
  title = {{Minimum-Risk Recalibration of Classifiers}},
  author = {Zeyu Sun and Dogyoon Song and Alfred Hero},
  booktitle = {NeurIPS},
  year = {2023},
  eprint = {2305.10886},
  archivePrefix = {arXiv},
  url = {https://arxiv.org/abs/2305.10886},
}`,
  );
});

test('a preprint, with letters that LaTeX reads otherwise', () => {
  const text = bibtex({
    title: 'The 50% Rule & _More_',
    authors: ['Zoë Čapek'],
    venue: 'arXiv 2604.07744',
    year: 2026,
    url: 'https://example.org/paper',
  });
  assert.match(text, /^@misc\{capek202650,/);
  assert.match(text, /title = \{\{The 50\\% Rule \\& \\_More\\_\}\}/);
  assert.doesNotMatch(text, /eprint|booktitle/);
});
