// One field per parameter: slider with typed number, switch, select, chips. Each with its help, its reset and what is
// wrong with it.
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { formatValue } from '../model/format.js';
import type { Json, Problem } from '../model/contract.js';
import type { Control } from './control-model.js';
import {
  choiceText,
  isChanged,
  readList,
  readNumber,
  readWords,
  sliderPosition,
  sliderValue,
  standardValue,
} from './control-model.js';
import type { StudySession } from './study-session.js';

interface Field {
  control: Control;
  session: StudySession;
  value: Json;
  id: string;
  problems: Problem[];
  describedBy: string;
}

export function controlField(control: Control, session: StudySession): TemplateResult {
  const id = `${session.description.study.replace('/', '-')}-${control.key}`;
  const problems = session.problems.filter(({ key }) => key === control.key);
  const described = [control.help ? `${id}-help` : '', problems.length > 0 ? `${id}-problem` : ''];
  const field: Field = {
    control,
    session,
    id,
    problems,
    value: session.config[control.key] ?? control.schema.default,
    describedBy: described.filter((one) => one !== '').join(' '),
  };
  return html`
    <div class="control ${control.kind} ${problems.length > 0 ? 'wrong' : ''}" data-key=${control.key}>
      ${control.kind === 'switch' ? switchField(field) : labelled(field)}
      ${control.help ? html`<p class="help" id="${id}-help">${control.help}</p>` : nothing}
      ${problems.length > 0
        ? html`<p class="problem" id="${id}-problem">${problems.map(({ message }) => message).join(' ')}</p>`
        : nothing}
      ${resetLine(field)}
    </div>
  `;
}

function labelled(field: Field): TemplateResult {
  const { control, id } = field;
  const unit = control.unit ? html`<span class="unit">${control.unit}</span>` : nothing;
  if (control.kind === 'choice') return html`<label for=${id}>${control.title}</label>${choiceField(field)}`;
  if (control.kind === 'list' || control.kind === 'words') {
    const list = control.kind === 'list' ? listField(field) : wordsField(field);
    return html`<label for=${id}>${control.title} ${unit}</label>${list}`;
  }
  if (control.kind === 'text') return html`<label for=${id}>${control.title}</label>${textField(field)}`;
  return html`<div class="row"><label for=${id}>${control.title}</label>${numberText(field)}${unit}</div>
    ${slider(field)}`;
}

function switchField({ control, session, id, value, describedBy }: Field): TemplateResult {
  return html`<label class="switch-label" for=${id}>
    <input
      type="checkbox"
      role="switch"
      id=${id}
      .checked=${live(value === true)}
      aria-describedby=${describedBy || nothing}
      @change=${(event: Event) =>
        session.setParameter(control.key, (event.target as HTMLInputElement).checked)}
    />
    ${control.title}
  </label>`;
}

function choiceField({ control, session, id, value, describedBy, problems }: Field): TemplateResult {
  return html`<select
    id=${id}
    aria-describedby=${describedBy || nothing}
    aria-invalid=${problems.length > 0 ? 'true' : nothing}
    @change=${(event: Event) => session.setParameter(control.key, (event.target as HTMLSelectElement).value)}
  >
    ${(control.schema.enum ?? []).map(
      (choice) => html`<option value=${choice} ?selected=${choice === value}>${choiceText(choice)}</option>`,
    )}
  </select>`;
}

function numberText({ control, session, id, value, describedBy, problems }: Field): TemplateResult {
  const text = session.typing.get(control.key) ?? session.drafts[control.key]?.value ?? String(value);
  const commit = (event: Event): void => {
    const typed = (event.target as HTMLInputElement).value;
    session.typing.delete(control.key);
    const number = readNumber(typed);
    if (number === null) session.setDraft(control, typed);
    else session.setParameter(control.key, number);
  };
  return html`<input
    type="text"
    class="number"
    inputmode="decimal"
    autocomplete="off"
    spellcheck="false"
    id=${id}
    .value=${live(text)}
    aria-describedby=${describedBy || nothing}
    aria-invalid=${problems.length > 0 ? 'true' : nothing}
    @input=${typingIn(session, control.key)}
    @change=${commit}
    @blur=${() => session.typing.delete(control.key)}
  />`;
}

/** Keeps what is being typed through re-renders. */
export function typingIn(session: StudySession, key: string): (event: Event) => void {
  return (event) => session.typing.set(key, (event.target as HTMLInputElement).value);
}

function slider({ control, session, value }: Field): TemplateResult | typeof nothing {
  const range = control.slider;
  if (!range) return nothing;
  const number = typeof value === 'number' ? value : NaN;
  const move = (event: Event): void => {
    session.setParameter(control.key, sliderValue(range, Number((event.target as HTMLInputElement).value)));
  };
  return html`<input
    type="range"
    min="0"
    max=${range.steps}
    step="1"
    aria-label="${control.title}, slider${range.logarithmic ? ' (logarithmic)' : ''}"
    aria-valuetext="${formatValue(value)} ${control.unit}"
    .value=${live(String(sliderPosition(range, number)))}
    @input=${move}
  />`;
}

function listField(field: Field): TemplateResult {
  const { control, session, id, value, describedBy, problems } = field;
  const entries = Array.isArray(value)
    ? value.filter((entry): entry is number => typeof entry === 'number')
    : [];
  const draft = session.drafts[control.key];
  const put = (next: number[]): void => {
    const tidy = control.schema['x-increasing'] ? [...new Set(next)].sort((a, b) => a - b) : next;
    session.setParameter(control.key, tidy);
  };
  const add = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    session.typing.delete(control.key);
    if (input.value.trim() === '') {
      if (draft) session.setParameter(control.key, entries);
      return;
    }
    const typed = readList(input.value);
    if (typed === null) {
      session.setDraft(control, input.value);
      return;
    }
    // brackets or several numbers replace the list, one number joins it
    put(typed.length > 1 || input.value.includes('[') ? typed : [...entries, ...typed]);
    input.value = '';
  };
  return html`
    <ul class="chips" aria-label="${control.title}: entries">
      ${entries.map(
        (entry, place) =>
          html`<li>
            <button
              type="button"
              class="chip"
              aria-label="Remove ${formatValue(entry)}"
              @click=${() => put(entries.filter((_, k) => k !== place))}
            >
              ${formatValue(entry)}<span aria-hidden="true">×</span>
            </button>
          </li>`,
      )}
      <li>
        <input
          type="text"
          class="add"
          id=${id}
          inputmode="decimal"
          autocomplete="off"
          placeholder="add"
          .value=${live(session.typing.get(control.key) ?? draft?.value ?? '')}
          aria-describedby=${describedBy || nothing}
          aria-invalid=${problems.length > 0 ? 'true' : nothing}
          @input=${typingIn(session, control.key)}
          @change=${add}
          @blur=${() => session.typing.delete(control.key)}
        />
      </li>
    </ul>
  `;
}

function textField({ control, session, id, value, describedBy, problems }: Field): TemplateResult {
  return html`<input
    type="text"
    class="text"
    autocomplete="off"
    spellcheck="false"
    id=${id}
    .value=${live(session.typing.get(control.key) ?? String(value))}
    aria-describedby=${describedBy || nothing}
    aria-invalid=${problems.length > 0 ? 'true' : nothing}
    @input=${typingIn(session, control.key)}
    @change=${(event: Event) => {
      session.typing.delete(control.key);
      session.setParameter(control.key, (event.target as HTMLInputElement).value.trim());
    }}
    @blur=${() => session.typing.delete(control.key)}
  />`;
}

/** Chips of texts; where only some are allowed, the others are offered while one types. */
function wordsField({ control, session, id, value, describedBy, problems }: Field): TemplateResult {
  const words = Array.isArray(value) ? value.map((word) => formatValue(word)) : [];
  const left = (control.schema.items?.enum ?? []).filter((word) => !words.includes(word));
  const put = (next: string[]): void => session.setParameter(control.key, next);
  const add = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    session.typing.delete(control.key);
    const typed = readWords(input.value);
    if (typed.length > 0) put([...words, ...typed.filter((word) => !words.includes(word))]);
    input.value = '';
  };
  return html`
    <ul class="chips" aria-label="${control.title}: entries">
      ${words.map(
        (word, place) =>
          html`<li>
            <button
              type="button"
              class="chip"
              aria-label="Remove ${word}"
              @click=${() => put(words.filter((_, k) => k !== place))}
            >
              ${word}<span aria-hidden="true">×</span>
            </button>
          </li>`,
      )}
      <li>
        <input
          type="text"
          class="add word"
          id=${id}
          list=${left.length > 0 ? `${id}-known` : nothing}
          autocomplete="off"
          spellcheck="false"
          placeholder="add"
          .value=${live(session.typing.get(control.key) ?? '')}
          aria-describedby=${describedBy || nothing}
          aria-invalid=${problems.length > 0 ? 'true' : nothing}
          @input=${typingIn(session, control.key)}
          @change=${add}
          @blur=${() => session.typing.delete(control.key)}
        />
        ${left.length > 0
          ? html`<datalist id="${id}-known">
              ${left.map((word) => html`<option value=${word}></option>`)}
            </datalist>`
          : nothing}
      </li>
    </ul>
  `;
}

function resetLine({ control, session }: Field): TemplateResult | typeof nothing {
  const preset = session.description.presets[session.preset];
  if (!isChanged(control, session.config, preset) && !(control.key in session.drafts)) return nothing;
  const standard = formatValue(standardValue(control, preset));
  const shown = standard.length > 40 ? `${standard.slice(0, 38)}…` : choiceText(standard);
  return html`<p class="default">
    default ${shown}
    <button
      type="button"
      class="quiet"
      aria-label="Reset ${control.title} to ${standard}"
      @click=${() => session.reset(control.key)}
    >
      Reset
    </button>
  </p>`;
}
