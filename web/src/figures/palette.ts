// Colours, dash patterns and marker shapes. The eight hues are those of Okabe and Ito (2008), darkened or lightened
// until each has a contrast of at least 3:1 against its theme's background (tested), so that they stay apart for the
// common colour-vision deficiencies in light and in dark.

export interface FigureTheme {
  dark: boolean;
  background: string;
  /** Titles, values under the pointer. */
  ink: string;
  /** Axis labels and ticks: 4.5:1. */
  muted: string;
  /** Axis lines. */
  axis: string;
  /** Grid lines. */
  grid: string;
  series: readonly string[];
  font: string;
}

/** Blue, vermillion, green, purple, orange, sky, ink, olive. */
export const lightSeries = [
  '#0072b2',
  '#d55e00',
  '#009068',
  '#c0609a',
  '#bb7f00',
  '#3c97d3',
  '#3a3a3a',
  '#8a8000',
] as const;

export const darkSeries = [
  '#4ba3e3',
  '#f0703a',
  '#1fbf91',
  '#dd94bd',
  '#e6a52a',
  '#7cc8f2',
  '#d9d9d9',
  '#e5d84a',
] as const;

const systemFont = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif';

export const lightTheme: FigureTheme = {
  dark: false,
  background: '#fdfdfb',
  ink: '#1b1d1f',
  muted: '#5c6166',
  axis: '#8b9096',
  grid: '#e8e8e3',
  series: lightSeries,
  font: systemFont,
};

export const darkTheme: FigureTheme = {
  dark: true,
  background: '#16181b',
  ink: '#eceded',
  muted: '#a4a9ae',
  axis: '#6f757b',
  grid: '#2a2d31',
  series: darkSeries,
  font: systemFont,
};

export type MarkerShape =
  | 'circle'
  | 'square'
  | 'triangle'
  | 'diamond'
  | 'down'
  | 'cross'
  | 'plus'
  | 'hexagon';

/** One shape a colour: a series is never told apart by colour alone. */
export const markerShapes: readonly MarkerShape[] = [
  'circle',
  'square',
  'triangle',
  'diamond',
  'down',
  'cross',
  'plus',
  'hexagon',
];

export function seriesColor(theme: FigureTheme, index: number): string {
  return theme.series[index % theme.series.length] ?? theme.ink;
}

/** A series colour for its name: mixed with ink until text of any size is readable (4.5:1). */
export function textColor(theme: FigureTheme, color: string): string {
  if (!/^#[0-9a-f]{6}$/i.test(color) || !/^#[0-9a-f]{6}$/i.test(theme.background)) return color;
  const ink = channels(theme.dark ? '#ffffff' : '#000000');
  for (let share = 0; share < 1; share += 0.06) {
    const mixed = hex(channels(color).map((value, i) => value + share * ((ink[i] ?? 0) - value)));
    if (contrast(mixed, theme.background) >= 4.5) return mixed;
  }
  return theme.ink;
}

export function markerShape(index: number): MarkerShape {
  return markerShapes[index % markerShapes.length] ?? 'circle';
}

export function dashOf(style: string | undefined): number[] {
  if (style === 'dashed') return [6, 4];
  if (style === 'dotted') return [1.5, 3.5];
  return [];
}

/** Outline of a marker of radius `r` around the origin, or its strokes for the two open shapes. */
export function markerPolygon(shape: MarkerShape, r: number): [number, number][] {
  switch (shape) {
    case 'square':
      return regular(4, r * 1.2, Math.PI / 4);
    case 'triangle':
      return regular(3, r * 1.35, -Math.PI / 2);
    case 'down':
      return regular(3, r * 1.35, Math.PI / 2);
    case 'diamond':
      return regular(4, r * 1.3, 0);
    case 'hexagon':
      return regular(6, r * 1.1, 0);
    case 'cross':
      return cross(r * 1.25, Math.PI / 4);
    case 'plus':
      return cross(r * 1.3, 0);
    case 'circle':
      return regular(24, r, 0);
  }
}

function regular(corners: number, r: number, turn: number): [number, number][] {
  return Array.from({ length: corners }, (_, k) => {
    const angle = turn + (2 * Math.PI * k) / corners;
    return [r * Math.cos(angle), r * Math.sin(angle)];
  });
}

function cross(r: number, turn: number): [number, number][] {
  const w = r * 0.32;
  const corners: [number, number][] = [
    [w, -r],
    [w, -w],
    [r, -w],
    [r, w],
    [w, w],
    [w, r],
    [-w, r],
    [-w, w],
    [-r, w],
    [-r, -w],
    [-w, -w],
    [-w, -r],
  ];
  const [c, s] = [Math.cos(turn), Math.sin(turn)];
  return corners.map(([x, y]) => [c * x - s * y, s * x + c * y]);
}

// The viridis map (van der Walt and Smith, CC0) at sixteen places; linear between them.
const viridis = [
  '#440154',
  '#481a6c',
  '#472f7d',
  '#414487',
  '#39568c',
  '#31688e',
  '#2a788e',
  '#23888e',
  '#1f988b',
  '#22a884',
  '#35b779',
  '#54c568',
  '#7ad151',
  '#a5db36',
  '#d2e21b',
  '#fde725',
].map(channels);

/** Perceptually uniform colour for t in [0, 1]. */
export function sequentialColor(t: number): string {
  const place = Math.min(Math.max(t, 0), 1) * (viridis.length - 1);
  const k = Math.min(Math.floor(place), viridis.length - 2);
  const [from, to] = [viridis[k], viridis[k + 1]];
  if (!from || !to) return '#000000';
  return hex(from.map((value, i) => value + (place - k) * ((to[i] ?? 0) - value)));
}

function hex(rgb: number[]): string {
  return '#' + rgb.map((value) => Math.round(value).toString(16).padStart(2, '0')).join('');
}

function channels(hex: string): number[] {
  return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
}

/** The part of the sequential map that stands out against the background: for lines of ordered groups. */
export function rankColor(theme: FigureTheme, rank: number): string {
  return theme.dark ? sequentialColor(1 - 0.62 * (1 - rank)) : sequentialColor(0.56 * rank);
}

/** WCAG contrast ratio of two #rrggbb colours, 1…21. */
export function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = channels(hex).map((value) => {
    const c = value / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
