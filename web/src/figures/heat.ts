// Heat maps: cells between the middles of neighbouring places, a perceptually uniform colour scale with its legend.
import type { AxisSpec } from '../model/contract.js';
import type { Axis } from './axes.js';
import { axisDomain, buildAxis, placeable } from './axes.js';
import type { HeatData } from './data.js';
import type { Frame } from './marks.js';
import { sequentialColor } from './palette.js';
import type { Box, ReadoutSeries, Shape } from './shapes.js';
import { valueText } from './value-text.js';

/** Edges of cells around places, halfway in the axis's own scale. */
export function cellEdges(places: number[], logarithmic: boolean): number[] {
  if (places.length === 0) return [];
  const to = (value: number): number => (logarithmic ? Math.log(value) : value);
  const from = (value: number): number => (logarithmic ? Math.exp(value) : value);
  const t = places.map(to);
  const first = t[0] ?? 0;
  const last = t.at(-1) ?? 0;
  const half = t.length > 1 ? [((t[1] ?? 0) - first) / 2, (last - (t.at(-2) ?? 0)) / 2] : [0.5, 0.5];
  const middles = t.slice(1).map((value, k) => (value + (t[k] ?? 0)) / 2);
  return [first - (half[0] ?? 0), ...middles, last + (half[1] ?? 0)].map(from);
}

export interface ColorScale {
  axis: Axis;
  of(value: number): string | null;
}

export function colorScale(spec: AxisSpec, heat: HeatData, before?: [number, number]): ColorScale {
  const usable = heat.values.filter((value) => placeable(spec, value));
  const domain = axisDomain(spec, usable, before);
  const place = (value: number): number => {
    if (!spec.logarithmic) return (value - domain[0]) / (domain[1] - domain[0]);
    return Math.log(value / domain[0]) / Math.log(domain[1] / domain[0]);
  };
  return {
    axis: buildAxis(spec, domain, [0, 100]),
    of: (value) => (placeable(spec, value) ? sequentialColor(place(value)) : null),
  };
}

export function heatShapes(heat: HeatData, colors: ColorScale, frame: Frame): Shape[] {
  const xs = cellEdges(heat.xs, frame.xSpec.logarithmic).map((value) => frame.x.place(value));
  const ys = cellEdges(heat.ys, frame.ySpec.logarithmic).map((value) => frame.y.place(value));
  const shapes: Shape[] = [];
  for (let i = 0; i < heat.xs.length; ++i) {
    for (let j = 0; j < heat.ys.length; ++j) {
      const fill = colors.of(heat.values[i * heat.ys.length + j] ?? NaN);
      if (fill === null) continue;
      const [x0 = 0, x1 = 0, y0 = 0, y1 = 0] = [xs[i], xs[i + 1], ys[j], ys[j + 1]];
      const x = Math.min(x0, x1);
      const y = Math.min(y0, y1);
      // half a pixel more than the cell, so that no seams show between neighbours
      const [width, height] = [Math.abs(x1 - x0) + 0.5, Math.abs(y1 - y0) + 0.5];
      shapes.push({ kind: 'rect', x, y, width, height, fill, opacity: frame.strength, clipped: true });
    }
  }
  return shapes;
}

export const colorBarWidth = 12;

/** A bar to the right of the plot with the ticks of the colour axis. */
export function colorBar(spec: AxisSpec, colors: ColorScale, plot: Box, frame: Frame): Shape[] {
  const x = plot.x + plot.width + 14;
  const axis = buildAxis(spec, colors.axis.domain, [plot.y + plot.height, plot.y]);
  const steps = 48;
  const shapes: Shape[] = Array.from({ length: steps }, (_, k) => ({
    kind: 'rect',
    x,
    y: plot.y + (plot.height * k) / steps,
    width: colorBarWidth,
    height: plot.height / steps + 0.5,
    fill: sequentialColor(1 - (k + 0.5) / steps),
  }));
  for (const tick of axis.ticks) {
    const y = axis.place(tick.at);
    shapes.push({
      kind: 'text',
      at: [x + colorBarWidth + 5, y],
      text: tick.text,
      size: 11,
      color: frame.theme.muted,
      anchor: 'start',
      baseline: 'middle',
    });
  }
  return shapes;
}

/** One series a row of cells: left and right walk along it, up and down change the row. */
export function heatReadouts(heat: HeatData, colors: ColorScale, frame: Frame): ReadoutSeries[] {
  return heat.ys
    .map((y, j) => ({
      name: `${frame.ySpec.label} ${valueText(y)}`,
      color: frame.theme.ink,
      points: heat.xs.flatMap((x, i) => {
        const value = heat.values[i * heat.ys.length + j] ?? NaN;
        if (colors.of(value) === null) return [];
        return [
          {
            at: [frame.x.place(x), frame.y.place(y)] as [number, number],
            x: valueText(x),
            y: valueText(value),
          },
        ];
      }),
    }))
    .filter((series) => series.points.length > 0);
}
