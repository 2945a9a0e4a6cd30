// A text whose difficult words lead to their notes beside the idea.
import { html } from 'lit';
import type { TemplateResult } from 'lit';
import type { LabEntry } from '../model/contract.js';
import { markTerms } from './terms.js';

export type Notes = NonNullable<LabEntry['notes']>;

export function withTerms(text: string, notes: Notes): (string | TemplateResult)[] {
  const terms = notes.map(({ term }) => term);
  return markTerms(text, terms).map((piece) =>
    piece.term < 0
      ? piece.text
      : html`<a
          class="term"
          href="#note-${piece.term}"
          title=${notes[piece.term]?.text ?? ''}
          @click=${(event: Event) => showNote(event, piece.term)}
          >${piece.text}</a
        >`,
  );
}

/** Goes to the note without touching the fragment, which is the page's state. */
function showNote(event: Event, index: number): void {
  const note = document.getElementById(`note-${index}`);
  if (!note) return;
  event.preventDefault();
  const list = note.closest('details');
  if (list) list.open = true;
  note.focus();
}
