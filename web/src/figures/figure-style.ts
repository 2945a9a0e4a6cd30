// Look of <reprise-figure>; every colour can be set from outside.
import { css } from 'lit';

export const figureStyles = css`
  :host {
    display: block;
    color: var(--reprise-ink, #1b1d1f);
    font-family: var(--reprise-font, system-ui, sans-serif);
  }
  figure {
    margin: 0;
  }
  figcaption {
    margin: 0 0 12px;
  }
  .title {
    font-size: 1.125rem;
    font-weight: 600;
    line-height: 1.3;
    letter-spacing: -0.005em;
    text-wrap: balance;
  }
  :host([compact]) .title {
    font-size: 0.875rem;
  }
  :host([compact]) figcaption {
    margin-bottom: 8px;
  }
  .subtitle {
    margin-top: 2px;
    font-size: 0.875rem;
    line-height: 1.4;
    color: var(--reprise-muted, #5c6166);
  }
  .nothing {
    margin: 0.75rem 0;
    font-style: italic;
  }
  .plot {
    position: relative;
    border-radius: 3px;
    touch-action: pan-y;
  }
  .plot:focus-visible,
  button:focus-visible,
  .table:focus-visible {
    outline: 2px solid var(--reprise-accent, #0b62a8);
    outline-offset: 3px;
  }
  canvas,
  .still svg {
    display: block;
    width: 100%;
    height: auto;
  }
  .pointer {
    position: absolute;
    inset: 0;
    pointer-events: none;
  }
  .pointer line {
    stroke: var(--reprise-axis, #8b9096);
    stroke-width: 1;
    stroke-dasharray: 2 3;
  }
  .pointer circle {
    fill: none;
    stroke-width: 2;
  }
  .tip {
    position: absolute;
    left: calc(var(--x) + 14px);
    top: calc(var(--y) - 12px);
    transform: translateY(-60%);
    max-width: 260px;
    padding: 6px 10px;
    font-size: 0.8125rem;
    line-height: 1.45;
    font-variant-numeric: tabular-nums;
    background: var(--reprise-background, #fdfdfb);
    border: 1px solid var(--reprise-line, #dcdcd6);
    border-radius: 4px;
    box-shadow: 0 2px 10px rgb(0 0 0 / 14%);
    pointer-events: none;
    z-index: 2;
  }
  .tip.left {
    left: auto;
    right: calc(100% - var(--x) + 14px);
  }
  .tip span {
    color: var(--reprise-muted, #5c6166);
  }
  .tip b {
    font-weight: 600;
  }
  .readout {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
  }
  .tools {
    display: flex;
    gap: 16px;
    margin-top: 8px;
  }
  button {
    min-height: 24px;
    padding: 0 2px;
    font: inherit;
    font-size: 0.8125rem;
    color: var(--reprise-muted, #5c6166);
    background: none;
    border: 0;
    border-bottom: 1px solid var(--reprise-line, #dcdcd6);
    cursor: pointer;
  }
  button:hover:not(:disabled) {
    color: var(--reprise-accent, #0b62a8);
    border-color: currentcolor;
  }
  button:disabled {
    opacity: 0.5;
    cursor: default;
  }
  .table {
    margin-top: 12px;
    max-height: 340px;
    overflow: auto;
  }
  table {
    border-collapse: collapse;
    font-size: 0.8125rem;
    font-variant-numeric: tabular-nums;
  }
  th {
    position: sticky;
    top: 0;
    font-weight: 600;
    text-align: left;
    background: var(--reprise-background, #fdfdfb);
    box-shadow: inset 0 -1px var(--reprise-line, #dcdcd6);
  }
  th,
  td {
    padding: 4px 16px 4px 0;
    white-space: nowrap;
  }
  td {
    border-bottom: 1px solid var(--reprise-grid, #e8e8e3);
  }
  .number {
    text-align: right;
  }
  .table p {
    margin: 8px 0;
    font-size: 0.8125rem;
    color: var(--reprise-muted, #5c6166);
  }
`;
