// <reprise-figure>: one figure of a study. Draws partial reports on a canvas while a run is under way and SVG once it
// is still; pointer, touch and arrow keys read exact values; the data is one key away as a table and as CSV.
// Colours come from the CSS custom properties --reprise-*, which a host page may set.
import { LitElement, html, nothing } from 'lit';
import type { PropertyValues, TemplateResult } from 'lit';
import type { FigureSpec, Report } from '../model/contract.js';
import { figureStyles } from './figure-style.js';
import type * as FigureTools from './figure-tools.js';
import type { Take } from './figure-tools.js';
import { paintCanvas, svgText } from './paint.js';
import { darkTheme, lightTheme, textColor } from './palette.js';
import type { FigureTheme } from './palette.js';
import { scene } from './scene.js';
import type { Measure, Memory, ReadoutPoint, ReadoutSeries, Scene } from './shapes.js';
import { fillTemplate, figureTitle } from './title.js';

const measuringContext = document.createElement('canvas').getContext('2d');
let figuresMade = 0;

export class FigureElement extends LitElement {
  static override styles = figureStyles;
  static override properties = {
    figure: { attribute: false },
    report: { attribute: false },
    unfinished: { attribute: false },
    compact: { type: Boolean, reflect: true },
    ownData: { type: Boolean },
    headingLevel: { type: Number },
    tableShown: { state: true },
    tools: { state: true },
    focusPlace: { state: true },
    figureWidth: { state: true },
  };

  declare figure: FigureSpec;
  declare report: Report | null;
  /** Set while the run is under way. */
  declare unfinished: { done: number; total: number } | null;
  /** A miniature: no tools, no title. */
  declare compact: boolean;
  /** The report is about the visitor's own data: its points are drawn hollow. */
  declare ownData: boolean;
  declare headingLevel: number;
  declare private tableShown: boolean;
  /** Loaded when somebody takes something from the figure; text: why they are not there. */
  declare private tools: typeof FigureTools | string | null;
  /** The value under the pointer or reached with the arrow keys. */
  declare private focusPlace: { series: number; point: number } | null;
  declare private figureWidth: number;

  private readonly clipName = `reprise-figure-${++figuresMade}`;
  private readonly resize = new ResizeObserver(([entry]) => {
    const width = Math.round(entry?.contentRect.width ?? 0);
    if (width > 0 && Math.abs(width - this.figureWidth) > 1) this.figureWidth = width;
  });
  private memory: Memory | undefined;
  private current: Scene | null = null;

  constructor() {
    super();
    this.report = null;
    this.unfinished = null;
    this.compact = false;
    this.ownData = false;
    this.headingLevel = 3;
    this.tableShown = false;
    this.tools = null;
    this.focusPlace = null;
    this.figureWidth = 0;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.resize.observe(this);
    window.addEventListener('reprise-theme', this.onTheme);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', this.onTheme);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.resize.disconnect();
    window.removeEventListener('reprise-theme', this.onTheme);
    matchMedia('(prefers-color-scheme: dark)').removeEventListener('change', this.onTheme);
  }

  private readonly onTheme = (): void => this.requestUpdate();

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('figure') && changed.get('figure') !== undefined) this.memory = undefined;
    if (this.figureWidth === 0 || !this.figure) return;
    const running = this.unfinished !== null;
    // ends of axes and colours grow with a run and are settled anew by its finished report
    const before = running ? this.memory : undefined;
    this.current = scene(this.figure, this.report, {
      width: this.figureWidth,
      height: this.plotHeight(),
      theme: this.theme(),
      measure: measureText(this.theme().font),
      compact: this.compact,
      hollow: this.ownData,
      ...(before ? { before } : {}),
      ...(this.unfinished ? { unfinished: this.unfinished } : {}),
    });
    if (this.report) this.memory = this.current.memory;
    if (this.focusPlace && !this.focused()) this.focusPlace = null;
  }

  private plotHeight(): number {
    if (this.compact) return Math.round(this.figureWidth * 0.6);
    return Math.round(Math.min(Math.max(this.figureWidth * 0.6, 280), 440));
  }

  override render(): TemplateResult | typeof nothing {
    if (!this.figure) return nothing;
    const title = this.heading();
    if (this.hasNothing()) {
      return html`<figure>
        ${this.caption(title)}
        <p class="nothing">With these settings there is nothing to draw here.</p>
      </figure>`;
    }
    return html`
      <figure>
        ${this.caption(title)}
        <div
          class="plot"
          role=${this.compact ? 'img' : 'application'}
          tabindex=${this.compact ? nothing : 0}
          aria-roledescription=${this.compact ? nothing : 'figure'}
          aria-label=${this.description(title)}
          @keydown=${this.onKey}
          @pointermove=${this.onPointer}
          @pointerdown=${this.onPointer}
          @pointerleave=${this.clearFocus}
          @blur=${this.clearFocus}
        >
          ${this.unfinished ? html`<canvas></canvas>` : html`<div class="still"></div>`} ${this.pointedAt()}
        </div>
        ${this.compact ? nothing : this.toolBar(title)}
      </figure>
    `;
  }

  /** A finished report without a value for this figure: a sentence instead of empty axes. */
  private hasNothing(): boolean {
    return this.report !== null && this.unfinished === null && !this.compact && this.current?.empty === true;
  }

  private caption(title: string): TemplateResult {
    if (this.compact) return html`<figcaption><div class="title">${title}</div></figcaption>`;
    const level = Math.min(Math.max(this.headingLevel, 2), 6);
    const subtitle =
      fillTemplate(this.figure.subtitle, this.report) ?? this.figure.subtitle.replace(/\s*\{[^}]*\}/g, ' …');
    return html`<figcaption>
      <div class="title" role="heading" aria-level=${level}>${title}</div>
      ${subtitle ? html`<div class="subtitle">${subtitle}</div>` : nothing}
    </figcaption>`;
  }

  private description(title: string): string {
    const { x, y } = this.figure;
    const readouts = this.current?.readouts.length ?? 0;
    const walk =
      readouts > 0 && !this.compact
        ? ` ${readouts} series. Arrow keys walk along them, T shows the table.`
        : '';
    return `${title}. ${y.label} over ${x.label}.${walk}`;
  }

  private toolBar(title: string): TemplateResult {
    const ready = this.report !== null;
    const take = (what: Take): TemplateResult =>
      html`<button type="button" ?disabled=${!ready} @click=${() => void this.save(what)}>
        ${what.toUpperCase()}
      </button>`;
    const tools = typeof this.tools === 'object' ? this.tools : null;
    return html`
      <div class="readout" aria-live="polite">${this.readoutText()}</div>
      <div class="tools">
        <button
          type="button"
          aria-expanded=${this.tableShown ? 'true' : 'false'}
          ?disabled=${!ready}
          @click=${this.toggleTable}
        >
          ${this.tableShown ? 'Hide table' : 'As table'}
        </button>
        ${take('csv')} ${take('svg')} ${take('png')}
      </div>
      ${typeof this.tools === 'string' ? html`<p role="alert">${this.tools}</p>` : nothing}
      ${this.tableShown && this.report && tools ? tools.tableOf(this.figure, this.report, title) : nothing}
    `;
  }

  override updated(): void {
    const drawn = this.current;
    if (!drawn) return;
    const canvas = this.renderRoot.querySelector('canvas');
    if (canvas) {
      paintCanvas(drawn, canvas, window.devicePixelRatio);
      return;
    }
    const still = this.renderRoot.querySelector('.still');
    if (still) still.innerHTML = svgText(drawn, this.clipName);
  }

  // --- reading values --------------------------------------------------------------------------------------------

  private focused(): { series: ReadoutSeries; point: ReadoutPoint } | null {
    if (!this.focusPlace || !this.current) return null;
    const series = this.current.readouts[this.focusPlace.series];
    const point = series?.points[this.focusPlace.point];
    return series && point ? { series, point } : null;
  }

  private readoutText(): string {
    const seen = this.focused();
    if (!seen || !this.current) return '';
    const { series, point } = seen;
    const interval = point.interval ? `, ${point.interval}` : '';
    return `${series.name ? series.name + ': ' : ''}${this.current.xName} ${point.x}, ${this.current.yName} ${point.y}${interval}`;
  }

  private pointedAt(): TemplateResult | typeof nothing {
    const seen = this.focused();
    if (!seen || !this.current || this.compact) return nothing;
    const { series, point } = seen;
    const { plot, xName, yName, width } = this.current;
    const [x, y] = point.at;
    const left = x > width / 2;
    // attributes of SVG and CSS custom properties set by script: no inline style text
    return html`
      <svg class="pointer" width=${this.current.width} height=${this.current.height} aria-hidden="true">
        <line x1=${x} x2=${x} y1=${plot.y} y2=${plot.y + plot.height}></line>
        <circle cx=${x} cy=${y} r="7" stroke=${series.color}></circle>
      </svg>
      <div class="tip ${left ? 'left' : ''}" .style=${`--x:${x}px;--y:${y}px`} aria-hidden="true">
        ${series.name
          ? html`<div class="name" .style=${`color:${textColor(this.theme(), series.color)}`}>
              ${series.name}
            </div>`
          : nothing}
        <div><span>${xName}</span> <b>${point.x}</b></div>
        <div><span>${yName}</span> <b>${point.y}</b></div>
        ${point.interval ? html`<div><span>interval</span> <b>${point.interval}</b></div>` : nothing}
      </div>
    `;
  }

  private readonly onPointer = (event: PointerEvent): void => {
    if (this.compact || !this.current) return;
    const frame = this.renderRoot.querySelector('.plot')?.getBoundingClientRect();
    if (!frame) return;
    this.focusPlace = nearest(this.current, event.clientX - frame.left, event.clientY - frame.top);
  };

  private readonly clearFocus = (): void => {
    this.focusPlace = null;
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 't' || event.key === 'T') this.toggleTable();
    else if (event.key === 'c' || event.key === 'C') void this.save('csv');
    else if (event.key === 'Escape') this.focusPlace = null;
    else if (!this.walk(event.key)) return;
    event.preventDefault();
  };

  /** Left and right along a series, up and down between series, Home and End to its ends. */
  private walk(key: string): boolean {
    const all = this.current?.readouts ?? [];
    if (all.length === 0 || !['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End'].includes(key))
      return false;
    const here = this.focusPlace;
    if (!here) {
      this.focusPlace = { series: 0, point: key === 'End' ? (all[0]?.points.length ?? 1) - 1 : 0 };
      return true;
    }
    let { series, point } = here;
    if (key === 'ArrowUp') series = (series + all.length - 1) % all.length;
    if (key === 'ArrowDown') series = (series + 1) % all.length;
    const last = (all[series]?.points.length ?? 1) - 1;
    if (series !== here.series) {
      const x = all[here.series]?.points[here.point]?.at[0] ?? 0;
      const distances = (all[series]?.points ?? []).map((p) => Math.abs(p.at[0] - x));
      point = distances.indexOf(Math.min(...distances));
    } else if (key === 'ArrowLeft') point = Math.max(point - 1, 0);
    else if (key === 'ArrowRight') point = Math.min(point + 1, last);
    else if (key === 'Home') point = 0;
    else if (key === 'End') point = last;
    this.focusPlace = { series, point };
    return true;
  }

  private readonly toggleTable = (): void => {
    this.tableShown = !this.tableShown;
    if (this.tableShown) void this.loadTools();
  };

  private async loadTools(): Promise<typeof FigureTools | null> {
    if (this.tools !== null && typeof this.tools !== 'string') return this.tools;
    try {
      return (this.tools = await import('./figure-tools.js'));
    } catch {
      this.tools = 'This part of the page could not be loaded. Check your connection and try again.';
      return null;
    }
  }

  private async save(take: Take): Promise<void> {
    const tools = await this.loadTools();
    const { figure, report, current: scene } = this;
    if (!tools || !report || !scene) return;
    await tools.save(take, { figure, report, scene, title: this.heading() });
  }

  private heading(): string {
    return figureTitle(this.figure, this.unfinished ? null : this.report);
  }

  private theme(): FigureTheme {
    const style = getComputedStyle(this);
    const value = (name: string): string => style.getPropertyValue(`--reprise-${name}`).trim();
    const scheme = value('scheme');
    const dark = scheme ? scheme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    const base = dark ? darkTheme : lightTheme;
    return {
      ...base,
      background: value('background') || base.background,
      ink: value('ink') || base.ink,
      muted: value('muted') || base.muted,
      axis: value('axis') || base.axis,
      grid: value('grid') || base.grid,
      font: style.fontFamily || base.font,
    };
  }
}

function measureText(font: string): Measure {
  return (text, size, bold) => {
    if (!measuringContext) return text.length * size * 0.56;
    measuringContext.font = `${bold ? '600 ' : ''}${size}px ${font}`;
    return measuringContext.measureText(text).width;
  };
}

/** The value whose x is nearest to the pointer, among those the one with the nearest y; none outside the plot. */
export function nearest(drawn: Scene, x: number, y: number): { series: number; point: number } | null {
  const { plot } = drawn;
  if (x < plot.x - 12 || x > plot.x + plot.width + 12 || y < plot.y - 12 || y > plot.y + plot.height + 24)
    return null;
  let best: { series: number; point: number } | null = null;
  let least = Infinity;
  drawn.readouts.forEach((series, s) => {
    series.points.forEach((point, p) => {
      const distance = Math.hypot(point.at[0] - x, (point.at[1] - y) * 0.7);
      if (distance < least) [least, best] = [distance, { series: s, point: p }];
    });
  });
  return best;
}

customElements.define('reprise-figure', FigureElement);

declare global {
  interface HTMLElementTagNameMap {
    'reprise-figure': FigureElement;
  }
}
