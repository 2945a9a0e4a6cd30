// <reprise-copy>: a text to take along, with a button that copies it. Where copying is not allowed it can be selected.
import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { PlainElement } from './plain-element.js';

class CopyText extends PlainElement {
  static override properties = { text: {}, name: {} };
  declare text: string;
  /** What is copied, for the button's name: "BibTeX". */
  declare name: string;
  private state = '';

  override render(): TemplateResult {
    return html`<pre tabindex="0" role="region" aria-label=${this.name}><code>${this.text}</code></pre>
      <p class="copy">
        <button type="button" class="quiet" aria-label="Copy ${this.name}" @click=${() => void this.copy()}>
          Copy
        </button>
        <span role="status">${this.state}</span>
      </p>`;
  }

  private async copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.text);
      this.state = 'Copied.';
    } catch {
      const code = this.querySelector('code');
      if (code) getSelection()?.selectAllChildren(code);
      this.state = 'Press Ctrl+C: the text is selected.';
    }
    this.requestUpdate();
    setTimeout(() => {
      this.state = '';
      this.requestUpdate();
    }, 4000);
  }
}

customElements.define('reprise-copy', CopyText);
