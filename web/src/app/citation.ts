// The paper of a lab as BibTeX.
import type { Paper } from '../model/contract.js';

function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\textbackslash{}')
    .replace(/[&%$#_]/g, '\\$&')
    .replaceAll('~', '\\textasciitilde{}');
}

/** "sun2023minimum": family name of the first author, year, first word of the title that says something. */
function keyOf({ authors, year, title }: Paper): string {
  const plain = (text: string): string =>
    text
      .normalize('NFD')
      .toLowerCase()
      .replace(/[^a-z0-9]/g, '');
  const small = new Set(['a', 'an', 'the', 'on', 'of', 'what', 'when', 'how', 'does']);
  const word = title.split(/[\s–—-]+/).find((one) => !small.has(one.toLowerCase())) ?? '';
  return plain(authors[0]?.split(' ').at(-1) ?? '') + String(year) + plain(word);
}

export function bibtex(paper: Paper): string {
  const eprint = /arxiv\.org\/abs\/([\d.]+)/.exec(paper.url)?.[1];
  const preprint = /^arxiv/i.test(paper.venue);
  // braces keep the capitals of the title
  const fields: [string, string][] = [
    ['title', `{${escaped(paper.title)}}`],
    ['author', paper.authors.map(escaped).join(' and ')],
    ...(preprint ? [] : [['booktitle', escaped(paper.venue.replace(/\s*\d{4}$/, ''))] as [string, string]]),
    ['year', String(paper.year)],
    ...(eprint
      ? ([
          ['eprint', eprint],
          ['archivePrefix', 'arXiv'],
        ] as [string, string][])
      : []),
    ['url', paper.url],
  ];
  const lines = fields.map(([key, value]) => `  ${key} = {${value}},`);
  return [`@${preprint ? 'misc' : 'inproceedings'}{${keyOf(paper)},`, ...lines, '}'].join('\n');
}
