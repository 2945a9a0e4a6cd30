// The two settings that every study has: preset and seed.
import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { largestSeed } from '../model/permalink.js';
import { typingIn } from './control-fields.js';
import { readNumber } from './control-model.js';
import type { StudySession } from './study-session.js';

const presetHints: Record<string, string> = {
  widget: 'about a second',
  browser: 'more data, some seconds',
  paper: 'as large as published',
};

export function presetField(session: StudySession): TemplateResult {
  const names = Object.keys(session.description.presets);
  const order = ['widget', 'browser', 'paper'];
  names.sort((a, b) => order.indexOf(a) - order.indexOf(b));
  return html`<fieldset class="segments">
    <legend>Preset</legend>
    ${names.map(
      (name) =>
        html`<label title=${presetHints[name] ?? ''}>
          <input
            type="radio"
            name="preset-${session.description.study}"
            value=${name}
            .checked=${live(session.preset === name)}
            @change=${() => session.usePreset(name)}
          /><span>${name}</span>
        </label>`,
    )}
  </fieldset>`;
}

export function seedField(session: StudySession): TemplateResult {
  const id = `${session.description.study.replace('/', '-')}-seed`;
  const commit = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    session.typing.delete('seed');
    const value = readNumber(input.value);
    if (value !== null && Number.isInteger(value) && Math.abs(value) <= largestSeed) session.setSeed(value);
    else input.value = String(session.seed);
  };
  return html`<div class="row seed">
    <label for=${id}>Seed</label>
    <input
      type="text"
      class="number"
      inputmode="numeric"
      autocomplete="off"
      id=${id}
      .value=${live(session.typing.get('seed') ?? String(session.seed))}
      @input=${typingIn(session, 'seed')}
      @change=${commit}
      @blur=${() => session.typing.delete('seed')}
    />
    <button
      type="button"
      class="quiet"
      @click=${() => session.setSeed(1 + Math.floor(Math.random() * 999_999))}
    >
      New seed
    </button>
  </div>`;
}
