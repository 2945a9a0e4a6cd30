// Light, dark, or as the system says; remembered in this browser only.
import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { PlainElement } from './plain-element.js';

type ThemeChoice = 'auto' | 'light' | 'dark';
const order: ThemeChoice[] = ['auto', 'light', 'dark'];
const storageKey = 'reprise-theme';

function stored(): ThemeChoice {
  try {
    const value = localStorage.getItem(storageKey);
    return value === 'light' || value === 'dark' ? value : 'auto';
  } catch {
    return 'auto';
  }
}

function applyTheme(choice: ThemeChoice): void {
  if (choice === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = choice;
  window.dispatchEvent(new Event('reprise-theme'));
}

applyTheme(stored());

class ThemeSwitch extends PlainElement {
  private choice = stored();

  override render(): TemplateResult {
    return html`<button
      type="button"
      class="quiet"
      @click=${this.next}
      aria-label="Theme: ${this.choice}. Change it."
    >
      Theme: ${this.choice}
    </button>`;
  }

  private readonly next = (): void => {
    this.choice = order[(order.indexOf(this.choice) + 1) % order.length] ?? 'auto';
    try {
      if (this.choice === 'auto') localStorage.removeItem(storageKey);
      else localStorage.setItem(storageKey, this.choice);
    } catch {
      // a browser that stores nothing still changes its look
    }
    applyTheme(this.choice);
    this.requestUpdate();
  };
}

customElements.define('reprise-theme', ThemeSwitch);

/** Goes to the content without touching the fragment, which is the page's state. */
document.querySelector('.skip')?.addEventListener('click', (event) => {
  event.preventDefault();
  const main = document.querySelector('main');
  main?.setAttribute('tabindex', '-1');
  main?.focus();
});
