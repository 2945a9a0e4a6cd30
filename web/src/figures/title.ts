// Titles computed from the run: "Risk is lowest at {metrics.best_bins:.0f} bins" becomes a sentence with numbers.
import type { FigureSpec, Report } from '../model/contract.js';
import { formText, toNumber, valueText } from './value-text.js';

/** The filled-in sentence, or null while a name in it is unknown or not finite. */
export function fillTemplate(template: string, report: Report | null): string | null {
  if (!report || template === '') return null;
  let complete = true;
  const text = template.replace(
    /\{(metrics|config)\.([\w.]+)(?::([^}]+))?\}/g,
    (_, from: string, name: string, spec?: string) => {
      const value = from === 'metrics' ? report.metrics[name] : report.config[name];
      if (from === 'config' && typeof value === 'string') return value.replaceAll('_', ' ');
      const number = typeof value === 'number' || typeof value === 'string' ? toNumber(value) : NaN;
      if (!Number.isFinite(number)) {
        complete = false;
        return '';
      }
      return spec === undefined ? valueText(number) : formText(number, spec);
    },
  );
  return complete ? text : null;
}

/** What stands above a figure: its finding when the run is complete enough to state one, else its question. */
export function figureTitle(figure: FigureSpec, report: Report | null): string {
  return fillTemplate(figure.title, report) ?? figure.question;
}
