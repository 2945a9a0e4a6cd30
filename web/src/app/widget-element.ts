// <reprise-widget study="lab/study">: figures, the controls that matter, the run, how many claims hold, and the way to
// the whole page. The settings are the permalink in the fragment.
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import '../figures/figure-element.js';
import { siteUrl } from '../engines/site.js';
import { decodePermalink, encodePermalink, restore } from '../model/permalink.js';
import { claimRows, claimSummary } from './claim-rows.js';
import type { EngineDesk } from './engine-desk.js';
import { tellHeight } from './frame-height.js';
import { PlainElement } from './plain-element.js';
import { runPanel, troubleBox } from './run-panel.js';
import { loadDescription, loadLabs } from './site-files.js';
import { StudySession } from './study-session.js';
import type * as WidgetSettings from './widget-settings.js';

type Settings = typeof WidgetSettings;

let makeDesk: (lab: string) => EngineDesk;

class Widget extends PlainElement {
  static override properties = { study: {} };
  declare study: string;
  private session: StudySession | null = null;
  private failure = '';
  /** Loaded when somebody wants to change something. */
  private settings: Settings | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    tellHeight(this.study, document.body);
    void this.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.session?.dispose();
  }

  private async load(): Promise<void> {
    try {
      const description = await loadDescription(this.study);
      const session = new StudySession(description, makeDesk(description.lab), () => this.requestUpdate());
      this.session = session;
      const link = decodePermalink(location.hash);
      if (link?.study === this.study) session.apply(restore(link, description));
      if (description.inputs.length > 0) void this.loadInputs(session);
      session.open();
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error);
    }
    this.requestUpdate();
  }

  override render(): TemplateResult {
    if (this.failure) return html`<p class="trouble" role="alert">${this.failure}</p>`;
    const { session } = this;
    if (!session) return html`<p class="loading" role="status">Loading the study</p>`;
    const { description, report } = session;
    const waiting = session.missingInputs.length > 0 && report === null;
    return html`
      <h1 class="question">${description.question}</h1>
      ${session.notices.map((notice) => html`<p class="notice" role="status">${notice}</p>`)}
      ${session.trouble ? troubleBox(session.trouble, () => session.dismissTrouble()) : nothing}
      ${waiting
        ? this.settings?.inputPanels(session)
        : html`<div class="figures">
            ${description.figures.map(
              (figure) =>
                html`<reprise-figure
                  data-figure=${figure.id}
                  .figure=${figure}
                  .report=${report}
                  .unfinished=${session.unfinished}
                  .ownData=${session.onOwnData}
                  .headingLevel=${2}
                ></reprise-figure>`,
            )}
          </div>`}
      <div class="foot">
        <div>
          ${runPanel(session)}
          <p class="verdict-line">${this.claims(session)} ${this.wholePage(session)}</p>
        </div>
        <details class="settings" @toggle=${() => void this.loadSettings()}>
          <summary>Settings</summary>
          ${this.settings?.settingFields(session) ?? nothing}
        </details>
      </div>
    `;
  }

  private async loadSettings(): Promise<void> {
    this.settings ??= await import('./widget-settings.js');
    this.requestUpdate();
  }

  /** A study that reads files needs its fields at once, and what there is to try. */
  private async loadInputs(session: StudySession): Promise<void> {
    await this.loadSettings();
    const labs = await loadLabs().catch(() => []);
    session.samples = labs.find(({ slug }) => slug === session.description.lab)?.samples ?? {};
    this.requestUpdate();
  }

  private claims(session: StudySession): string {
    const summary = claimSummary(claimRows(session.description, session.report, session.result !== null));
    return summary ? `${summary}.` : '';
  }

  private wholePage(session: StudySession): TemplateResult {
    const { lab } = session.description;
    const address = siteUrl(`labs/${lab}/`);
    address.hash = encodePermalink(session.permalink());
    return html`<a href=${address.href} target="_blank" rel="noopener">Open the whole page</a>`;
  }
}

/** `desk` makes the engine desk for a lab. */
export function defineWidget(desk: (lab: string) => EngineDesk): void {
  makeDesk = desk;
  customElements.define('reprise-widget', Widget);
}
