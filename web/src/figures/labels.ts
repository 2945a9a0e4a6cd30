// Names of series at the ends of their lines. Where they would cover each other they move up or down; where that is
// not enough, the figure gets a legend instead.
import type { Box, Measure, Shape } from './shapes.js';
import type { MarkerShape } from './palette.js';

export interface EndLabel {
  text: string;
  color: string;
  /** May be left out where it does not fit: its neighbours in an ordered series tell what it is. */
  optional?: boolean;
  /** The end of the line, in pixels. */
  x: number;
  y: number;
}

export interface PlacedLabel extends EndLabel {
  /** Left end and middle of the text. */
  textX: number;
  textY: number;
}

export const labelSize = 12;
const rowHeight = 14;
const gap = 7;

/**
 * Places every label to the right of its line's end, moved by at most three rows; null when some cannot be placed
 * inside `area` without covering another (or one of `taken`).
 */
export function placeEndLabels(
  labels: EndLabel[],
  area: Box,
  measure: Measure,
  taken: Box[] = [],
): PlacedLabel[] | null {
  const boxes = [...taken];
  const placed: PlacedLabel[] = [];
  const importance = (label: EndLabel): number => (label.optional ? 1 : 0);
  for (const label of [...labels].sort((a, b) => importance(a) - importance(b) || a.y - b.y)) {
    const width = measure(label.text, labelSize);
    const textX = label.x + gap;
    if (textX + width > area.x + area.width + 0.5) {
      if (label.optional) continue;
      return null;
    }
    const y = (label.optional ? [0] : shifts)
      .map((shift) => label.y + shift)
      .find((middle) => {
        const box = { x: textX, y: middle - rowHeight / 2, width, height: rowHeight };
        // above the axis line, which has names of its own below it
        const inside = box.y >= area.y - rowHeight / 2 && box.y + box.height <= area.y + area.height;
        return inside && !boxes.some((other) => overlap(box, other));
      });
    if (y === undefined) {
      if (label.optional) continue;
      return null;
    }
    boxes.push({ x: textX, y: y - rowHeight / 2, width, height: rowHeight });
    placed.push({ ...label, textX, textY: y });
  }
  return placed;
}

const shifts = Array.from({ length: 43 }, (_, k) => (k % 2 === 0 ? 1 : -1) * Math.ceil(k / 2) * 2);

export function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

export function endLabelShapes(labels: PlacedLabel[], halo: string): Shape[] {
  return labels.flatMap((label): Shape[] => {
    const text: Shape = {
      kind: 'text',
      at: [label.textX, label.textY],
      text: label.text,
      size: labelSize,
      color: label.color,
      anchor: 'start',
      baseline: 'middle',
      halo,
    };
    if (Math.abs(label.textY - label.y) < 7) return [text];
    const lead: Shape = {
      kind: 'line',
      points: [
        [label.x + 3, label.y],
        [label.textX - 2, label.textY],
      ],
      color: label.color,
      width: 0.75,
      dash: [],
      opacity: 0.7,
    };
    return [lead, text];
  });
}

export interface LegendEntry {
  text: string;
  /** One; several areas of one meaning share an entry. */
  colors: string[];
  /** What the series is drawn with. */
  line?: { dash: number[]; width: number };
  marker?: MarkerShape;
  /** Opacity of a filled swatch: bands are faint, bars strong. */
  area?: number;
}

export interface Legend {
  shapes: Shape[];
  height: number;
}

/** Entries in rows from `x`, wrapped at `width`. */
export function legend(
  entries: LegendEntry[],
  x: number,
  y: number,
  width: number,
  ink: string,
  background: string,
  measure: Measure,
): Legend {
  const swatch = 18;
  const shapes: Shape[] = [];
  let [left, top] = [x, y];
  for (const entry of entries) {
    const advance = swatch + 6 + measure(entry.text, labelSize) + 16;
    if (left > x && left + advance - 16 > x + width) [left, top] = [x, top + 18];
    const middle = top + 8;
    const color = entry.colors[0] ?? ink;
    if (entry.area !== undefined) {
      const share = swatch / entry.colors.length;
      for (const [k, fill] of entry.colors.entries()) {
        const x = left + k * share;
        shapes.push({ kind: 'rect', x, y: middle - 5, width: share, height: 10, fill, opacity: entry.area });
      }
    }
    if (entry.line) {
      const points: [number, number][] = [
        [left, middle],
        [left + swatch, middle],
      ];
      shapes.push({ kind: 'line', points, color, ...entry.line });
    }
    if (entry.marker) {
      const at: [number, number] = [left + swatch / 2, middle];
      shapes.push({
        kind: 'marker',
        at,
        shape: entry.marker,
        radius: 3.5,
        fill: color,
        ring: background,
      });
    }
    shapes.push({
      kind: 'text',
      at: [left + swatch + 6, middle],
      text: entry.text,
      size: labelSize,
      color: ink,
      anchor: 'start',
      baseline: 'middle',
    });
    left += advance;
  }
  return { shapes, height: entries.length === 0 ? 0 : top + 18 - y + 4 };
}
