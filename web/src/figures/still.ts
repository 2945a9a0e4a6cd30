// A figure as a picture without a page: what a build draws for the cards of the catalogue.
import type { FigureSpec, Report } from '../model/contract.js';
import { svgText } from './paint.js';
import { darkTheme, lightTheme } from './palette.js';
import { scene } from './scene.js';
import { figureTitle } from './title.js';

export { defaultSeed } from '../model/permalink.js';

/** As wide as a card on most screens, in the proportions of <reprise-figure compact>. */
export const miniatureSize = { width: 400, height: 240 };

export function miniatureSvg(figure: FigureSpec, report: Report, scheme: 'light' | 'dark'): string {
  const theme = scheme === 'dark' ? darkTheme : lightTheme;
  return svgText(scene(figure, report, { ...miniatureSize, theme, compact: true }), `miniature-${scheme}`);
}

export { figureTitle };
