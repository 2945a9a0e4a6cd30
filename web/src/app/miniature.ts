// <reprise-miniature>: the first figure of a lab, on its card. A picture from the build at first; once the card is seen
// the figure is computed here. The engine and the figures are loaded only then.
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { siteUrl } from '../engines/site.js';
import type { LabEntry } from '../model/contract.js';
import type { MiniatureRun } from './miniature-run.js';
import { PlainElement } from './plain-element.js';

class Miniature extends PlainElement {
  static override properties = { lab: { attribute: false } };
  declare lab: LabEntry;

  private run: MiniatureRun | null = null;
  private readonly dark = matchMedia('(prefers-color-scheme: dark)');
  private readonly sight = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    this.sight.disconnect();
    void this.load();
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
      this.run = await runMiniature(miniature.study);
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
    return html`<figure>
      <figcaption>${miniature.title}</figcaption>
      <img src=${siteUrl(`miniatures/${slug}-${scheme}.svg`).href} width="400" height="240" alt="" />
    </figure>`;
  }
}

customElements.define('reprise-miniature', Miniature);
