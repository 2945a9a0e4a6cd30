// What a visitor takes from a figure: its data as a table and as CSV, the picture as SVG and PNG. Loaded when somebody
// asks for one of them.
import { html } from 'lit';
import type { TemplateResult } from 'lit';
import type { FigureSpec, Report } from '../model/contract.js';
import { saveBlob, saveText } from './download.js';
import { csvText, figureTable } from './figure-table.js';
import { escaped, paintCanvas, svgText } from './paint.js';
import type { Scene } from './shapes.js';
import { exactText } from './value-text.js';

const rowsShown = 400;

/** A figure as it is drawn now. */
export interface DrawnFigure {
  figure: FigureSpec;
  report: Report;
  scene: Scene;
  title: string;
}

export type Take = 'csv' | 'svg' | 'png';

export async function save(take: Take, { figure, report, scene, title }: DrawnFigure): Promise<void> {
  const name = `${report.study.replace('/', '-')}-${figure.id}.${take}`;
  if (take === 'csv') {
    const { columns, rows } = figureTable(figure, report);
    saveText(name, 'text/csv', csvText(columns, rows));
  } else if (take === 'svg') {
    saveText(name, 'image/svg+xml', svgDocument(scene, `reprise-${figure.id}`, title));
  } else {
    const png = await picture(scene);
    if (png) saveBlob(name, png);
  }
}

export function tableOf(figure: FigureSpec, report: Report, title: string): TemplateResult {
  const { columns, rows } = figureTable(figure, report);
  const cut = rows.length > rowsShown;
  const cell = (value: number | string): TemplateResult =>
    typeof value === 'number'
      ? html`<td class="number">${exactText(value)}</td>`
      : html`<td>${value.replaceAll('_', ' ')}</td>`;
  return html`
    <div class="table" tabindex="0" role="region" aria-label="Data of the figure: ${title}">
      <table>
        <thead>
          <tr>
            ${columns.map((name) => html`<th scope="col">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.slice(0, rowsShown).map(
            (row) =>
              html`<tr>
                ${row.map(cell)}
              </tr>`,
          )}
        </tbody>
      </table>
      ${cut ? html`<p>The first ${rowsShown} of ${rows.length} rows; the CSV file has all.</p>` : ''}
    </div>
  `;
}

/** The scene as a file that looks the same on any page: with its background and a title. */
export function svgDocument(scene: Scene, clipName: string, title: string): string {
  const ground = `<rect width="100%" height="100%" fill="${scene.background}"/>`;
  return svgText(scene, clipName)
    .replace(' aria-hidden="true">', () => ` role="img"><title>${escaped(title)}</title>`)
    .replace('</defs>', () => `</defs>${ground}`);
}

/** The scene as a PNG picture, `pixelRatio` pixels for each of its own. */
export function picture(scene: Scene, pixelRatio = 3): Promise<Blob | null> {
  const canvas = document.createElement('canvas');
  paintCanvas(scene, canvas, pixelRatio);
  const context = canvas.getContext('2d');
  if (context) {
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalCompositeOperation = 'destination-over';
    context.fillStyle = scene.background;
    context.fillRect(0, 0, canvas.width, canvas.height);
  }
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}
