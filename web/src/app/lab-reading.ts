// What a lab says about its paper: the idea with the words it needs, formulas on demand, what differs, what does not
// reproduce, sources.
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { unsafeHTML } from 'lit/directives/unsafe-html.js';
import type { LabEntry, LabVerdicts } from '../model/contract.js';
import { withTerms } from './term-links.js';

/** From here on there is a margin for notes. */
const margin = matchMedia('(min-width: 1280px)');

export function ideaSection({
  idea = [],
  notes = [],
  formulas = [],
}: LabEntry): TemplateResult | typeof nothing {
  if (idea.length === 0) return nothing;
  return html`<section class="reading idea" aria-labelledby="idea">
    <h2 id="idea">The idea</h2>
    <p>${withTerms(idea.join(' '), notes)}</p>
    ${notes.length > 0
      ? html`<details class="notes" ?open=${margin.matches}>
          <summary>Words</summary>
          <dl>
            ${notes.map(
              ({ term, text }, k) =>
                html`<div id="note-${k}" tabindex="-1">
                  <dt>${term}</dt>
                  <dd>${text}</dd>
                </div>`,
            )}
          </dl>
        </details>`
      : nothing}
    ${formulas.length > 0
      ? html`<details class="formulas">
          <summary>Formulas <span class="size">${formulas.length}</span></summary>
          ${formulas.map(
            // MathML of the lab's own description
            ({ label, mathml }) =>
              html`<figure class="formula">
                <figcaption>${label}</figcaption>
                <div class="scroll" tabindex="0" role="region" aria-label=${label}>${unsafeHTML(mathml)}</div>
              </figure>`,
          )}
        </details>`
      : nothing}
  </section>`;
}

export function background(lab: LabEntry): TemplateResult {
  const { differs = [], not_reproduced = [], sources = [], verdicts, studies } = lab;
  const part = (
    id: string,
    title: string,
    body: TemplateResult,
    size: number,
  ): TemplateResult | typeof nothing =>
    size === 0
      ? nothing
      : html`<section class="reading" aria-labelledby=${id}>
          <h2 id=${id}>${title}</h2>
          ${body}
        </section>`;
  const list = (items: TemplateResult[]): TemplateResult =>
    html`<ul>
      ${items}
    </ul>`;
  const titleOf = (study: string): string => studies.find((one) => one.study === study)?.title ?? study;
  return html`<div class="background">
    ${part(
      'differs',
      'What differs from the paper',
      list(differs.map((one) => html`<li>${one}</li>`)),
      differs.length,
    )}
    ${part(
      'reproduces',
      'What does not reproduce',
      html`${verdicts ? verdictsText(verdicts, not_reproduced.length > 0, titleOf, list) : nothing}
      ${not_reproduced.length > 0 ? list(not_reproduced.map((one) => html`<li>${one}</li>`)) : nothing}`,
      (verdicts?.total ?? 0) + not_reproduced.length,
    )}
    ${part(
      'sources',
      'Sources',
      list(sources.map(({ label, url }) => html`<li><a href=${url}>${label}</a></li>`)),
      sources.length,
    )}
  </div>`;
}

function verdictsText(
  { holds, total, preset, seed, others }: LabVerdicts,
  more: boolean,
  titleOf: (study: string) => string,
  list: (items: TemplateResult[]) => TemplateResult,
): TemplateResult {
  const run = `when every study was run last (preset ${preset}, seed ${seed})`;
  if (others.length === 0) {
    return html`<p>
      ${more
        ? `All ${total} claims held ${run}. Beyond the claims:`
        : `Nothing: all ${total} claims held ${run}.`}
    </p>`;
  }
  return html`<p>
      ${holds} of ${total} claims held ${run}. ${more ? 'The others, and what no claim says:' : 'The others:'}
    </p>
    ${list(
      others.map(
        ({ study, statement, status, reason }) =>
          html`<li>
            ${titleOf(study)}: ${statement}
            <em>${status === 'fails' ? 'Does not hold.' : 'Not run here.'}</em>
            ${reason ?? ''}
          </li>`,
      ),
    )}`;
}
