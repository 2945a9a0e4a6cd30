// <reprise-continue>: offers to go on with runs of this lab that a reload interrupted. Inputs are not stored: they are
// asked for again and recognised by their SHA-256.
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { StoredRun } from '../engines/browser/run-store.js';
import type { StudyEntry } from '../model/contract.js';
import { nearestPreset, sameJson } from '../model/differences.js';
import { PlainElement } from './plain-element.js';
import type { StudySession } from './study-session.js';

/** What the browser engine knows of interrupted runs. */
export interface Interruptions {
  interrupted(): Promise<StoredRun[]>;
  discard(id: string): Promise<void>;
  hash(file: File): Promise<string>;
}

const secondLookMilliseconds = 2000;

class ContinueOffer extends PlainElement {
  static override properties = {
    source: { attribute: false },
    studies: { attribute: false },
    session: { attribute: false },
    version: { attribute: false },
  };
  declare source: Interruptions;
  declare studies: Pick<StudyEntry, 'study' | 'title'>[];
  /** The active study; null while it loads. */
  declare session: StudySession | null;
  /** Rises whenever the session changed. */
  declare version: number;
  /** Shows a study and gives its session. */
  open: (study: string) => Promise<StudySession | undefined> = () => Promise.resolve(undefined);

  private runs: StoredRun[] = [];
  /** Runs that were continued or discarded. */
  private readonly answered = new Set<string>();
  /** Files that were chosen again, by their hash. */
  private readonly files = new Map<string, File>();
  /** Inputs for which another file was chosen. */
  private readonly wrong = new Set<string>();

  protected override firstUpdated(): void {
    void this.look();
    // the page before a reload may hold its run for a moment longer
    setTimeout(() => void this.look(), secondLookMilliseconds);
  }

  private async look(): Promise<void> {
    const found = await this.source.interrupted().catch(() => []); // nothing was kept
    this.runs = found.filter(({ id, study }) => {
      return !this.answered.has(id) && this.studies.some((known) => known.study === study);
    });
    this.requestUpdate();
  }

  protected override willUpdate(): void {
    // a run that was started again by other means takes its tasks from the store itself
    const { session } = this;
    if (session?.run) this.runs = this.runs.filter((run) => !isRunning(session, run));
  }

  private drop(run: StoredRun): void {
    this.answered.add(run.id);
    this.runs = this.runs.filter((other) => other !== run);
    this.requestUpdate();
  }

  private readonly discard = (run: StoredRun): void => {
    this.drop(run);
    void this.source.discard(run.id);
  };

  private readonly goOn = async (run: StoredRun): Promise<void> => {
    const session = await this.open(run.study);
    if (!session) return;
    this.drop(run);
    const wanted = Object.fromEntries(Object.entries(run.inputs).map(([name, { sha256 }]) => [name, sha256]));
    const { config, seed } = run;
    const preset = nearestPreset(config, session.description.presets);
    session.apply({ preset, config: structuredClone(config), seed, wanted, notices: [] });
    for (const [name, sha256] of Object.entries(wanted)) {
      const file = this.files.get(sha256);
      if (file) session.setInput(name, file);
    }
    session.wantEngine('browser');
    session.start();
  };

  private readonly choose = async (name: string, sha256: string, event: Event): Promise<void> => {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    input.value = '';
    if (!file) return;
    const found = await this.source.hash(file).catch(() => '');
    if (found === sha256) {
      this.files.set(sha256, file);
      this.wrong.delete(name);
    } else {
      this.wrong.add(name);
    }
    this.requestUpdate();
  };

  override render(): TemplateResult | typeof nothing {
    if (this.runs.length === 0) return nothing;
    return html`${this.runs.map((run) => this.offer(run))}`;
  }

  private offer(run: StoredRun): TemplateResult {
    const { done, total, study } = run;
    const missing = Object.entries(run.inputs).filter(([, { sha256 }]) => !this.files.has(sha256));
    const title = this.studies.find((known) => known.study === study)?.title ?? study;
    const elsewhere = this.session?.description.study !== study;
    return html`<div class="notice continue" role="status">
      ${elsewhere ? html`<p><strong>${title}</strong></p>` : nothing}
      ${missing.map(([name, { sha256, file_name }]) => {
        const id = `continue-${run.id.slice(0, 12)}-${name}`;
        return html`<p>
          <label for=${id}>Choose ${file_name} again: files are not kept.</label>
          <input type="file" id=${id} @change=${(event: Event) => void this.choose(name, sha256, event)} />
          ${this.wrong.has(name)
            ? html`<span role="alert">This is another file than the one of that run.</span>`
            : nothing}
        </p>`;
      })}
      <button type="button" ?disabled=${missing.length > 0} @click=${() => void this.goOn(run)}>
        Continue the run from before the reload (${done} of ${total} ${total === 1 ? 'task' : 'tasks'})
      </button>
      <button type="button" class="quiet" @click=${() => this.discard(run)}>Discard it</button>
    </div>`;
  }
}

function isRunning(session: StudySession, run: StoredRun): boolean {
  return (
    session.description.study === run.study &&
    session.seed === run.seed &&
    sameJson(session.config, run.config) &&
    Object.entries(run.inputs).every(([name, { sha256 }]) => session.hashes[name] === sha256)
  );
}

customElements.define('reprise-continue', ContinueOffer);
