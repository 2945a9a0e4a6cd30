// What the opening figures have in common: one question to the core at a time, the width of their plot, the outcome
// spoken when it has settled, and the frame around plot and controls.
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { Config, Json } from '../../model/contract.js';
import { PlainElement } from '../plain-element.js';
import { loadDescription } from '../site-files.js';
import type { Probe } from './opening.js';

const settleMilliseconds = 400;

export abstract class OpeningFigure<Answer> extends PlainElement {
  static override properties = { probe: { attribute: false } };
  declare probe: Probe;

  /** The study that answers, and the name under which it takes questions; see `probe` in wasm/README.md. */
  protected abstract readonly study: string;
  protected abstract readonly probeName: string;

  protected answer: Answer | null = null;
  protected width = 0; // of the plot, in pixels; 0 until it is on the page
  private failure = '';
  private spoken = '';
  private config: Config | null = null;
  private asking = false;
  private waiting = false;
  private settled: ReturnType<typeof setTimeout> | undefined;
  private readonly resize = new ResizeObserver(([entry]) => {
    const width = Math.round(entry?.contentRect.width ?? 0);
    if (width > 0 && width !== this.width) {
      this.width = width;
      this.requestUpdate();
    }
  });

  /** What the visitor has set, as the study takes it. */
  protected abstract question(): unknown;

  /** What the figure shows, for those who hear it; asked when an answer has settled. */
  protected abstract spokenText(): string;

  /** Read once, before the first question. */
  protected async prepare(): Promise<void> {}

  protected accept(answer: Answer): void {
    this.answer = answer;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.begin();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.resize.disconnect();
    clearTimeout(this.settled);
  }

  override firstUpdated(): void {
    const plot = this.querySelector('.plot');
    if (plot) this.resize.observe(plot);
  }

  private async begin(): Promise<void> {
    try {
      this.config = await widgetConfig(this.study);
      await this.prepare();
      this.ask();
    } catch (error) {
      this.fail(error);
    }
  }

  /** One question at a time; what changed meanwhile is asked next. */
  protected ask(): void {
    this.requestUpdate();
    this.waiting = true;
    if (this.asking || !this.config) return;
    this.asking = true;
    this.waiting = false;
    this.probe(this.study, this.config, this.probeName, this.question() as Json).then(
      (answer) => {
        this.accept(answer as unknown as Answer);
        this.failure = '';
        this.answered();
      },
      (error: unknown) => {
        this.fail(error);
        this.answered();
      },
    );
  }

  private answered(): void {
    this.asking = false;
    this.requestUpdate();
    if (this.waiting) this.ask();
    clearTimeout(this.settled);
    // a screen reader hears the outcome, not every step on the way
    this.settled = setTimeout(() => {
      this.spoken = this.spokenText();
      this.requestUpdate();
    }, settleMilliseconds);
  }

  private fail(error: unknown): void {
    this.failure = error instanceof Error ? error.message : String(error);
    this.requestUpdate();
  }

  /** Moves the keyboard to the handle that takes part in the tab order, once it is drawn. */
  protected focusHandle(): void {
    void this.updateComplete.then(() =>
      this.querySelector<SVGElement>('.plot [tabindex="0"]')?.focus({ preventScroll: true }),
    );
  }

  /** `name` is the prefix of the ids inside, `kind` a class for rules of its own. */
  protected frame(
    { name, kind = '', title, help }: { name: string; kind?: string; title: string; help: string },
    plot: unknown,
    side: TemplateResult,
  ): TemplateResult {
    return html`<section class="opening-figure ${kind}" aria-labelledby="${name}-title">
      <h2 id="${name}-title" class="seen">${title}</h2>
      <p class="plotted">${help}</p>
      <div class="board">
        <div class="plot">${plot}</div>
        <div class="side">${side}</div>
      </div>
      ${this.failure
        ? html`<p class="problem" role="alert">The figure could not be computed: ${this.failure}</p>`
        : nothing}
      <p class="visually-hidden" role="status" aria-live="polite">${this.spoken}</p>
    </section>`;
  }
}

export async function widgetConfig(study: string): Promise<Config> {
  return (await loadDescription(study)).presets['widget'] ?? {};
}

/** `spoken` where the value alone says too little. */
export function slider(
  { id, label, shown, spoken }: { id: string; label: string; shown: string; spoken?: string },
  { min, max, step, value }: { min: number; max: number; step: number; value: number },
  use: (value: number) => void,
): TemplateResult {
  return html`<div class="knob">
    <label for=${id}>${label}</label> <output>${shown}</output>
    <input
      type="range"
      id=${id}
      min=${min}
      max=${max}
      step=${step}
      aria-valuetext=${spoken ?? shown}
      .value=${live(String(value))}
      @input=${(event: Event) => use(Number((event.target as HTMLInputElement).value))}
    />
  </div>`;
}

export function chooser(
  id: string,
  label: string,
  choices: readonly (readonly [value: string, text: string])[],
  value: string,
  use: (value: string) => void,
): TemplateResult {
  return html`<span class="pair"
    ><label for=${id}>${label}</label>
    <select id=${id} @change=${(event: Event) => use((event.target as HTMLSelectElement).value)}>
      ${choices.map(([key, text]) => html`<option value=${key} ?selected=${key === value}>${text}</option>`)}
    </select></span
  >`;
}
