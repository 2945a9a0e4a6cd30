// <reprise-miniature>: a figure of a lab, on its card. A picture from the build at first; once the card is seen
// the figure is computed here. The engine and the figures are loaded only then.
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { siteUrl } from '../engines/site.js';
import type { LabEntry } from '../model/contract.js';
import type { MiniatureRun } from './miniature-run.js';
import { PlainElement } from './plain-element.js';

/** A card that is only scrolled past loads no program. */
const lookMilliseconds = 700;

class Miniature extends PlainElement {
  static override properties = { lab: { attribute: false } };
  declare lab: LabEntry;

  private run: MiniatureRun | null = null;
  private readonly dark = matchMedia('(prefers-color-scheme: dark)');
  private wait: ReturnType<typeof setTimeout> | undefined;
  private readonly sight = new IntersectionObserver((entries) => {
    clearTimeout(this.wait);
    if (!entries.at(-1)?.isIntersecting) return;
    this.wait = setTimeout(() => {
      this.sight.disconnect();
      void this.load();
    }, lookMilliseconds);
  });

  override connectedCallback(): void {
    super.connectedCallback();
    const { connection } = navigator as { connection?: { saveData?: boolean } };
    if (connection?.saveData !== true) this.sight.observe(this);
    window.addEventListener('reprise-theme', this.onTheme);
    this.dark.addEventListener('change', this.onTheme);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.wait);
    this.sight.disconnect();
    window.removeEventListener('reprise-theme', this.onTheme);
    this.dark.removeEventListener('change', this.onTheme);
  }

  private readonly onTheme = (): void => this.requestUpdate();

  private async load(): Promise<void> {
    const { miniature } = this.lab;
    if (!miniature) return;
    try {
      const { runMiniature } = await import('./miniature-run.js');
      this.run = await runMiniature(miniature);
    } catch {
      // the picture stays
    }
    this.requestUpdate();
  }

  override render(): TemplateResult | typeof nothing {
    if (this.run) {
      const { figure, report } = this.run;
      return html`<reprise-figure compact .figure=${figure} .report=${report}></reprise-figure>`;
    }
    const { miniature, slug } = this.lab;
    if (!miniature) return nothing;
    const chosen = document.documentElement.dataset['theme'];
    const scheme = chosen ?? (this.dark.matches ? 'dark' : 'light');
    const picture = (size: string): string => siteUrl(`miniatures/${slug}-${scheme}-${size}.svg`).href;
    return html`<figure>
      <figcaption>${miniature.title}</figcaption>
      <picture>
        <source media="(min-width: 700px)" srcset=${picture('wide')} />
        <img src=${picture('narrow')} width="360" height="216" alt="" />
      </picture>
    </figure>`;
  }
}

customElements.define('reprise-miniature', Miniature);
