// <reprise-gap-sources>: the visitor moves noise and points of two moons; a model is trained on them at once, and the
// sources of its gap to the best order move.
import { html, nothing, svg } from 'lit';
import type { SVGTemplateResult, TemplateResult } from 'lit';
import { valueText } from '../../../figures/value-text.js';
import { defaultSeed } from '../../../model/permalink.js';
import { OpeningFigure, chooser, slider } from '../opening-figure.js';
import type { Opening } from '../opening.js';
import type { GapAnswer, MoonPoint } from './gap-sources.js';
import { gapNumbers, gapSentence, movePoint, nearestPoint, plane, sources } from './gap-sources.js';

const margin = { left: 30, right: 8, top: 22, bottom: 40 };
const reach = 24; // pixels around a point that take hold of it
const keyStep = 0.05;
const models = [
  ['mlp', 'network'],
  ['logreg', 'linear'],
] as const;
const labelCounts = [50, 200, 1000, 5000];

class GapSources extends OpeningFigure<GapAnswer> {
  protected override readonly study = 'selective-classification/two-moons-budget';
  protected override readonly probeName = 'sources';
  private sigma = 0.25;
  private rotation = 0;
  private labels = 1000;
  private model = 'mlp';
  private seed = defaultSeed;
  private points: MoonPoint[] | null = null; // null: as they are drawn at this noise
  private active = 0;
  private dragging = false;
  protected override question(): unknown {
    const { sigma, rotation, labels, model, seed, points } = this;
    return { sigma, rotation, labels, model, seed, ...(points ? { points } : {}) };
  }

  protected override spokenText(): string {
    return this.answer ? `${gapSentence(this.answer)}. ${gapNumbers(this.answer)}` : '';
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
    this.focusHandle();
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
      this.focusHandle();
    } else return;
    event.preventDefault();
  };

  private put(x1: number, x2: number): void {
    this.points = movePoint(this.shownPoints(), this.active, x1, x2);
    this.ask();
  }

  // --- drawing ---------------------------------------------------------------------------------------------------

  override render(): TemplateResult {
    const { answer } = this;
    return this.frame(
      {
        name: 'gap-sources',
        kind: 'sources',
        title: answer ? gapSentence(answer) : 'Where does the gap come from?',
        help: 'Training points of two classes; colour: the likelier class, pale where the model abstains at 80 % coverage. Drag a point, or change the noise.',
      },
      this.width > 0 ? this.plot() : nothing,
      html`${this.parts()} ${this.controls()}`,
    );
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

  private set(change: { sigma?: number; rotation?: number; labels?: number; model?: string }): void {
    Object.assign(this, change);
    this.ask();
  }

  private controls(): TemplateResult {
    return html`<div class="knobs">
      ${slider(
        { id: 'gap-noise', label: 'Noise σ', shown: valueText(this.sigma) },
        { min: 0.05, max: 1.2, step: 0.05, value: this.sigma },
        (sigma) => this.set({ sigma }),
      )}
      ${slider(
        { id: 'gap-rotation', label: 'Test points turned by', shown: `${this.rotation}°` },
        { min: 0, max: 90, step: 5, value: this.rotation },
        (rotation) => this.set({ rotation }),
      )}
      <div class="buttons">
        ${chooser('gap-model', 'Model', models, this.model, (model) => this.set({ model }))}
        ${chooser(
          'gap-labels',
          'Test labels',
          labelCounts.map((count) => [String(count), valueText(count)] as const),
          String(this.labels),
          (count) => this.set({ labels: Number(count) }),
        )}
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
