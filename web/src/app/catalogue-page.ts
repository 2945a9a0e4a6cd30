// <reprise-catalogue>: search, filters and one card per lab.
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { LabEntry } from '../model/contract.js';
import { formatSeconds } from '../model/format.js';
import type { CatalogueFilter } from './catalogue-filter.js';
import { everything, filterLabs, runTimes, tagsOf } from './catalogue-filter.js';
import { PlainElement } from './plain-element.js';
import { loadLabs } from './site-files.js';
import './miniature.js';

class CataloguePage extends PlainElement {
  private labs: LabEntry[] | null = null;
  private filter: CatalogueFilter = everything;
  private failure = '';

  override connectedCallback(): void {
    super.connectedCallback();
    loadLabs()
      .then((labs) => {
        this.labs = labs;
      })
      .catch((error: unknown) => {
        this.failure = error instanceof Error ? error.message : String(error);
      })
      .finally(() => this.requestUpdate());
  }

  override render(): TemplateResult {
    if (this.failure) return html`<p class="trouble" role="alert">${this.failure}</p>`;
    const labs = this.labs;
    if (!labs) return html`<p class="loading" role="status">Loading the catalogue</p>`;
    const shown = filterLabs(labs, this.filter);
    return html`
      <form class="search" role="search" @submit=${(event: Event) => event.preventDefault()}>
        <label class="visually-hidden" for="search">Search the labs</label>
        <input
          type="search"
          id="search"
          placeholder="Search questions, papers, authors"
          .value=${live(this.filter.words)}
          @input=${(event: Event) => this.change({ words: (event.target as HTMLInputElement).value })}
        />
        <div class="filters" role="group" aria-label="Topics">
          ${tagsOf(labs).map((tag) => this.tagButton(tag))}
        </div>
        <label class="switch-label">
          <input
            type="checkbox"
            .checked=${live(this.filter.ownData)}
            @change=${(event: Event) => this.change({ ownData: (event.target as HTMLInputElement).checked })}
          />
          works on my own data
        </label>
        <label class="run-time">
          <span class="visually-hidden">Longest run</span>
          <select
            .value=${live(String(this.filter.longestSeconds ?? ''))}
            @change=${(event: Event) => {
              const { value } = event.target as HTMLSelectElement;
              this.change({ longestSeconds: value === '' ? null : Number(value) });
            }}
          >
            <option value="">any run time</option>
            ${runTimes.map((limit) => html`<option value=${limit}>runs take under ${limit} s</option>`)}
          </select>
        </label>
        <p class="count" role="status">${countText(shown.length, labs.length)}</p>
      </form>
      <ul class="cards">
        ${shown.map(card)}
      </ul>
      ${shown.length === 0
        ? html`<p class="none">
            No lab matches.
            <button type="button" class="quiet" @click=${() => this.change(everything)}>Show all</button>
          </p>`
        : nothing}
    `;
  }

  private tagButton(tag: string): TemplateResult {
    const on = this.filter.tag === tag;
    return html`<button
      type="button"
      class="tag"
      aria-pressed=${on ? 'true' : 'false'}
      @click=${() => this.change({ tag: on ? '' : tag })}
    >
      ${tag}
    </button>`;
  }

  private change(part: Partial<CatalogueFilter>): void {
    this.filter = { ...this.filter, ...part };
    this.requestUpdate();
  }
}

function countText(shown: number, all: number): string {
  return shown === all ? `${all} labs` : `${shown} of ${all} labs`;
}

function card(lab: LabEntry): TemplateResult {
  const { paper } = lab;
  const authors =
    paper.authors.length > 3 ? `${paper.authors[0] ?? ''} et al.` : paper.authors.map(lastName).join(', ');
  return html`<li class="card ${lab.planned ? 'planned' : 'built'}" data-lab=${lab.slug}>
    ${lab.miniature ? html`<reprise-miniature .lab=${lab}></reprise-miniature>` : nothing}
    <h2>${lab.planned ? lab.question : html`<a href="labs/${lab.slug}/">${lab.question}</a>`}</h2>
    <p class="paper">${paper.title}</p>
    <p class="by">${authors}, ${paper.year}</p>
    ${lab.verdicts && lab.verdicts.total > 0
      ? html`<p class="verdicts">
          ${lab.verdicts.holds} of ${lab.verdicts.total}
          ${lab.verdicts.total === 1 ? 'claim holds' : 'claims hold'} in your browser
        </p>`
      : nothing}
    <p class="facts">
      ${lab.planned
        ? html`<span class="badge planned">planned</span>`
        : html`<span class="badge">browser · server</span>
            <span class="badge"
              >${lab.studies.length} ${lab.studies.length === 1 ? 'study' : 'studies'}</span
            >`}
      ${lab.verdicts?.longest_seconds === undefined
        ? nothing
        : html`<span class="badge">runs of up to ${formatSeconds(lab.verdicts.longest_seconds)}</span>`}
      ${lab.own_data ? html`<span class="badge own">your own data</span>` : nothing}
      ${lab.tags.map((tag) => html`<span class="badge topic">${tag}</span>`)}
    </p>
  </li>`;
}

function lastName(author: string): string {
  return author.split(' ').at(-1) ?? author;
}

customElements.define('reprise-catalogue', CataloguePage);
