// <reprise-absorption>: the visitor moves one sample's margin, or scrubs through a training run, and sees the sum
// 1 + Σ e^(−D) lose its small terms and the true class its gradient. Every number comes from the kernel itself.
import { html, nothing, svg } from 'lit';
import type { SVGTemplateResult, TemplateResult } from 'lit';
import { valueText } from '../../../figures/value-text.js';
import { OpeningFigure, chooser, slider, widgetConfig } from '../opening-figure.js';
import type { Opening } from '../opening.js';
import type { ExampleRun, SampleAnswer } from './rounding.js';
import {
  binary,
  formats,
  forms,
  largestMargin,
  logPath,
  runSentence,
  sampleSentence,
  shortened,
} from './rounding.js';

const log = 'slingshot/log-audit';
const behind = [0.8, 2]; // how far the other wrong logits lie below the first
const points = 240;
const margin = { left: 46, right: 14, top: 28, bottom: 40 };

class Absorption extends OpeningFigure<SampleAnswer> {
  protected override readonly study = 'slingshot/absorption-threshold';
  protected override readonly probeName = 'sample';
  private format = 'float16';
  private form = 'log_softmax';
  private distance = 9;
  private row = -1; // of the run; −1: the margin was set by hand
  private run: ExampleRun | null = null;
  protected override async prepare(): Promise<void> {
    this.run = (await this.probe(log, await widgetConfig(log), 'example', {})) as unknown as ExampleRun;
  }

  protected override question(): unknown {
    return {
      format: this.format,
      form: this.form,
      margin: this.distance,
      offsets: behind,
      max_margin: largestMargin(this.format),
      points,
    };
  }

  protected override spokenText(): string {
    return [this.sentence(), this.story()].filter((one) => one !== '').join('. ');
  }

  private sentence(): string {
    return this.answer ? sampleSentence(this.answer, this.format, this.distance) : '';
  }

  private story(): string {
    return this.run && this.row >= 0 ? runSentence(this.run, this.row) : '';
  }

  private setMargin(value: number): void {
    this.row = -1;
    this.distance = Math.min(Math.max(Math.round(value * 20) / 20, 0), largestMargin(this.format));
    this.ask();
  }

  private choose(format: string, form: string): void {
    this.format = format;
    this.form = form;
    this.row = -1;
    this.distance = Math.min(this.distance, largestMargin(format));
    this.ask();
  }

  /** The kernel and the median margin of one step of the run. */
  private setRow(row: number): void {
    const margins = this.run?.median_margin ?? [];
    this.row = Math.min(Math.max(Math.round(row), 0), margins.length - 1);
    this.format = 'float16';
    this.form = 'log_softmax';
    this.distance = Math.max(margins[this.row] ?? 0, 0);
    this.ask();
  }

  /** Dragging in a plot: the share of its width, from 0 to 1. */
  private drag(use: (share: number) => void): (event: PointerEvent) => void {
    return (event) => {
      const frame = event.currentTarget as Element;
      if (event.type === 'pointerdown') {
        if (event.button !== 0) return;
        frame.setPointerCapture(event.pointerId);
      } else if (!frame.hasPointerCapture(event.pointerId)) return;
      const box = frame.getBoundingClientRect();
      use((event.clientX - box.left - margin.left) / (box.width - margin.left - margin.right));
    };
  }

  // --- drawing ---------------------------------------------------------------------------------------------------

  override render(): TemplateResult {
    return this.frame(
      {
        name: 'absorption',
        kind: 'absorption',
        title: this.sentence() || 'Move the margin of one sample',
        help: 'One sample with four classes, every operation rounded to the chosen format. Drag in the plots, or use the sliders.',
      },
      this.width > 0 ? html`${this.gradientPlot()} ${this.runPlot()}` : nothing,
      html`${this.controls()} ${this.answer ? this.numbers(this.answer) : nothing}`,
    );
  }

  private axes(
    height: number,
    powers: [number, number],
    [name, quantity]: [x: string, y: string],
    label: string,
    use: (share: number) => void,
    draw: (x: (share: number) => number, y: (power: number) => number) => SVGTemplateResult,
  ): TemplateResult {
    const inner = this.width - margin.left - margin.right;
    const floor = height - margin.bottom;
    const [low, high] = powers;
    const x = (share: number): number => margin.left + share * inner;
    const y = (power: number): number => floor - ((power - low) / (high - low)) * (floor - margin.top);
    const every = Math.ceil((high - low) / 4);
    const ticks = Array.from({ length: Math.floor((high - low) / every) + 1 }, (_, k) => high - k * every);
    const move = this.drag(use);
    return html`<svg
      width=${this.width}
      height=${height}
      role="img"
      aria-label=${label}
      @pointerdown=${move}
      @pointermove=${move}
    >
      ${ticks.map(
        (tick) =>
          svg`<line class="grid" x1=${x(0)} x2=${x(1)} y1=${y(tick)} y2=${y(tick)} /><text x=${x(0) - 6} y=${y(tick) + 4} text-anchor="end">${valueText(10 ** tick).replace(/^1×/, '')}</text>`,
      )}
      ${svg`<text x=${x(0.5)} y=${height - 6} text-anchor="middle">${name}</text><text x="2" y="12">${quantity}</text>`}
      ${draw(x, y)}
    </svg>`;
  }

  private gradientPlot(): TemplateResult {
    const end = largestMargin(this.format);
    const lowest = Math.floor(Math.log10(Math.exp(-end))) - 1;
    const { answer } = this;
    return this.axes(
      236,
      [Math.max(lowest, -16), 0],
      ['margin D in nats: how far the true logit is ahead', 'size of the gradient'],
      `Size of the gradients over the margin in ${this.format}`,
      (share) => this.setMargin(share * end),
      (x, y) => {
        if (!answer) return svg``;
        const { curve, threshold } = answer;
        const path = (ys: number[]): string => logPath(curve.margin, ys, (d) => x(d / end), y);
        return svg`${[0, 0.25, 0.5, 0.75, 1].map(
          (share) =>
            svg`<text x=${x(share)} y=${y(Math.max(lowest, -16)) + 18} text-anchor="middle">${valueText(share * end)}</text>`,
        )}<line class="limit" x1=${x(threshold / end)} x2=${x(threshold / end)} y1=${y(0)} y2=${y(Math.max(lowest, -16))} /><text x=${x(threshold / end) + 5} y=${y(0) + 10}>${answer.precision} ln 2</text><path class="others" d=${path(curve.others)} /><path class="own" d=${path(curve.true)} /><text x=${x(0) + 8} y=${y(Math.max(lowest, -16)) - 22}><tspan class="own">━ true class</tspan></text><text x=${x(0) + 8} y=${y(Math.max(lowest, -16)) - 7}><tspan class="others">┅ others, summed</tspan></text><line class="here" x1=${x(this.distance / end)} x2=${x(this.distance / end)} y1=${y(0)} y2=${y(Math.max(lowest, -16))} />`;
      },
    );
  }

  private runPlot(): TemplateResult | typeof nothing {
    const { run } = this;
    if (!run) return nothing;
    const last = run.step.length - 1;
    const steps = run.step[last] ?? 1;
    return this.axes(
      206,
      [-4, 1],
      ['step of a float16 run', 'training loss in nats; filled: share absorbed'],
      'Training loss over steps, with a spike',
      (share) => this.setRow(share * last),
      (x, y) => {
        const floor = y(-4);
        const share = run.absorbed.map(
          (part, k) => `${x((run.step[k] ?? 0) / steps).toFixed(1)} ${(floor - 40 * part).toFixed(1)}`,
        );
        const here = x((run.step[Math.max(this.row, 0)] ?? 0) / steps);
        return svg`${[0, 0.5, 1].map(
          (part) =>
            svg`<text x=${x(part)} y=${floor + 18} text-anchor="middle">${Math.round(part * steps)}</text>`,
        )}<path class="share" d="M${x(0)} ${floor}L${share.join('L')}L${x(1)} ${floor}Z" /><path class="own" d=${logPath(run.step, run.loss, (step) => x(step / steps), y)} />${
          this.row < 0 ? nothing : svg`<line class="here" x1=${here} x2=${here} y1=${y(1)} y2=${floor} />`
        }`;
      },
    );
  }

  private controls(): TemplateResult {
    const { run, row } = this;
    const step = String(run?.step[Math.max(row, 0)] ?? 0);
    return html`<div class="knobs">
      <div class="buttons">
        ${chooser('absorption-format', 'Format', names(Object.keys(formats)), this.format, (one) =>
          this.choose(one, this.form),
        )}
        ${chooser('absorption-form', 'Loss', names(forms), this.form, (one) => this.choose(this.format, one))}
      </div>
      ${slider(
        { id: 'absorption-margin', label: 'Margin D', shown: `${valueText(this.distance)} nats` },
        { min: 0, max: largestMargin(this.format), step: 0.05, value: this.distance },
        (value) => this.setMargin(value),
      )}
      ${run
        ? slider(
            {
              id: 'absorption-step',
              label: 'Step of the run',
              shown: row < 0 ? '–' : step,
              spoken: row < 0 ? 'not in the run' : `step ${step}`,
            },
            { min: 0, max: run.step.length - 1, step: 1, value: Math.max(row, 0) },
            (value) => this.setRow(value),
          )
        : nothing}
      ${row < 0 ? nothing : html`<p class="help">${this.story()}.</p>`}
    </div>`;
  }

  private numbers(answer: SampleAnswer): TemplateResult {
    const { precision, terms, sums, gradient, probabilities, logits } = answer;
    const line = (sign: string, value: number): TemplateResult => {
      const { whole, kept, dropped } = binary(value, precision);
      return html`<div>${sign}${whole}.${shortened(kept)}<i>│${dropped}</i></div>`;
    };
    const cell = (value: number): TemplateResult => html`<td class="number">${valueText(value)}</td>`;
    return html`<div class="bits" aria-hidden="true">
        ${line('\u2007', 1)} ${line('+', terms[1] ?? 0)} ${line('=', sums[1] ?? 1)}
      </div>
      <p class="help">
        1 + e^(−D) with ${precision} bits:
        ${sums[1] === 1 ? 'everything right of the bar is lost' : 'what is right of the bar is rounded away'}.
      </p>
      <table>
        <thead>
          <tr>
            <th>class</th>
            <th>logit</th>
            <th>p</th>
            <th>gradient</th>
          </tr>
        </thead>
        <tbody>
          ${gradient.map(
            (g, k) =>
              html`<tr>
                <th>${k === 0 ? 'true' : k}</th>
                ${cell(logits[k] ?? 0)}
                ${probabilities ? cell(probabilities[k] ?? 0) : html`<td class="number">–</td>`} ${cell(g)}
              </tr>`,
          )}
          <tr class="sum">
            <th colspan="3">sum, 0 in exact arithmetic</th>
            ${cell(answer.gradient_sum)}
          </tr>
        </tbody>
      </table>`;
  }
}

const names = (keys: string[]): [string, string][] => keys.map((key) => [key, key.replaceAll('_', ' ')]);

customElements.define('reprise-absorption', Absorption);

export const opening: Opening = (probe) => html`<reprise-absorption .probe=${probe}></reprise-absorption>`;
