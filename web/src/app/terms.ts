// Finds the words of a text that are explained beside it.

export interface TextPiece {
  text: string;
  /** Which term it is; −1: none. */
  term: number;
}

/** The text in pieces; the first occurrence of each term, as a whole word in any case, is a piece of its own. */
export function markTerms(text: string, terms: readonly string[]): TextPiece[] {
  const found = terms
    .map((term, index) => {
      const pattern = new RegExp(`(?<![\\p{L}\\p{N}])${escaped(term)}(?![\\p{L}\\p{N}])`, 'iu');
      return { index, at: pattern.exec(text)?.index ?? -1, length: term.length };
    })
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at || b.length - a.length);
  const pieces: TextPiece[] = [];
  let end = 0;
  for (const { index, at, length } of found) {
    if (at < end) continue; // inside another term
    if (at > end) pieces.push({ text: text.slice(end, at), term: -1 });
    pieces.push({ text: text.slice(at, at + length), term: index });
    end = at + length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end), term: -1 });
  return pieces;
}

function escaped(term: string): string {
  return term.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
