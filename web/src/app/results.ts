// What a run leaves: the claims with their verdicts, warnings, tables, downloads.
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { saveBlob, saveText } from '../figures/download.js';
import { numberColumns, tableNpy } from '../figures/npy.js';
import { tableCsv } from '../figures/figure-table.js';
import { toNumber, valueText } from '../figures/value-text.js';
import { formatBytes } from '../model/format.js';
import type { Json, Report, ReportTable } from '../model/contract.js';
import type { ClaimRow } from './claim-rows.js';
import { claimRows, claimSummary, seedsText } from './claim-rows.js';
import type { StudySession } from './study-session.js';

const rowsShown = 200;

export function claimsSection(session: StudySession): TemplateResult | typeof nothing {
  const rows = claimRows(session.description, session.report, session.result !== null);
  if (rows.length === 0) return nothing;
  const summary = claimSummary(rows);
  return html`<section class="claims" aria-labelledby="claims">
    <h2 id="claims">Claims</h2>
    <p class="lead">
      ${summary ? `${summary}.` : noneJudged(session)}
      ${session.stale ? ' The settings have changed since.' : ''}
    </p>
    <div class="wide" tabindex="0" role="region" aria-label="Claims">
      <table>
        <thead>
          <tr>
            <th scope="col">Statement</th>
            <th scope="col" class="number">This run</th>
            <th scope="col" class="number">Needed</th>
            <th scope="col">Verdict</th>
            <th scope="col">Why this threshold</th>
            <th scope="col">Check again</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map((row) => claimRow(row, session))}
        </tbody>
      </table>
    </div>
  </section>`;
}

/** A run may be there to be looked at: then each claim says what would have it judged. */
function noneJudged(session: StudySession): string {
  if (session.result === null) return 'Judged on the data of a finished run.';
  return 'A run with these settings measures, and judges no claim. Each says what to choose to have it judged.';
}

const verdictSigns = { holds: '✓', 'does not hold': '✗', 'not run here': '–' } as const;

function claimRow(row: ClaimRow, session: StudySession): TemplateResult {
  const seeds = seedsText(row.id, session.verdicts);
  return html`<tr class=${row.part ? 'part' : ''} data-claim=${row.id}>
    <th scope="row">${row.statement}</th>
    <td class="number" data-label="this run">${row.found}</td>
    <td class="number" data-label="needed">${row.needed}</td>
    <td>
      <span class="verdict ${row.verdict.replaceAll(' ', '-')}"
        ><span aria-hidden="true">${verdictSigns[row.verdict]}</span> ${row.verdict}</span
      >
      ${row.reason ? html`<span class="reason">${row.reason}</span>` : nothing}
      ${seeds ? html`<span class="reason">${seeds}</span>` : nothing}
    </td>
    <td class="why">${row.why}</td>
    <td class="again">${row.part ? nothing : checkAgain(row, session)}</td>
  </tr>`;
}

/** Another seed shows whether a claim held by luck; what a small preset could not judge a larger one may. */
function checkAgain(row: ClaimRow, session: StudySession): TemplateResult | typeof nothing {
  const { judgedWith } = row;
  if (judgedWith === 'files' || (judgedWith !== null && session.onOwnData)) return nothing;
  if (judgedWith !== null) {
    const chosen = Object.entries(judgedWith)
      .filter(([key, value]) => JSON.stringify(session.config[key]) !== JSON.stringify(value))
      .map(([key, value]) => `${key} = ${settingText(value)}`);
    return html`<button
      type="button"
      class="quiet"
      title=${chosen.join('\n')}
      aria-label="Run with ${chosen.join(', ')}: ${row.statement}"
      ?disabled=${session.run !== null}
      @click=${() => {
        for (const [key, value] of Object.entries(judgedWith)) session.setParameter(key, value);
        session.start();
      }}
    >
      ${chosen.length === 1 ? `Run with ${chosen[0]}` : 'Run with such settings'}
    </button>`;
  }
  const larger = session.preset === 'widget' && 'browser' in session.description.presets;
  if (row.verdict === 'not run here' && session.result !== null && larger) {
    return html`<button
      type="button"
      class="quiet"
      aria-label="Run at preset browser: ${row.statement}"
      ?disabled=${session.run !== null}
      @click=${() => {
        session.usePreset('browser');
        session.start();
      }}
    >
      Preset browser
    </button>`;
  }
  return html`<button
    type="button"
    class="quiet"
    aria-label="Run with the next seed: ${row.statement}"
    ?disabled=${session.run !== null || !session.runnable}
    @click=${() => session.tryNextSeed()}
  >
    Next seed
  </button>`;
}

function settingText(value: Json): string {
  return Array.isArray(value) ? value.map(settingText).join(', ') : String(value);
}

export function warningList(report: Report | null): TemplateResult | typeof nothing {
  const warnings = report?.warnings ?? [];
  if (warnings.length === 0) return nothing;
  return html`<ul class="warnings" aria-label="Warnings">
    ${warnings.map((warning) => html`<li>${warning}</li>`)}
  </ul>`;
}

export function dataSection(session: StudySession): TemplateResult | typeof nothing {
  const { report, result } = session;
  if (!report) return nothing;
  const name = report.study.replace('/', '-');
  const metrics = Object.entries(report.metrics);
  return html`<section class="data" aria-labelledby="data">
    <h2 id="data">Data of this run</h2>
    <p class="downloads">
      <button
        type="button"
        ?disabled=${result === null}
        @click=${() => result && saveText(`${name}.json`, 'application/json', result.text)}
      >
        Report (JSON)
      </button>
      ${Object.entries(report.files).map(
        ([file, about]) =>
          html`<button
            type="button"
            ?disabled=${result === null}
            @click=${() => void saveFile(session, file)}
          >
            ${file} <span class="size">${formatBytes(about.bytes)}</span>
          </button>`,
      )}
    </p>
    ${metrics.length > 0
      ? html`<details>
          <summary>Numbers <span class="size">${metrics.length}</span></summary>
          <div class="scroll" tabindex="0" role="region" aria-label="Numbers of the report">
            <table>
              <tbody>
                ${metrics.map(
                  ([key, value]) =>
                    html`<tr>
                      <th scope="row">${key.replaceAll('_', ' ')}</th>
                      <td class="number">${valueText(toNumber(value))}</td>
                    </tr>`,
                )}
              </tbody>
            </table>
          </div>
        </details>`
      : nothing}
    ${Object.entries(report.tables).map(([key, table]) => dataTable(name, key, table))}
  </section>`;
}

async function saveFile(session: StudySession, file: string): Promise<void> {
  const result = session.result;
  if (!result) return;
  saveBlob(file.split('/').at(-1) ?? file, await result.file(file));
}

function dataTable(report: string, key: string, table: ReportTable): TemplateResult {
  const shown = table.rows.slice(0, rowsShown);
  const partly = table.rows_total > shown.length;
  const cell = (value: number | string): TemplateResult => {
    const number = toNumber(value);
    const isText = typeof value === 'string' && Number.isNaN(number) && value !== 'NaN';
    return isText
      ? html`<td>${value.replaceAll('_', ' ')}</td>`
      : html`<td class="number">${valueText(number)}</td>`;
  };
  const numeric = table.columns.map((_, column) => typeof table.rows[0]?.[column] === 'number');
  return html`<details>
    <summary>
      ${key.replaceAll('_', ' ')}
      <span class="size">${valueText(table.rows_total)} × ${table.columns.length}</span>
    </summary>
    <div class="scroll" tabindex="0" role="region" aria-label="Table ${key}">
      <table>
        <thead>
          <tr>
            ${table.columns.map(
              (column, k) => html`<th scope="col" class=${numeric[k] ? 'number' : ''}>${column}</th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${shown.map(
            (row) =>
              html`<tr>
                ${row.map(cell)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="under">
      ${partly ? `The first ${shown.length} of ${valueText(table.rows_total)} rows. ` : ''}
      <button
        type="button"
        class="quiet"
        @click=${() => saveText(`${report}-${key}.csv`, 'text/csv', tableCsv(table))}
      >
        CSV${table.rows_total > table.rows.length ? ` of the first ${valueText(table.rows.length)} rows` : ''}
      </button>
      ${numberColumns(table).length > 0 && table.rows.length > 0
        ? html`<button
            type="button"
            class="quiet"
            title="Columns of numbers: ${numberColumns(table)
              .map((k) => table.columns[k])
              .join(', ')}"
            @click=${() =>
              saveBlob(
                `${report}-${key}.npy`,
                new Blob([tableNpy(table)], { type: 'application/octet-stream' }),
              )}
          >
            NPY
          </button>`
        : nothing}
    </p>
  </details>`;
}
