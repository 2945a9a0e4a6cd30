// The visitor's own files: drop or choose, what is expected, and where they go.
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { until } from 'lit/directives/until.js';
import { saveText } from '../figures/download.js';
import { formatBytes } from '../model/format.js';
import { siteUrl } from '../engines/site.js';
import type { InputSpec } from '../model/contract.js';
import { columnsText } from './file-columns.js';
import type { StudySession } from './study-session.js';

export function inputPanels(session: StudySession): TemplateResult | typeof nothing {
  const { inputs } = session.description;
  if (inputs.length === 0) return nothing;
  return html`<section class="inputs" aria-labelledby="own-data">
    <h2 id="own-data">Your own data</h2>
    ${inputs.map((input) => inputPanel(input, session))}
    <p class="privacy">
      Nothing leaves this browser unless you run on the server; then the file is sent to it.
    </p>
  </section>`;
}

function inputPanel(input: InputSpec, session: StudySession): TemplateResult {
  const id = `${session.description.study.replace('/', '-')}-input-${input.name}`;
  const file = session.inputs[input.name];
  const problems = session.problems.filter(({ key }) => key === input.name || key === `inputs.${input.name}`);
  const wanted = session.wanted[input.name];
  const take = (chosen: File | null | undefined): void => {
    if (chosen) session.setInput(input.name, chosen);
  };
  return html`<div
    class="input ${file ? 'filled' : ''}"
    @dragover=${allowDrop}
    @dragleave=${endDrop}
    @drop=${(event: DragEvent) => {
      endDrop(event);
      event.preventDefault();
      event.stopPropagation();
      take(event.dataTransfer?.files[0]);
    }}
  >
    <div class="drop">
      ${file
        ? html`<p class="file">
            <strong>${file.name}</strong>
            <span>${formatBytes(file.size)}. ${until(columnsText(file), '')}</span>
            <button
              type="button"
              class="quiet"
              aria-label="Remove ${file.name}"
              @click=${() => session.removeInput(input.name)}
            >
              Remove
            </button>
          </p>`
        : html`<p>Drop a file here, or</p>`}
      <label class="button" for=${id}>${file ? 'Choose another file' : 'Choose a file'}</label>
      <input
        type="file"
        class="visually-hidden"
        id=${id}
        accept=${input.formats.map((format) => `.${format}`).join(',')}
        aria-describedby="${id}-about ${problems.length > 0 ? `${id}-problem` : ''}"
        @change=${(event: Event) => {
          const element = event.target as HTMLInputElement;
          take(element.files?.[0]);
          element.value = '';
        }}
      />
      ${!file && session.samples[input.name]
        ? html`<button type="button" class="sample" @click=${() => void trySample(input.name, session)}>
            Try an example
          </button>`
        : nothing}
      <span class="formats"
        >${input.formats.map((format) => format.toUpperCase()).join(' or ')}${input.required
          ? ''
          : ', optional'}</span
      >
    </div>
    ${problems.length > 0
      ? html`<p class="problem" id="${id}-problem" role="alert">
          ${problems.map(({ message }) => message).join(' ')}
        </p>`
      : nothing}
    ${wanted && !file
      ? html`<p class="notice">
          This link was made with a file whose SHA-256 begins with ${wanted.slice(0, 12)}. Choose that file to
          see the same numbers.
        </p>`
      : nothing}
    ${wanted && session.hashes[input.name] && session.hashes[input.name] !== wanted
      ? html`<p class="notice">This is another file than the one in the link: the numbers will differ.</p>`
      : nothing}
    <div class="about" id="${id}-about">
      <p>${input.description}</p>
      ${input.columns ? html`<p><strong>Columns.</strong> ${input.columns}</p>` : nothing}
    </div>
    ${input.example
      ? html`<details>
          <summary>Example</summary>
          <pre tabindex="0" aria-label="Example of ${input.name}">${input.example}</pre>
          <button
            type="button"
            class="quiet"
            @click=${() => saveText(`${input.name}-example.csv`, 'text/csv', input.example)}
          >
            Save the example
          </button>
        </details>`
      : nothing}
  </div>`;
}

/** Simulated data of this site take the way of a chosen file. */
async function trySample(name: string, session: StudySession): Promise<void> {
  const path = session.samples[name] ?? '';
  const response = await fetch(siteUrl(path)).catch(() => null);
  if (!response?.ok) return;
  const fileName = `example-${path.split('/').at(-1) ?? name}`;
  session.setInput(name, new File([await response.blob()], fileName, { type: 'text/csv' }));
}

function allowDrop(event: DragEvent): void {
  if (!event.dataTransfer?.types.includes('Files')) return;
  event.preventDefault();
  (event.currentTarget as HTMLElement).classList.add('over');
}

function endDrop(event: DragEvent): void {
  (event.currentTarget as HTMLElement).classList.remove('over');
}
