// <reprise-study>: one study from figure to data. Draws a StudySession.
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import '../figures/figure-element.js';
import type { FigureSpec } from '../model/contract.js';
import { codeSection } from './code-section.js';
import { controlField } from './control-fields.js';
import { isVisible } from './control-model.js';
import { inputPanels } from './input-panel.js';
import { PlainElement } from './plain-element.js';
import { claimsSection, dataSection, warningList } from './results.js';
import { runPanel, troubleBox } from './run-panel.js';
import { presetField, seedField } from './setting-fields.js';
import type { StudySession } from './study-session.js';
import type { Notes } from './term-links.js';
import { withTerms } from './term-links.js';

export class StudyView extends PlainElement {
  static override properties = {
    notes: { attribute: false },
    session: { attribute: false },
    version: { attribute: false },
  };
  /** Words that the lab explains. */
  declare notes: Notes | undefined;
  declare session: StudySession;
  /** Rises whenever the session changed. */
  declare version: number;

  private readonly narrow = matchMedia('(max-width: 760px)');

  override render(): TemplateResult | typeof nothing {
    const session = this.session;
    if (!session) return nothing;
    const { description } = session;
    const [opening, ...others] = description.figures;
    const ownData = description.inputs.some((input) => input.required);
    const waiting = session.missingInputs.length > 0 && session.report === null;
    return html`
      ${session.notices.map((notice) => html`<p class="notice" role="status">${notice}</p>`)}
      <div class="stage">
        <div class="picture">
          ${session.trouble ? troubleBox(session.trouble, () => session.dismissTrouble()) : nothing}
          ${waiting ? inputPanels(session) : opening ? this.figure(opening, 'opening') : nothing}
          ${warningList(session.report)}
        </div>
        <div class="panel">
          ${runPanel(session)}
          <details
            class="settings"
            ?open=${!this.narrow.matches}
            @toggle=${this.onSettings}
            @keydown=${this.onSettingsKey}
          >
            <summary>Settings</summary>
            ${presetField(session)} ${this.controls(true)} ${seedField(session)} ${this.allParameters()}
          </details>
        </div>
        <p class="summary">${withTerms(description.summary, this.notes ?? [])}</p>
      </div>
      ${others.length > 0 && !waiting
        ? html`<div class="figures">${others.map((figure) => this.figure(figure, ''))}</div>`
        : nothing}
      ${waiting ? nothing : claimsSection(session)}
      ${waiting || (!ownData && description.inputs.length === 0) ? nothing : inputPanels(session)}
      ${dataSection(session)} ${codeSection(session)}
    `;
  }

  /** On a phone the settings are a sheet over the lower half: what they change is seen above it. */
  private readonly onSettings = (event: Event): void => {
    if (this.narrow.matches && (event.target as HTMLDetailsElement).open)
      this.querySelector('.picture')?.scrollIntoView({ block: 'start' });
  };

  private readonly onSettingsKey = (event: KeyboardEvent): void => {
    const sheet = event.currentTarget as HTMLDetailsElement;
    if (event.key !== 'Escape' || !this.narrow.matches || !sheet.open) return;
    sheet.open = false;
    sheet.querySelector('summary')?.focus();
  };

  private figure(figure: FigureSpec, name: string): TemplateResult {
    const { report, unfinished } = this.session;
    return html`<reprise-figure
      class=${name}
      data-figure=${figure.id}
      .figure=${figure}
      .report=${report}
      .unfinished=${unfinished}
      .ownData=${this.session.onOwnData}
      .headingLevel=${2}
    ></reprise-figure>`;
  }

  private controls(essential: boolean): TemplateResult[] {
    const { controls, config } = this.session;
    return controls
      .filter((control) => control.essential === essential && isVisible(control, config))
      .map((control) => controlField(control, this.session));
  }

  private allParameters(): TemplateResult | typeof nothing {
    const rest = this.controls(false);
    if (rest.length === 0) return nothing;
    const keys = new Set(this.session.controls.filter((control) => !control.essential).map(({ key }) => key));
    const wrong = this.session.problems.some(({ key }) => keys.has(key));
    return html`<details class="all" ?open=${wrong}>
      <summary>All parameters <span class="size">${rest.length} more</span></summary>
      ${rest}
    </details>`;
  }
}

customElements.define('reprise-study', StudyView);
