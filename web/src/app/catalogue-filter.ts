// Which labs a search and the filters leave.
import type { LabEntry } from '../model/contract.js';

export interface CatalogueFilter {
  words: string;
  tag: string;
  ownData: boolean;
  /** Of a lab's studies at the preset for browsers, as measured; null: any. */
  longestSeconds: number | null;
}

/** Limits to choose from, in seconds. */
export const runTimes = [2, 5, 20];

export const everything: CatalogueFilter = {
  words: '',
  tag: '',
  ownData: false,
  longestSeconds: null,
};

/** Tags that at least two labs share, most frequent first; the others are found by searching. */
export function tagsOf(labs: readonly LabEntry[]): string[] {
  const counts = new Map<string, number>();
  for (const tag of labs.flatMap((lab) => lab.tags)) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count > 1)
    .sort(([a, m], [b, n]) => n - m || a.localeCompare(b))
    .map(([tag]) => tag);
}

/** Labs that have the tag and every word somewhere: question, titles, authors, tags, studies. */
export function filterLabs(labs: readonly LabEntry[], filter: CatalogueFilter): LabEntry[] {
  const words = plain(filter.words)
    .split(/\s+/)
    .filter((word) => word !== '');
  return labs.filter((lab) => {
    if (filter.tag !== '' && !lab.tags.includes(filter.tag)) return false;
    if (filter.ownData && !lab.own_data) return false;
    if (
      filter.longestSeconds !== null &&
      !((lab.verdicts?.longest_seconds ?? Infinity) < filter.longestSeconds)
    )
      return false;
    const { paper, studies } = lab;
    const texts = [lab.question, lab.title, paper.title, paper.venue, ...paper.authors, ...lab.tags];
    const text = plain([...texts, ...studies.flatMap((study) => [study.title, study.question])].join(' '));
    return words.every((word) => text.includes(word));
  });
}

/** Lower case, without accents: "dolz" finds Dölz. */
function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}
