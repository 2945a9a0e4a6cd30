// <reprise-miniature study="…">: the opening figure of a study, computed here once the card is seen. The engine and the
// figures are loaded only then.
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { MiniatureRun } from './miniature-run.js';
import { PlainElement } from './plain-element.js';

class Miniature extends PlainElement {
  static override properties = { study: {} };
  declare study: string;

  private run: MiniatureRun | null = null;
  private readonly sight = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    this.sight.disconnect();
    void this.load();
  });

  override connectedCallback(): void {
    super.connectedCallback();
    const { connection } = navigator as { connection?: { saveData?: boolean } };
    if (connection?.saveData !== true) this.sight.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sight.disconnect();
  }

  private async load(): Promise<void> {
    try {
      const { runMiniature } = await import('./miniature-run.js');
      this.run = await runMiniature(this.study);
    } catch {
      // a card without a picture is still a card
    }
    this.requestUpdate();
  }

  override render(): TemplateResult | typeof nothing {
    if (!this.run) return nothing;
    const { figure, report } = this.run;
    return html`<reprise-figure compact .figure=${figure} .report=${report}></reprise-figure>`;
  }
}

customElements.define('reprise-miniature', Miniature);
