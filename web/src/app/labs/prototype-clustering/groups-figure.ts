// <reprise-cluster-groups>: the visitor drags groups of points closer or farther apart; the balls that hold the
// prototypes of every clustering as good grow or shrink, and the certificate vanishes when two of them touch.
import { html, nothing, svg } from 'lit';
import type { SVGTemplateResult, TemplateResult } from 'lit';
import { valueText } from '../../../figures/value-text.js';
import { defaultSeed } from '../../../model/permalink.js';
import { OpeningFigure, chooser, slider } from '../opening-figure.js';
import type { Opening } from '../opening.js';
import type { GroupsAnswer, Place } from './group-terms.js';
import {
  groupsNumbers,
  groupsSentence,
  moveGroup,
  plane,
  safePoints,
  spreadGroups,
  startOf,
} from './group-terms.js';

const reach = 30; // pixels around a centre that take hold of it
const keyStep = 0.2;
const shape = ['circle', 'square', 'triangle', 'diamond'];
const groupCounts = ['2', '3', '4'].map((count) => [count, count] as const);

type Scale = (value: number) => number;

class ClusterGroups extends OpeningFigure<GroupsAnswer> {
  protected override readonly study = 'prototype-clustering/certificate';
  protected override readonly probeName = 'groups';
  private centers: Place[] = startOf(3);
  private share = 0.34;
  private epsilon = 0;
  private seed = defaultSeed;
  private active = 0;
  private dragging = false;

  protected override question(): unknown {
    const { centers, share, epsilon, seed } = this;
    return { centers, share, epsilon, seed, points: 150 };
  }

  protected override spokenText(): string {
    return this.answer ? `${groupsSentence(this.answer, this.epsilon)}. ${groupsNumbers(this.answer)}` : '';
  }

  // --- pointer and keyboard --------------------------------------------------------------------------------------

  private pixels(): number {
    return this.width / (plane.right - plane.left);
  }

  private placeAt(event: PointerEvent): Place {
    const frame = (event.currentTarget as Element).getBoundingClientRect();
    const pixels = this.pixels();
    return [
      plane.left + (event.clientX - frame.left) / pixels,
      plane.top - (event.clientY - frame.top) / pixels,
    ];
  }

  private readonly onDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    const [x, y] = this.placeAt(event);
    const distances = this.centers.map(([cx, cy]) => Math.hypot(cx - x, cy - y));
    const nearest = distances.indexOf(Math.min(...distances));
    if ((distances[nearest] ?? Infinity) * this.pixels() > reach) return;
    event.preventDefault();
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    this.dragging = true;
    this.activate(nearest);
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
    const [x, y] = this.centers[this.active] ?? [0, 0];
    const last = this.centers.length;
    if (event.key === 'ArrowLeft') this.put(x - keyStep, y);
    else if (event.key === 'ArrowRight') this.put(x + keyStep, y);
    else if (event.key === 'ArrowUp') this.put(x, y + keyStep);
    else if (event.key === 'ArrowDown') this.put(x, y - keyStep);
    else if (event.key === 'PageDown') this.activate((this.active + 1) % last);
    else if (event.key === 'PageUp') this.activate((this.active + last - 1) % last);
    else return;
    event.preventDefault();
  };

  private activate(index: number): void {
    this.active = index;
    this.requestUpdate();
    this.focusHandle();
  }

  private put(x: number, y: number): void {
    this.change({ centers: moveGroup(this.centers, this.active, x, y) });
  }

  private change(change: { centers?: Place[]; share?: number; epsilon?: number; seed?: number }): void {
    Object.assign(this, change);
    this.ask();
  }

  // --- drawing ---------------------------------------------------------------------------------------------------

  override render(): TemplateResult {
    const { answer } = this;
    return this.frame(
      {
        name: 'cluster-groups',
        kind: 'groups',
        title: answer ? groupsSentence(answer, this.epsilon) : 'When is the best clustering the only one?',
        help: 'Every clustering as good as the best one keeps a prototype in each circle. Filled points keep their group for certain. Drag a group by its number.',
      },
      this.width > 0 ? this.plot() : nothing,
      html`${this.numbers()} ${this.controls()}`,
    );
  }

  private plot(): TemplateResult {
    const pixels = this.pixels();
    const x: Scale = (value) => (value - plane.left) * pixels;
    const y: Scale = (value) => (plane.top - value) * pixels;
    return html`<svg
      width=${this.width}
      height=${(plane.top - plane.bottom) * pixels}
      class=${this.dragging ? 'dragging' : ''}
      role="group"
      aria-label="Groups of points in the plane"
      aria-describedby="cluster-groups-keys"
      @pointerdown=${this.onDown}
      @pointermove=${this.onMove}
      @pointerup=${this.onUp}
      @pointercancel=${this.onUp}
      @keydown=${this.onKey}
    >
      ${this.answer ? this.clustering(this.answer, x, y) : nothing}
      ${this.centers.map((center, k) => this.handle(k, x(center[0]), y(center[1])))}
    </svg>`;
  }

  private clustering(answer: GroupsAnswer, x: Scale, y: Scale): SVGTemplateResult[] {
    const pixels = this.pixels();
    const proved = answer.status !== 'not-certified';
    const balls = answer.prototypes.map((place, k) => {
      const touching = !proved && answer.pair.includes(k) ? 'touching' : '';
      const inner = answer.final_radii[k] ?? 0;
      return svg`<circle class="ball ${touching}" cx=${x(place[0])} cy=${y(place[1])} r=${(answer.radii[k] ?? 0) * pixels} />
        ${proved ? svg`<circle class="ball inner" cx=${x(place[0])} cy=${y(place[1])} r=${Math.max(2, inner * pixels)} />` : nothing}`;
    });
    const points = answer.points.map(
      ([px, py, , label, safe]) =>
        svg`<path class="point ${shape[label] ?? ''} ${proved && safe ? 'safe' : ''}" d=${outline(label, x(px), y(py))} />`,
    );
    return [...balls, ...points];
  }

  private handle(index: number, x: number, y: number): SVGTemplateResult {
    const active = index === this.active;
    const [cx, cy] = this.centers[index] ?? [0, 0];
    return svg`<g class="handle ${active ? 'active' : ''}" role="img" tabindex=${active ? 0 : -1} aria-label="Group ${index + 1} at ${valueText(cx)}, ${valueText(cy)}"><circle cx=${x} cy=${y} r="12" /><text x=${x} y=${y + 4} text-anchor="middle">${index + 1}</text></g>`;
  }

  private numbers(): TemplateResult {
    const { answer } = this;
    const n = answer?.points.length ?? 1;
    const row = (kind: string, name: string, text: string | null, length: number): TemplateResult =>
      html`<div class="risk ${kind}">
        <span>${name}</span><span class="number">${text ?? '–'}</span>
        <div class="bar" aria-hidden="true"><i .style=${`width:${100 * Math.min(1, length)}%`}></i></div>
      </div>`;
    const points = (share: number): string => `${valueText(Math.round(share * n))} points`;
    const ratio = answer?.ratio ?? 0;
    return html`<div class="risks" role="group" aria-label="What is proved, and what was found">
      ${row(
        ratio < 1 ? 'proved' : 'open',
        'Separation ratio, certified below 1',
        answer ? valueText(Math.round(1000 * ratio) / 1000) : null,
        ratio / 2,
      )}
      ${row('', 'Can differ, as proved', answer ? points(answer.bound) : null, answer?.bound ?? 0)}
      ${row('', 'Do differ, as found', answer ? points(answer.observed) : null, answer?.observed ?? 0)}
      ${row(
        '',
        'Safe points',
        answer ? points(safePoints(answer) / n) : null,
        answer ? safePoints(answer) / n : 0,
      )}
      ${row('', 'In another group than drawn', answer ? points(answer.error) : null, answer?.error ?? 0)}
    </div>`;
  }

  private controls(): TemplateResult {
    const percent = (value: number): string => `${Math.round(100 * value)} %`;
    return html`<div class="knobs">
      ${slider(
        { id: 'groups-share', label: 'Share of group 1', shown: percent(this.share) },
        { min: 0.04, max: 0.6, step: 0.02, value: this.share },
        (share) => this.change({ share }),
      )}
      ${slider(
        { id: 'groups-epsilon', label: 'As good: loss at most higher by', shown: percent(this.epsilon) },
        { min: 0, max: 0.5, step: 0.01, value: this.epsilon },
        (epsilon) => this.change({ epsilon }),
      )}
      <div class="buttons">
        <button type="button" @click=${() => this.change({ centers: spreadGroups(this.centers, 1 / 1.06) })}>
          Closer
        </button>
        <button type="button" @click=${() => this.change({ centers: spreadGroups(this.centers, 1.06) })}>
          Farther apart
        </button>
        <button type="button" @click=${() => this.change({ seed: this.seed + 1 })}>New points</button>
        ${chooser('groups-count', 'Groups', groupCounts, String(this.centers.length), (count) => {
          this.active = 0;
          this.change({ centers: startOf(Number(count)) });
        })}
      </div>
      <p class="help" id="cluster-groups-keys">
        Keys: arrows move a group, page up and page down go to another.
      </p>
    </div>`;
  }
}

/** A mark of about eight pixels, one shape a cluster. */
function outline(label: number, x: number, y: number): string {
  if (label === 1) return `M${x - 3.5} ${y - 3.5}h7v7h-7z`;
  if (label === 2) return `M${x} ${y - 4.5}l4.5 8h-9z`;
  if (label === 3) return `M${x} ${y - 5}l5 5-5 5-5-5z`;
  return `M${x - 4} ${y}a4 4 0 1 0 8 0a4 4 0 1 0-8 0z`;
}

customElements.define('reprise-cluster-groups', ClusterGroups);

export const opening: Opening = (probe) =>
  html`<reprise-cluster-groups .probe=${probe}></reprise-cluster-groups>`;
