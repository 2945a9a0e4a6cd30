// <reprise-bin-edges>: the visitor drags the edges of bins over the truth and sees calibration risk and sharpness risk
// trade against each other. The numbers are exact for the map that is drawn; a sample of n labels fits its values.
import { html, nothing, svg } from 'lit';
import type { SVGTemplateResult, TemplateResult } from 'lit';
import { valueText } from '../../../figures/value-text.js';
import { defaultSeed } from '../../../model/permalink.js';
import { OpeningFigure, chooser, slider } from '../opening-figure.js';
import type { Opening } from '../opening.js';
import type { EdgeAnswer } from './bin-edges.js';
import {
  addEdge,
  equalEdges,
  leastGap,
  mostBins,
  moveEdge,
  nearestEdge,
  removeEdge,
  riskNumbers,
  riskSentence,
  scaleEnd,
} from './bin-edges.js';

const sampleSizes = [300, 1000, 3000, 10_000];
const samples = 1000;
const margin = { left: 38, right: 14, top: 26, bottom: 46 };
const reach = 22; // pixels around an edge that take hold of it

class BinEdges extends OpeningFigure<EdgeAnswer> {
  protected override readonly study = 'recalibration/optimal-bins';
  protected override readonly probeName = 'edges';
  private edges = equalEdges(7);
  // few enough that both parts of the risk are seen at once
  private labels = 300;
  private sample = 0;
  private active = 0;
  private dragging = false;
  private scale = 0;
  protected override question(): unknown {
    return { seed: defaultSeed, n: this.labels, repeat: this.sample, ranks: this.edges };
  }

  protected override accept(answer: EdgeAnswer): void {
    super.accept(answer);
    this.scale = scaleEnd(answer.risk, this.scale);
  }

  protected override spokenText(): string {
    return this.answer ? `${riskSentence(this.answer)}. ${riskNumbers(this.answer)}` : '';
  }

  private change(edges: number[], active = this.active): void {
    this.edges = edges;
    this.active = Math.min(Math.max(active, 0), Math.max(edges.length - 1, 0));
    this.ask();
  }

  // --- pointer and keyboard --------------------------------------------------------------------------------------

  private rankAt(event: PointerEvent | MouseEvent): number {
    const frame = (event.currentTarget as Element).getBoundingClientRect();
    const inner = frame.width - margin.left - margin.right;
    return Math.min(Math.max((event.clientX - frame.left - margin.left) / inner, 0), 1);
  }

  private readonly onDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    const rank = this.rankAt(event);
    const index = nearestEdge(this.edges, rank);
    const inner = this.width - margin.left - margin.right;
    if (index < 0 || Math.abs((this.edges[index] ?? 0) - rank) * inner > reach) return;
    event.preventDefault();
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    this.dragging = true;
    this.active = index;
    this.requestUpdate();
    this.focusHandle();
  };

  private readonly onMove = (event: PointerEvent): void => {
    if (this.dragging) this.change(moveEdge(this.edges, this.active, this.rankAt(event)));
  };

  private readonly onUp = (): void => {
    this.dragging = false;
    this.requestUpdate();
  };

  private readonly onDouble = (event: MouseEvent): void => {
    const added = addEdge(this.edges, this.rankAt(event));
    if (added.index >= 0) this.change(added.edges, added.index);
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const here = this.edges[this.active] ?? 0.5;
    const steps: Record<string, number> = {
      ArrowLeft: here - (event.shiftKey ? 0.02 : 0.005),
      ArrowRight: here + (event.shiftKey ? 0.02 : 0.005),
      PageDown: here - 0.05,
      PageUp: here + 0.05,
      Home: 0,
      End: 1,
    };
    const goal = steps[event.key];
    if (goal !== undefined) this.change(moveEdge(this.edges, this.active, goal));
    else if (event.key === 'ArrowUp') this.walk(1);
    else if (event.key === 'ArrowDown') this.walk(-1);
    else if (event.key === 'Delete' || event.key === 'Backspace') this.removeActive();
    else return;
    event.preventDefault();
  };

  private walk(step: number): void {
    this.active = Math.min(Math.max(this.active + step, 0), this.edges.length - 1);
    this.requestUpdate();
    this.focusHandle();
  }

  private readonly removeActive = (): void => {
    if (this.edges.length === 0) return;
    const focused = this.querySelector('.plot')?.contains(document.activeElement) === true;
    this.change(removeEdge(this.edges, this.active));
    if (focused) this.focusHandle();
  };

  private readonly add = (): void => {
    const added = addEdge(this.edges);
    if (added.index >= 0) this.change(added.edges, added.index);
  };

  // --- drawing ---------------------------------------------------------------------------------------------------

  override render(): TemplateResult {
    const { answer } = this;
    return this.frame(
      {
        name: 'bin-edges',
        title: answer ? riskSentence(answer) : 'Move the edges of the bins',
        help: `Truth h*, each bin’s share of ones among ${valueText(this.labels)} labels, and the risk of this map. Drag an edge; double-click to add one.`,
      },
      this.width > 0 ? this.plot() : nothing,
      html`${this.risks()} ${this.controls()}`,
    );
  }

  private plot(): TemplateResult {
    const height = Math.round(Math.min(Math.max(this.width * 0.46, 250), 340));
    const inner = {
      width: this.width - margin.left - margin.right,
      height: height - margin.top - margin.bottom,
    };
    const x = (rank: number): number => margin.left + rank * inner.width;
    const y = (value: number): number => margin.top + (1 - value) * inner.height;
    const floor = y(0);
    const ticks = [0, 0.25, 0.5, 0.75, 1];
    return html`<svg
      width=${this.width}
      height=${height}
      class=${this.dragging ? 'dragging' : ''}
      role="group"
      aria-label="Bins over the rank of the score"
      aria-describedby="bin-edges-keys"
      @pointerdown=${this.onDown}
      @pointermove=${this.onMove}
      @pointerup=${this.onUp}
      @pointercancel=${this.onUp}
      @dblclick=${this.onDouble}
      @keydown=${this.onKey}
    >
      ${ticks.map(
        (tick) =>
          svg`<line class="grid" x1=${x(0)} x2=${x(1)} y1=${y(tick)} y2=${y(tick)} /><text class="tick" x=${x(0) - 6} y=${y(tick) + 4} text-anchor="end">${tick}</text><text class="tick" x=${x(tick)} y=${floor + 22} text-anchor="middle">${tick}</text>`,
      )}
      ${svg`<text class="name" x=${x(0.5)} y=${height - 6} text-anchor="middle">rank of the score F(z)</text><text class="name" x="2" y="11">probability of label 1</text>`}
      ${this.answer ? layers(this.answer, x, y) : nothing}
      ${this.edges.map((edge, k) => this.edge(edge, k, x(edge), floor))}
    </svg>`;
  }

  private edge(rank: number, index: number, x: number, floor: number): SVGTemplateResult {
    const active = index === this.active;
    const low = (this.edges[index - 1] ?? 0) + leastGap;
    const high = (this.edges[index + 1] ?? 1) - leastGap;
    return svg`<g
      class="edge ${active ? 'active' : ''}"
      role="slider"
      tabindex=${active ? 0 : -1}
      aria-label="Edge ${index + 1} of ${this.edges.length}"
      aria-valuemin=${valueText(low)}
      aria-valuemax=${valueText(high)}
      aria-valuenow=${rank}
      aria-valuetext="rank ${valueText(rank)}"
      @focus=${() => {
        if (this.active === index) return;
        this.active = index;
        this.requestUpdate();
      }}
    ><line x1=${x} x2=${x} y1=${margin.top} y2=${floor + 4} /><circle cx=${x} cy=${floor + 4} r=${active ? 6.5 : this.edges.length > 24 ? 3.5 : 5} /></g>`;
  }

  private risks(): TemplateResult {
    const { answer, scale } = this;
    const row = (kind: string, name: string, parts: [string, number][]): TemplateResult => {
      const sum = parts.reduce((total, [, value]) => total + value, 0);
      return html`<div class="risk ${kind}">
        <span>${name}</span> <span class="number">${answer ? valueText(sum) : '–'}</span>
        <div class="bar" aria-hidden="true">
          ${parts.map(
            ([part, value]) =>
              html`<i class=${part} .style=${`width:${scale > 0 ? (100 * value) / scale : 0}%`}></i>`,
          )}
        </div>
      </div>`;
    };
    const calibration = answer?.calibration ?? 0;
    const sharpness = answer?.sharpness ?? 0;
    return html`<div class="risks" role="group" aria-label="Risk of this map, in squared probability">
      ${row('calibration', 'Calibration risk', [['calibration', calibration]])}
      ${row('sharpness', 'Sharpness risk', [['sharpness', sharpness]])}
      ${row('sum', 'Risk, their sum', [
        ['calibration', calibration],
        ['sharpness', sharpness],
      ])}
    </div>`;
  }

  private controls(): TemplateResult {
    const bins = this.edges.length + 1;
    const equal = equalEdges(bins).every((edge, k) => Math.abs(edge - (this.edges[k] ?? 0)) < 1e-9);
    return html`<div class="knobs">
      ${slider(
        { id: 'bin-edges-bins', label: 'Equal-mass bins B', shown: String(bins) },
        { min: 1, max: mostBins, step: 1, value: bins },
        (count) => this.change(equalEdges(count)),
      )}
      <div class="buttons">
        <button type="button" ?disabled=${equal} @click=${() => this.change(equalEdges(bins))}>
          Equal mass
        </button>
        <button type="button" ?disabled=${bins >= mostBins} @click=${this.add}>Add edge</button>
        <button type="button" ?disabled=${bins === 1} @click=${this.removeActive}>Remove edge</button>
      </div>
      <div class="buttons">
        ${chooser(
          'bin-edges-labels',
          'Labels n',
          sampleSizes.map((size) => [String(size), valueText(size)] as const),
          String(this.labels),
          (size) => {
            this.labels = Number(size);
            this.ask();
          },
        )}
        <button
          type="button"
          @click=${() => {
            this.sample = (this.sample + 1) % samples;
            this.ask();
          }}
        >
          New sample
        </button>
      </div>
      <p class="help" id="bin-edges-keys">
        Keys: left and right move an edge, up and down go to the next, Delete removes it.
      </p>
    </div>`;
  }
}

type Place = (value: number) => number;

/** Where the risks come from: fitted value against the bin's truth, the bin's truth against h*. */
function layers(answer: EdgeAnswer, x: Place, y: Place): SVGTemplateResult {
  const { bins, truth } = answer;
  const curve = truth.x.map((rank, k) => `${x(rank).toFixed(1)},${y(truth.y[k] ?? 0).toFixed(1)}`);
  const level = (name: string, read: (bin: EdgeAnswer['bins'][number]) => number): SVGTemplateResult =>
    svg`<path class=${name} d=${bins
      .map((bin) => `M${x(bin.low).toFixed(1)} ${y(read(bin)).toFixed(1)}H${x(bin.high).toFixed(1)}`)
      .join('')} />`;
  const between = bins.map((bin) => {
    const [left, right, value, mean] = [x(bin.low), x(bin.high), y(bin.value), y(bin.truth)];
    const box = [left, Math.min(value, mean), right - left, Math.abs(value - mean)].map((one) =>
      one.toFixed(1),
    );
    return svg`<rect class="gap" x=${box[0]} y=${box[1]} width=${box[2]} height=${box[3]} />`;
  });
  const lumps = bins
    .map((bin) => {
      const inside = truth.x.flatMap((rank, k) =>
        rank > bin.low && rank <= bin.high ? [`${x(rank).toFixed(1)} ${y(truth.y[k] ?? 0).toFixed(1)}`] : [],
      );
      if (inside.length < 2) return '';
      const mean = y(bin.truth).toFixed(1);
      return `M${x(bin.low).toFixed(1)} ${mean}L${inside.join('L')}L${x(bin.high).toFixed(1)} ${mean}Z`;
    })
    .join('');
  return svg`<path class="lump" d=${lumps} />${between}<polyline class="truth" points=${curve.join(' ')} />${level(
    'mean',
    (bin) => bin.truth,
  )}${level('value', (bin) => bin.value)}`;
}

customElements.define('reprise-bin-edges', BinEdges);

export const opening: Opening = (probe) => html`<reprise-bin-edges .probe=${probe}></reprise-bin-edges>`;
