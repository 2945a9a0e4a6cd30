// Run, where it runs and how far it is.
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { formatSeconds } from '../model/format.js';
import type { RunTrouble } from './run-trouble.js';
import type { ActiveRun, StudySession } from './study-session.js';

export function runPanel(session: StudySession): TemplateResult {
  const { run } = session;
  return html`
    <div class="run" role="group" aria-label="Run">
      <div class="buttons">
        ${run
          ? html`${run.canPause
                ? html`<button type="button" @click=${() => session.togglePause()}>
                    ${run.paused ? 'Resume' : 'Pause'}
                  </button>`
                : nothing}
              <button type="button" class="cancel" @click=${() => session.cancel()}>Cancel</button>`
          : html`<button
              type="button"
              class="primary"
              ?disabled=${!session.runnable}
              aria-describedby="${session.description.study.replace('/', '-')}-state"
              @click=${() => session.start()}
            >
              Run
            </button>`}
        ${engineLine(session)}
      </div>
      ${run ? progressLine(session) : nothing}
      <p class="state" id="${session.description.study.replace('/', '-')}-state" role="status">
        ${stateText(session)}
      </p>
    </div>
  `;
}

function engineLine(session: StudySession): TemplateResult {
  const { choice } = session;
  if (!choice) return html`<p class="where">${session.missingInputs.length > 0 ? '' : 'Browser'}</p>`;
  const single = choice.offers.length === 1;
  return html`<div
    class="where"
    role=${single ? nothing : 'radiogroup'}
    aria-label=${single ? nothing : 'Where to run'}
  >
    ${choice.offers.map((offer) => {
      const name = offer.name === 'browser' ? 'Browser' : 'Server';
      const chosen = choice.engine === offer.name;
      if (single) return html`<span class="offer">${name} ${offer.text}</span>`;
      return html`<label
        class="offer ${chosen ? 'chosen' : ''} ${offer.seconds === null ? 'impossible' : ''}"
      >
        <input
          type="radio"
          name="engine-${session.description.study}"
          .checked=${live(chosen)}
          ?disabled=${offer.seconds === null}
          @change=${() => session.wantEngine(offer.name)}
        />
        ${name} ${offer.text}
      </label>`;
    })}
    ${single && choice.engine ? nothing : html`<span class="reason">${choice.reason}</span>`}
    ${session.wantedEngine
      ? html`<button type="button" class="quiet" @click=${() => session.wantEngine(undefined)}>
          Choose for me
        </button>`
      : nothing}
  </div>`;
}

function progressLine(session: StudySession): TemplateResult {
  const progress = session.run?.progress;
  const loading = session.run?.loading;
  if (loading) return loadingLine(loading);
  const left = progress?.eta_seconds;
  const share = progress ? Math.min(Math.max(progress.fraction, 0), 1) : 0;
  return html`<div class="progress">
    <progress max="1" .value=${share} aria-label="Progress of the run"></progress>
    <span>
      ${progress
        ? `${progress.done} of ${progress.total} ${progress.total === 1 ? 'task' : 'tasks'}`
        : 'starting'}${left !== null && left !== undefined && Number.isFinite(left)
        ? `, about ${formatSeconds(Math.max(left, 0.1))} left`
        : ''}
    </span>
  </div>`;
}

function loadingLine({ name, received, bytes }: NonNullable<ActiveRun['loading']>): TemplateResult {
  const size = (bytes / 1e6).toFixed(1);
  return html`<div class="progress">
    <progress
      max="1"
      .value=${bytes > 0 ? Math.min(received / bytes, 1) : 0}
      aria-label="Loading the data set"
    ></progress>
    <span>loading the data set “${name}”: ${(received / 1e6).toFixed(1)} of ${size} MB</span>
  </div>`;
}

function stateText(session: StudySession): string {
  const { run, report, result, missingInputs, problems } = session;
  if (run?.paused) return 'Paused.';
  if (run) return run.engine === 'browser' ? 'Running in this browser.' : 'Running on the server.';
  if (missingInputs.length > 0) return 'Choose a file first: this study works on your own data.';
  if (problems.length > 0) {
    return problems.length === 1
      ? 'One setting needs a change before this can run.'
      : `${problems.length} settings need a change before this can run.`;
  }
  if (session.stale) return 'The settings have changed since this run.';
  const seconds = report?.provenance?.seconds;
  if (result && seconds !== undefined) {
    const where = report?.provenance?.engine === 'browser' ? 'in this browser' : 'on the server';
    return `Finished in ${formatSeconds(seconds)} ${where}.`;
  }
  return '';
}

export function troubleBox(trouble: RunTrouble, dismiss: () => void): TemplateResult {
  const quiet = trouble.kind === 'cancelled';
  return html`<div class="trouble ${quiet ? 'mild' : ''}" role=${quiet ? 'status' : 'alert'}>
    <p class="what">${trouble.what}</p>
    <p>${trouble.meaning} ${trouble.advice}</p>
    <button type="button" class="quiet" @click=${dismiss}>Dismiss</button>
  </div>`;
}
