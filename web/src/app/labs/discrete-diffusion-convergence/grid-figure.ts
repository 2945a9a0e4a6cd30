// <reprise-noise-grid>: the visitor chooses a schedule or drags noise levels, and sees what every step of the sampler
// adds to the error. Nothing is sampled: the parts are exact and add up.
import { html, nothing, svg } from 'lit';
import type { SVGTemplateResult, TemplateResult } from 'lit';
import { valueText } from '../../../figures/value-text.js';
import { OpeningFigure, chooser, slider } from '../opening-figure.js';
import type { Opening } from '../opening.js';
import type { GridAnswer } from './grid-terms.js';
import { gridSentence, moveLevel, nearestLevel } from './grid-terms.js';

const schedules = ['linear', 'geometric', 'quadratic', 'alpha_linear', 'cosine', 'optimal'];
const freezes = { score: 'score', rate: 'whole rate' };
const mostSteps = 40;

interface Choice {
  schedule: string;
  freeze: keyof typeof freezes;
  steps: number;
}

const margin = { left: 66, right: 14, top: 28, bottom: 42 };

class NoiseGrid extends OpeningFigure<GridAnswer> {
  protected override readonly study = 'discrete-diffusion-convergence/evaluate';
  protected override readonly probeName = 'grid';
  private schedule = 'geometric';
  private freeze: keyof typeof freezes = 'score';
  private steps = 12;
  private own: number[] | null = null; // levels set by hand
  private active = 1;
  protected override question(): unknown {
    return this.own
      ? { sigma: this.own }
      : { schedule: this.schedule, freeze: this.freeze, levels: this.steps };
  }

  protected override spokenText(): string {
    return this.answer ? gridSentence(this.answer) : '';
  }

  private choose(change: Partial<Choice>): void {
    Object.assign(this, change);
    this.own = null;
    this.active = Math.min(this.active, Math.max(this.steps - 1, 1));
    this.ask();
  }

  private put(index: number, level: number): void {
    const sigma = this.own ?? this.answer?.sigma;
    if (!sigma || index < 1) return;
    this.active = index;
    this.own = moveLevel(sigma, index, level);
    this.ask();
  }

  private readonly drag = (event: PointerEvent): void => {
    const frame = event.currentTarget as Element;
    const sigma = this.own ?? this.answer?.sigma ?? [];
    const [high, low] = [sigma[0] ?? 6, sigma.at(-1) ?? 0.02];
    const box = frame.getBoundingClientRect();
    const share = (event.clientX - box.left - margin.left) / (box.width - margin.left - margin.right);
    const level = high * (low / high) ** Math.min(Math.max(share, 0), 1);
    if (event.type === 'pointerdown') {
      if (event.button !== 0) return;
      frame.setPointerCapture(event.pointerId);
      this.active = nearestLevel(sigma, level);
    } else if (!frame.hasPointerCapture(event.pointerId)) return;
    this.put(this.active, level);
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    const sigma = this.own ?? this.answer?.sigma ?? [];
    const here = sigma[this.active];
    if (here === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const factor = event.shiftKey ? 1.25 : 1.05;
    if (event.key === 'ArrowLeft') this.put(this.active, here * factor);
    else if (event.key === 'ArrowRight') this.put(this.active, here / factor);
    else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      const next = this.active + (event.key === 'ArrowUp' ? 1 : -1);
      this.active = Math.min(Math.max(next, 1), sigma.length - 2);
      this.requestUpdate();
      this.focusHandle();
    } else return;
    event.preventDefault();
  };

  // --- drawing ---------------------------------------------------------------------------------------------------

  override render(): TemplateResult {
    return this.frame(
      {
        name: 'noise-grid',
        title: this.answer ? gridSentence(this.answer) : 'Move the noise levels of a sampler',
        help: 'What every step adds to the error of one expected value, exactly. One token of 32 symbols. Choose a schedule, or drag a level.',
      },
      this.width > 0 && this.answer ? this.plot(this.answer) : nothing,
      html`${this.controls()} ${this.answer ? this.numbers(this.answer) : nothing}`,
    );
  }

  private plot(answer: GridAnswer): TemplateResult {
    const height = 300;
    const floor = height - margin.bottom;
    const { sigma, terms } = answer;
    const [high, low] = [sigma[0] ?? 6, sigma.at(-1) ?? 0.02];
    const inner = this.width - margin.left - margin.right;
    const x = (level: number): number =>
      margin.left + (Math.log(high / level) / Math.log(high / low)) * inner;
    const most = Math.max(...terms.map(Math.abs), 1e-12);
    const y = (term: number): number => (margin.top + floor) / 2 - (term / most) * ((floor - margin.top) / 2);
    const ticks = [5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02].filter((tick) => tick <= high && tick >= low);
    return html`<svg
      width=${this.width}
      height=${height}
      role="group"
      aria-label="Error of every step over the noise level"
      @pointerdown=${this.drag}
      @pointermove=${this.drag}
      @keydown=${this.onKey}
    >
      ${[most, 0, -most].map(
        (tick) =>
          svg`<line class="grid" x1=${margin.left} x2=${margin.left + inner} y1=${y(tick)} y2=${y(tick)} /><text x=${margin.left - 6} y=${y(tick) + 4} text-anchor="end">${valueText(tick)}</text>`,
      )}
      ${ticks.map(
        (tick) => svg`<text x=${x(tick)} y=${floor + 18} text-anchor="middle">${valueText(tick)}</text>`,
      )}
      ${svg`<text x=${margin.left + inner / 2} y=${height - 6} text-anchor="middle">noise level σ: from noise to data</text><text x="2" y="12">added to the error</text>`}
      ${terms.map((term, k) => {
        const [from, to] = [x(sigma[k] ?? high), x(sigma[k + 1] ?? low)];
        return svg`<rect class=${term < 0 ? 'gap' : 'lump'} x=${from} width=${Math.max(to - from - 1, 0.5)} y=${Math.min(y(term), y(0))} height=${Math.abs(y(term) - y(0))} />`;
      })}
      ${sigma.map((level, k) =>
        k > 0 && k + 1 < sigma.length ? this.level(level, k, x(level), floor) : nothing,
      )}
    </svg>`;
  }

  private level(level: number, index: number, x: number, floor: number): SVGTemplateResult {
    const active = index === this.active;
    return svg`<g
      class="edge ${active ? 'active' : ''}"
      role="slider"
      tabindex=${active ? 0 : -1}
      aria-label="Noise level ${index} of ${this.steps}"
      aria-valuenow=${level}
      aria-valuetext="σ ${valueText(level)}"
    ><line x1=${x} x2=${x} y1=${margin.top} y2=${floor} /><circle cx=${x} cy=${floor} r=${active ? 6 : 4} /></g>`;
  }

  private controls(): TemplateResult {
    return html`<div class="knobs">
      <div class="buttons">
        ${chooser(
          'noise-grid-schedule',
          'Schedule',
          schedules.map((key) => [key, key.replaceAll('_', ' ')]),
          this.schedule,
          (schedule) => this.choose({ schedule }),
        )}
        ${chooser('noise-grid-freeze', 'Frozen', Object.entries(freezes), this.freeze, (freeze) =>
          this.choose({ freeze: freeze as keyof typeof freezes }),
        )}
      </div>
      ${slider(
        { id: 'noise-grid-steps', label: 'Steps N', shown: String(this.steps) },
        { min: 1, max: mostSteps, step: 1, value: this.steps },
        (steps) => this.choose({ steps }),
      )}
      ${this.own
        ? html`<p class="help">Levels set by hand; the score is frozen during each step.</p>`
        : nothing}
    </div>`;
  }

  private numbers(answer: GridAnswer): TemplateResult {
    const part = (sign: number): number =>
      answer.terms.reduce((sum, term) => (term * sign > 0 ? sum + term : sum), 0);
    const row = (name: string, value: number): TemplateResult =>
      html`<tr>
        <th>${name}</th>
        <td class="number">${valueText(value)}</td>
      </tr>`;
    return html`<table>
      <tbody>
        ${row('start', answer.init)} ${row('steps that add', part(1))}
        ${row('steps that take away', part(-1))} ${row('error, their sum', answer.error)}
        ${row('total variation', answer.tv)} ${row('residual bound', answer.bound)}
      </tbody>
    </table>`;
  }
}

customElements.define('reprise-noise-grid', NoiseGrid);

export const opening: Opening = (probe) => html`<reprise-noise-grid .probe=${probe}></reprise-noise-grid>`;
