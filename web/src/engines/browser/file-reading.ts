// The visitor's files, read in slices where they lie: they are never held as a whole.
import type { ReadBytes } from './core.js';
import { CoreError } from './core.js';

const reader = typeof FileReaderSync === 'undefined' ? null : new FileReaderSync();

/** Reads slices of an input; a file that changed or vanished since it was chosen is a sentence, not a trap. */
export function readFile(name: string, file: File): ReadBytes {
  return (offset, length) => {
    if (!reader) throw new Error('files are read in workers only');
    try {
      return new Uint8Array(reader.readAsArrayBuffer(file.slice(offset, offset + length)));
    } catch {
      throw unreadable(name, file, 'read');
    }
  };
}

export function unreadable(name: string, file: File, kind: 'input' | 'read'): CoreError {
  const message = `${file.name} can no longer be read: it was changed, moved or deleted after you chose it. Choose it again.`;
  return new CoreError({
    kind,
    message,
    problems: [{ key: name, value: file.name, allowed: 'a readable file', message }],
  });
}
