// <reprise-gap-sources>: the visitor moves noise and points of two moons; a model is trained on them at once, and the
// sources of its gap to the best order move.
import { html, nothing, svg } from 'lit';
import type { SVGTemplateResult, TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { valueText } from '../../../figures/value-text.js';
import type { Config, Json } from '../../../model/contract.js';
import { defaultSeed } from '../../../model/permalink.js';
import type { Opening, Probe } from '../opening.js';
import { PlainElement } from '../../plain-element.js';
import { loadDescription } from '../../site-files.js';
import type { GapAnswer, MoonPoint } from './gap-sources.js';
import { gapNumbers, gapSentence, movePoint, nearestPoint, plane, sources } from './gap-sources.js';

const study = 'selective-classification/two-moons-budget';
const margin = { left: 30, right: 8, top: 22, bottom: 40 };
const reach = 24; // pixels around a point that take hold of it
const settleMilliseconds = 400;
const keyStep = 0.05;
const labelCounts = [50, 200, 1000, 5000];

class GapSources extends PlainElement {
  static override properties = { probe: { attribute: false } };
  declare probe: Probe;

  private sigma = 0.25;
  private rotation = 0;
  private labels = 1000;
  private model = 'mlp';
  private seed = defaultSeed;
  private points: MoonPoint[] | null = null; // null: as they are drawn at this noise
  private active = 0;
  private dragging = false;
  private answer: GapAnswer | null = null;
  private failure = '';
  private spoken = '';
  private width = 0;
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
      this.config = (await loadDescription(study)).presets['widget'] ?? {};
      this.ask();
    } catch (error) {
      this.fail(error);
    }
  }

  /** One question at a time; what changed meanwhile is asked next. */
  private ask(): void {
    this.requestUpdate();
    this.waiting = true;
    if (this.asking || !this.config) return;
    this.asking = true;
    this.waiting = false;
    const { sigma, rotation, labels, model, seed, points } = this;
    const question = { sigma, rotation, labels, model, seed, ...(points ? { points } : {}) };
    this.probe(study, this.config, 'sources', question as unknown as Json).then(
      (answer) => {
        this.answer = answer as unknown as GapAnswer;
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
      if (this.answer) this.spoken = `${gapSentence(this.answer)}. ${gapNumbers(this.answer)}`;
      this.requestUpdate();
    }, settleMilliseconds);
  }

  private fail(error: unknown): void {
    this.failure = error instanceof Error ? error.message : String(error);
    this.requestUpdate();
  }

  private shownPoints(): MoonPoint[] {
    return this.points ?? this.answer?.points ?? [];
  }

  // --- pointer and keyboard --------------------------------------------------------------------------------------

  private size(): { width: number; height: number } {
    const width = this.width - margin.left - margin.right;
    const height = Math.round((width * (plane.top - plane.bottom)) / (plane.right - plane.left));
    return { width, height };
  }

  private placeAt(event: PointerEvent): [number, number] {
    const frame = (event.currentTarget as Element).getBoundingClientRect();
    const { width, height } = this.size();
    const across = (event.clientX - frame.left - margin.left) / width;
    const down = (event.clientY - frame.top - margin.top) / height;
    return [plane.left + across * (plane.right - plane.left), plane.top - down * (plane.top - plane.bottom)];
  }

  private readonly onDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    const [x1, x2] = this.placeAt(event);
    const points = this.shownPoints();
    const index = nearestPoint(points, x1, x2);
    const point = points[index];
    const pixels = this.size().width / (plane.right - plane.left);
    if (!point || Math.hypot(point[0] - x1, point[1] - x2) * pixels > reach) return;
    event.preventDefault();
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    this.dragging = true;
    this.active = index;
    this.requestUpdate();
    this.focusPoint();
  };

  private readonly onMove = (event: PointerEvent): void => {
    if (this.dragging) this.put(...this.placeAt(event));
  };

  private readonly onUp = (): void => {
    this.dragging = false;
    this.requestUpdate();
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const points = this.shownPoints();
    const [x1, x2] = points[this.active] ?? [0, 0];
    if (event.key === 'ArrowLeft') this.put(x1 - keyStep, x2);
    else if (event.key === 'ArrowRight') this.put(x1 + keyStep, x2);
    else if (event.key === 'ArrowUp') this.put(x1, x2 + keyStep);
    else if (event.key === 'ArrowDown') this.put(x1, x2 - keyStep);
    else if (event.key === 'PageDown' || event.key === 'PageUp') {
      const step = event.key === 'PageDown' ? 1 : points.length - 1;
      this.active = (this.active + step) % Math.max(points.length, 1);
      this.requestUpdate();
      this.focusPoint();
    } else return;
    event.preventDefault();
  };

  private put(x1: number, x2: number): void {
    this.points = movePoint(this.shownPoints(), this.active, x1, x2);
    this.ask();
  }

  private focusPoint(): void {
    void this.updateComplete.then(() =>
      this.querySelector<SVGElement>('.moon[tabindex="0"]')?.focus({ preventScroll: true }),
    );
  }

  // --- drawing ---------------------------------------------------------------------------------------------------

  override render(): TemplateResult {
    const { answer } = this;
    return html`<section class="opening-figure sources" aria-labelledby="gap-sources-title">
      <h2 id="gap-sources-title" class="seen">
        ${answer ? gapSentence(answer) : 'Where does the gap come from?'}
      </h2>
      <p class="plotted">
        Training points of two classes; colour: the likelier class, pale where the model abstains at 80 %
        coverage. Drag a point, or change the noise.
      </p>
      <div class="board">
        <div class="plot">${this.width > 0 ? this.plot() : nothing}</div>
        <div class="side">${this.parts()} ${this.controls()}</div>
      </div>
      ${this.failure
        ? html`<p class="problem" role="alert">The figure could not be computed: ${this.failure}</p>`
        : nothing}
      <p class="visually-hidden" role="status" aria-live="polite">${this.spoken}</p>
    </section>`;
  }

  private plot(): TemplateResult {
    const { width, height } = this.size();
    const x = (value: number): number =>
      margin.left + ((value - plane.left) / (plane.right - plane.left)) * width;
    const y = (value: number): number =>
      margin.top + ((plane.top - value) / (plane.top - plane.bottom)) * height;
    const floor = margin.top + height;
    return html`<svg
      width=${this.width}
      height=${height + margin.top + margin.bottom}
      class=${this.dragging ? 'dragging' : ''}
      role="group"
      aria-label="Training points in the plane"
      aria-describedby="gap-sources-keys"
      @pointerdown=${this.onDown}
      @pointermove=${this.onMove}
      @pointerup=${this.onUp}
      @pointercancel=${this.onUp}
      @keydown=${this.onKey}
    >
      ${this.answer ? this.cells(this.answer, x, y) : nothing}
      ${[-2, -1, 0, 1, 2, 3].map(
        (tick) =>
          svg`<text class="tick" x=${x(tick)} y=${floor + 16} text-anchor="middle">${valueText(tick)}</text>`,
      )}
      ${[-1, 0, 1, 2].map(
        (tick) =>
          svg`<text class="tick" x=${margin.left - 6} y=${y(tick) + 4} text-anchor="end">${valueText(tick)}</text>`,
      )}
      ${svg`<text class="name" x=${x(0.5)} y=${floor + 34} text-anchor="middle">x₁</text><text class="name" x="2" y="12">x₂</text>`}
      ${this.shownPoints().map((point, k) => this.point(point, k, x(point[0]), y(point[1])))}
    </svg>`;
  }

  private cells(answer: GapAnswer, x: (v: number) => number, y: (v: number) => number): SVGTemplateResult[] {
    const { side, eta, accepted } = answer.map;
    const wide = (x(plane.right) - x(plane.left)) / side;
    const high = (y(plane.bottom) - y(plane.top)) / side;
    return eta.map((share, k) => {
      const [column, row] = [k % side, Math.floor(k / side)];
      const strength = Math.abs(2 * share - 1) * (accepted[k] ? 0.42 : 0.1) + 0.02;
      return svg`<rect class=${share > 0.5 ? 'one' : 'zero'} x=${(x(plane.left) + column * wide).toFixed(1)} y=${(y(plane.bottom) - (row + 1) * high).toFixed(1)} width=${wide.toFixed(1)} height=${high.toFixed(1)} shape-rendering="crispEdges" opacity=${strength.toFixed(3)} />`;
    });
  }

  private point(point: MoonPoint, index: number, x: number, y: number): SVGTemplateResult {
    const active = index === this.active;
    const size = active ? 6 : 4;
    const shape =
      point[2] === 1
        ? svg`<rect x=${x - size} y=${y - size} width=${2 * size} height=${2 * size} />`
        : svg`<circle cx=${x} cy=${y} r=${size} />`;
    const place = `${valueText(point[0])}, ${valueText(point[1])}`;
    return svg`<g class="moon ${point[2] === 1 ? 'one' : 'zero'} ${active ? 'active' : ''}" role="img" tabindex=${active ? 0 : -1} aria-label="Point ${index + 1} of class ${point[2]} at ${place}"><circle class="hold" cx=${x} cy=${y} r="12" />${shape}</g>`;
  }

  private parts(): TemplateResult {
    const { answer } = this;
    const values = answer?.parts;
    const shown = values ? [answer.gap, ...Object.values(values)] : [];
    const largest = Math.max(0.05, ...shown.map((value) => Math.abs(value)));
    const row = (kind: string, name: string, value: number | undefined): TemplateResult =>
      html`<div class="risk ${kind}">
        <span>${name}</span>
        <span class="number">${value === undefined ? '–' : valueText(Math.round(value * 1e4) / 1e4)}</span>
        <div class="bar" aria-hidden="true">
          <i
            class=${(value ?? 0) < 0 ? 'minus' : 'plus'}
            .style=${`width:${(100 * Math.min(Math.abs(value ?? 0), largest)) / largest}%`}
          ></i>
        </div>
      </div>`;
    return html`<div class="risks" role="group" aria-label="Sources of the mean gap, in accuracy points">
      ${sources.map(([part, name]) => row('', name, values?.[part]))}
      ${row('', 'What no order could attain', values ? -values.discount : undefined)}
      ${row('sum', 'Gap, their sum', answer?.gap)}
    </div>`;
  }

  private slider(
    id: string,
    name: string,
    shown: string,
    value: number,
    range: [number, number, number],
    change: (value: number) => void,
  ): TemplateResult {
    return html`<div class="knob">
      <label for=${id}>${name}</label> <output>${shown}</output>
      <input
        type="range"
        id=${id}
        min=${range[0]}
        max=${range[1]}
        step=${range[2]}
        .value=${live(String(value))}
        @input=${(event: Event) => {
          change(Number((event.target as HTMLInputElement).value));
          this.ask();
        }}
      />
    </div>`;
  }

  private controls(): TemplateResult {
    return html`<div class="knobs">
      ${this.slider('gap-noise', 'Noise σ', valueText(this.sigma), this.sigma, [0.05, 1.2, 0.05], (v) => {
        this.sigma = v;
      })}
      ${this.slider(
        'gap-rotation',
        'Test points turned by',
        `${this.rotation}°`,
        this.rotation,
        [0, 90, 5],
        (v) => {
          this.rotation = v;
        },
      )}
      <div class="buttons">
        <label for="gap-model">Model</label>
        <select
          id="gap-model"
          @change=${(event: Event) => {
            this.model = (event.target as HTMLSelectElement).value;
            this.ask();
          }}
        >
          <option value="mlp" ?selected=${this.model === 'mlp'}>network</option>
          <option value="logreg" ?selected=${this.model === 'logreg'}>linear</option>
        </select>
        <label for="gap-labels">Test labels</label>
        <select
          id="gap-labels"
          @change=${(event: Event) => {
            this.labels = Number((event.target as HTMLSelectElement).value);
            this.ask();
          }}
        >
          ${labelCounts.map(
            (count) =>
              html`<option value=${count} ?selected=${count === this.labels}>${valueText(count)}</option>`,
          )}
        </select>
        <button
          type="button"
          @click=${() => {
            this.seed += 1;
            this.points = null;
            this.ask();
          }}
        >
          New points
        </button>
      </div>
      <p class="help" id="gap-sources-keys">
        Keys: arrows move a point, page up and page down go to another.
      </p>
    </div>`;
  }
}

customElements.define('reprise-gap-sources', GapSources);

export const opening: Opening = (probe) => html`<reprise-gap-sources .probe=${probe}></reprise-gap-sources>`;
