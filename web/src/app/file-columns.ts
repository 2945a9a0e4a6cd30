// What a chosen file holds, as far as its first line tells: the visitor sees at once whether it is the right one.

const headBytes = 16_384;
const namesShown = 8;
const known = new WeakMap<File, Promise<string>>();

/** "Columns: score, label." for a table of texts; "" where the first line says nothing. */
export function columnsText(file: File): Promise<string> {
  let text = known.get(file);
  if (!text) {
    text = file
      .slice(0, headBytes)
      .text()
      .then(
        (head) => describeColumns(columnsOf(head)),
        () => '', // the run says what is wrong with the file
      );
    known.set(file, text);
  }
  return text;
}

/** Names in the first line of a CSV text; none when it is no line of names. */
export function columnsOf(head: string): string[] {
  const line = /^\uFEFF?([^\r\n]*)[\r\n]/.exec(head)?.[1] ?? '';
  const names = line.split(',').map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
  const plain = names.every((name) => /^[\p{L}_][\p{L}\p{N} _.-]*$/u.test(name));
  return plain ? names : [];
}

export function describeColumns(names: string[]): string {
  if (names.length === 0) return '';
  const rest = names.length - namesShown;
  const shown = names.slice(0, namesShown).join(', ');
  return `${names.length === 1 ? 'Column' : 'Columns'}: ${shown}${rest > 0 ? ` and ${rest} more` : ''}.`;
}
