// <reprise-lab slug="…">: the studies of one lab. The page's state is the active study's permalink in the fragment.
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { siteUrl } from '../engines/site.js';
import type { LabEntry } from '../model/contract.js';
import { decodePermalink, encodePermalink, restore } from '../model/permalink.js';
import { bibtex } from './citation.js';
import type { Interruptions } from './continue-offer.js';
import './continue-offer.js';
import './copy-button.js';
import { embedCode } from './embed-code.js';
import type { EngineDesk } from './engine-desk.js';
import type { Opening, Probe } from './labs/opening.js';
import { openingOf } from './labs/opening.js';
import { PlainElement } from './plain-element.js';
import { loadDescription, loadLabs } from './site-files.js';
import { background, ideaSection } from './lab-reading.js';
import { StudySession } from './study-session.js';
import './study-view.js';

class LabPage extends PlainElement {
  static override properties = { slug: {} };
  declare slug: string;

  private lab: LabEntry | null = null;
  private active = '';
  private readonly sessions = new Map<string, StudySession>();
  /** Permalinks of untouched studies: they leave the address as it is. */
  private readonly standard = new Map<string, string>();
  /** The study whose tab was last brought into sight. */
  private shown = '';
  private version = 0;
  private failure = '';
  private copied = '';
  private addressTimer: ReturnType<typeof setTimeout> | undefined;
  private opening: Opening | null = null;
  /** Made for this lab when the page opens. */
  private engines!: LabEngines;

  override connectedCallback(): void {
    super.connectedCallback();
    this.engines ??= makeEngines(this.slug);
    window.addEventListener('hashchange', this.onAddress);
    window.addEventListener('dragover', this.onDragOver);
    window.addEventListener('drop', this.onDrop);
    void this.load();
    // without it the page is whole
    openingOf(this.slug)?.then(
      ({ opening }) => {
        this.opening = opening;
        this.requestUpdate();
      },
      () => undefined,
    );
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener('hashchange', this.onAddress);
    window.removeEventListener('dragover', this.onDragOver);
    window.removeEventListener('drop', this.onDrop);
    for (const session of this.sessions.values()) session.dispose();
  }

  private async load(): Promise<void> {
    try {
      const link = decodePermalink(location.hash);
      const guessed = link?.study.startsWith(`${this.slug}/`) ? link.study : null;
      const early = guessed ? loadDescription(guessed).catch(() => null) : null;
      this.lab = (await loadLabs()).find((lab) => lab.slug === this.slug) ?? null;
      if (!this.lab) throw new Error(`There is no lab “${this.slug}” on this site.`);
      await early;
      const known = this.lab.studies.map(({ study }) => study);
      const first = guessed && known.includes(guessed) ? guessed : this.lab.studies[0]?.study;
      if (first) await this.activate(first, location.hash);
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error);
    }
    this.requestUpdate();
  }

  /** Shows a study; a fragment with more than its name also sets its controls. */
  private async activate(study: string, fragment = ''): Promise<void> {
    this.active = study;
    this.requestUpdate();
    let session = this.sessions.get(study);
    const link = decodePermalink(fragment);
    if (!session) {
      const description = await loadDescription(study);
      session =
        this.sessions.get(study) ??
        new StudySession(description, this.engines.desk, () => this.onChange(study));
      const fresh = !this.sessions.has(study);
      this.sessions.set(study, session);
      if (fresh) {
        session.samples = this.lab?.samples ?? {};
        this.standard.set(study, encodePermalink(session.permalink()));
        if (link?.study === study) session.apply(restore(link, description));
        session.open();
      }
    } else if (link?.study === study && fragment.replace(/^#/, '') !== encodePermalink(session.permalink())) {
      session.restore(link);
    }
    this.requestUpdate();
  }

  private readonly openStudy = async (study: string): Promise<StudySession | undefined> => {
    await this.activate(study);
    return this.sessions.get(study);
  };

  private onChange(study: string): void {
    this.version += 1;
    this.requestUpdate();
    if (study !== this.active) return;
    clearTimeout(this.addressTimer);
    this.addressTimer = setTimeout(() => this.writeAddress(), 150);
  }

  private writeAddress(): void {
    const session = this.sessions.get(this.active);
    if (!session) return;
    const fragment = encodePermalink(session.permalink());
    const untouched = location.hash === '' && fragment === this.standard.get(this.active);
    if (untouched || location.hash === `#${fragment}`) return;
    history.replaceState(history.state, '', `#${fragment}`);
  }

  private readonly onAddress = (): void => {
    const link = decodePermalink(location.hash);
    if (link && this.lab?.studies.some(({ study }) => study === link.study))
      void this.activate(link.study, location.hash);
  };

  private readonly choose = (event: Event, study: string): void => {
    event.preventDefault();
    if (study === this.active) return;
    const known = this.sessions.get(study);
    const fragment = known ? encodePermalink(known.permalink()) : `study=${study}`;
    history.pushState(history.state, '', `#${fragment}`);
    void this.activate(study);
  };

  private readonly onDragOver = (event: DragEvent): void => {
    if (event.dataTransfer?.types.includes('Files')) event.preventDefault();
  };

  /** A file dropped anywhere belongs to the active study's first input; it never replaces the page. */
  private readonly onDrop = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    const session = this.sessions.get(this.active);
    const input = session?.description.inputs[0];
    const file = event.dataTransfer.files[0];
    if (session && input && file) session.setInput(input.name, file);
  };

  private readonly share = async (): Promise<void> => {
    this.writeAddress();
    const session = this.sessions.get(this.active);
    const address = new URL(location.href);
    if (session) address.hash = encodePermalink(session.permalink());
    try {
      await navigator.clipboard.writeText(address.href);
      this.copied = 'Link copied.';
    } catch {
      this.copied = 'Copy the address of this page: it holds every setting.';
    }
    this.requestUpdate();
    setTimeout(() => {
      this.copied = '';
      this.requestUpdate();
    }, 4000);
  };

  private embedAddress(session: StudySession): string {
    const address = siteUrl(`embed/${session.description.study}/`);
    const fragment = encodePermalink(session.permalink());
    if (fragment !== this.standard.get(session.description.study)) address.hash = fragment;
    return address.href;
  }

  protected override updated(): void {
    if (this.shown === this.active) return;
    const tab = this.querySelector<HTMLElement>('.studies [aria-current=page]');
    const row = tab?.parentElement;
    if (!tab || !row) return;
    this.shown = this.active;
    // on a phone the row of studies scrolls; the page itself does not move
    row.scrollLeft = tab.offsetLeft - row.offsetLeft - 24;
  }

  override render(): TemplateResult {
    if (this.failure) return html`<p class="trouble" role="alert">${this.failure}</p>`;
    const lab = this.lab;
    if (!lab) return html`<p class="loading" role="status">Loading the studies</p>`;
    const { paper } = lab;
    const session = this.sessions.get(this.active);
    return html`
      <div class="paper-line">
        <p>
          <a href=${paper.url}>${paper.title}</a>. ${paper.authors.join(', ')}.
          ${paper.venue}${paper.venue.includes(String(paper.year)) ? '' : `, ${paper.year}`}.
        </p>
        <div class="takes">
          <div class="share">
            <button type="button" @click=${() => void this.share()}>Copy link</button>
            <span role="status">${this.copied}</span>
          </div>
          <details class="take">
            <summary>Cite</summary>
            <reprise-copy .name=${'BibTeX'} .text=${bibtex(paper)}></reprise-copy>
          </details>
          ${session
            ? html`<details class="take">
                <summary>Embed</summary>
                <p>This study with its settings, for your own page:</p>
                <reprise-copy
                  .name=${'Embed code'}
                  .text=${embedCode(session.description.title, this.embedAddress(session))}
                ></reprise-copy>
                <p class="help">
                  <code>?theme=dark</code> or <code>light</code> fixes the theme;
                  <code>?accent=%23a03000</code> and other names of colours set them.
                </p>
              </details>`
            : nothing}
        </div>
      </div>
      <div class="opening-place">${this.opening?.(this.engines.probe) ?? nothing}</div>
      ${ideaSection(lab)}
      <nav class="studies" aria-label="Studies of this lab">
        ${lab.studies.map(
          ({ study, title, question }) =>
            html`<a
              href="#study=${study}"
              title=${question}
              aria-current=${study === this.active ? 'page' : nothing}
              @click=${(event: Event) => this.choose(event, study)}
              >${title}</a
            >`,
        )}
      </nav>
      ${session
        ? html`<h2 class="study-question">${session.description.question}</h2>
            <reprise-continue
              .source=${this.engines.interruptions}
              .studies=${lab.studies}
              .session=${session}
              .version=${this.version}
              .open=${this.openStudy}
            ></reprise-continue>
            <reprise-study .notes=${lab.notes} .session=${session} .version=${this.version}></reprise-study>`
        : html`<p class="loading" role="status">Loading the study</p>`}
      ${background(lab)}
    `;
  }
}

/** How the page reaches its engines. */
export interface LabEngines {
  desk: EngineDesk;
  probe: Probe;
  interruptions: Interruptions;
}

let makeEngines: (lab: string) => LabEngines;

/** Starts the page. */
export function defineLab(engines: (lab: string) => LabEngines): void {
  makeEngines = engines;
  customElements.define('reprise-lab', LabPage);
}
