// A figure as a picture without a page: what a build draws for the cards of the catalogue.
import type { FigureSpec, Report } from '../model/contract.js';
import { svgText } from './paint.js';
import { darkTheme, lightTheme } from './palette.js';
import { scene } from './scene.js';
import { figureTitle } from './title.js';

export { defaultSeed } from '../model/permalink.js';

/** As wide as a card on a phone and on most other screens, in the proportions of <reprise-figure compact>. */
export const miniatureSizes = {
  narrow: { width: 360, height: 216 },
  wide: { width: 600, height: 360 },
};

export function miniatureSvg(
  figure: FigureSpec,
  report: Report,
  scheme: 'light' | 'dark',
  size: keyof typeof miniatureSizes,
): string {
  const theme = scheme === 'dark' ? darkTheme : lightTheme;
  const options = { ...miniatureSizes[size], theme, compact: true };
  return svgText(scene(figure, report, options), `miniature-${scheme}-${size}`);
}

export { figureTitle };
