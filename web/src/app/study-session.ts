// One study on the page: its settings, the run that belongs to them, and what the visitor sees of it. No DOM: the
// components draw this state and call its methods.
import type { Choice, EngineName } from '../engines/choice.js';
import type { RunHandle, RunProgress, RunRequest, RunResult } from '../engines/engine.js';
import type { Config, Json, Problem, Report, ReportClaim, StudyDescription } from '../model/contract.js';
import { sameJson } from '../model/differences.js';
import type { Permalink, Restored } from '../model/permalink.js';
import { defaultSeed, largestSeed, permalinkOf, restore } from '../model/permalink.js';
import type { Control } from './control-model.js';
import { checkConfig, controlsOf, standardValue } from './control-model.js';
import type { EngineDesk } from './engine-desk.js';
import type { RunTrouble } from './run-trouble.js';
import { troubleOf } from './run-trouble.js';

/** Below this a change re-runs the study at once. */
export const smallRunSeconds = 2.5;
const settleMilliseconds = 250;

export interface ActiveRun {
  engine: EngineName;
  progress: RunProgress | null;
  /** Bundled data that the run waits for. */
  loading: { name: string; received: number; bytes: number } | null;
  paused: boolean;
  canPause: boolean;
}

/** What a report was computed from. */
interface Basis {
  config: Config;
  seed: number;
  inputs: Record<string, File>;
}

export class StudySession {
  readonly controls: Control[];
  preset: string;
  config: Config;
  seed = defaultSeed;
  inputs: Record<string, File> = {};
  /** SHA-256 of the inputs, as soon as it is known. */
  hashes: Record<string, string> = {};
  /** Inputs that a permalink asks for. */
  wanted: Record<string, string> = {};
  /** Simulated files to try, by input: paths within the site. */
  samples: Record<string, string> = {};
  notices: string[] = [];
  /** Texts in controls that are no values (yet), by key. */
  drafts: Record<string, Problem> = {};
  /** What is being typed right now, by key: a report that arrives meanwhile must not overwrite it. */
  readonly typing = new Map<string, string>();
  wantedEngine: EngineName | undefined;
  choice: Choice | null = null;
  run: ActiveRun | null = null;
  /** Finished or partial; null until there is one. */
  report: Report | null = null;
  result: RunResult | null = null;
  /** Tasks of the partial report that is shown; null: the report is complete (or there is none). */
  unfinished: { done: number; total: number } | null = null;
  trouble: RunTrouble | null = null;
  /** Verdicts of finished runs that differ in their seed only: claims by id, by seed. */
  readonly verdicts = new Map<number, Map<string, ReportClaim['status']>>();

  private coreProblems: Problem[] = [];
  private handle: RunHandle | null = null;
  private basis: Basis | null = null;
  private verdictBasis: Basis | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private question = 0;

  constructor(
    readonly description: StudyDescription,
    private readonly desk: EngineDesk,
    private readonly changed: () => void,
    private readonly settle = settleMilliseconds,
  ) {
    this.controls = controlsOf(description);
    this.preset = 'widget' in description.presets ? 'widget' : (Object.keys(description.presets)[0] ?? '');
    this.config = structuredClone(description.presets[this.preset] ?? {});
  }

  // --- settings --------------------------------------------------------------------------------------------------

  setParameter(key: string, value: Json): void {
    this.drafts = without(this.drafts, key);
    this.config = { ...this.config, [key]: value };
    this.touch();
  }

  /** The control holds a text that is no value. */
  setDraft(control: Control, text: string): void {
    const allowed = control.schema['x-allowed'];
    const message = `${control.title}: “${text}” is not ${control.kind === 'list' ? 'a list of numbers' : 'a number'}. Allowed: ${allowed}.`;
    this.drafts = { ...this.drafts, [control.key]: { key: control.key, value: text, allowed, message } };
    this.touch();
  }

  reset(key: string): void {
    const control = this.controls.find((one) => one.key === key);
    if (control)
      this.setParameter(key, structuredClone(standardValue(control, this.description.presets[this.preset])));
  }

  usePreset(name: string): void {
    this.preset = name;
    this.config = structuredClone(this.description.presets[name] ?? {});
    this.drafts = {};
    this.touch();
  }

  setSeed(seed: number): void {
    this.seed = seed;
    this.touch();
  }

  wantEngine(name: EngineName | undefined): void {
    this.wantedEngine = name;
    this.touch(false);
  }

  setInput(name: string, file: File): void {
    this.inputs = { ...this.inputs, [name]: file };
    this.hashes = without(this.hashes, name);
    this.desk.hash(file).then(
      (hash) => {
        if (this.inputs[name] !== file) return;
        this.hashes = { ...this.hashes, [name]: hash };
        this.changed();
      },
      () => undefined, // the run says what is wrong with the file
    );
    this.touch();
  }

  removeInput(name: string): void {
    [this.inputs, this.hashes] = [without(this.inputs, name), without(this.hashes, name)];
    this.cancel();
    if (this.basis && name in this.basis.inputs) this.forgetReport();
    this.touch();
  }

  apply(restored: Restored): void {
    this.preset = restored.preset;
    this.config = restored.config;
    this.seed = restored.seed;
    this.wanted = restored.wanted;
    this.notices = restored.notices;
    this.drafts = {};
  }

  restore(link: Permalink): void {
    this.apply(restore(link, this.description));
    this.touch();
  }

  permalink(): Permalink {
    return permalinkOf(this.description, this.preset, this.config, this.seed, this.hashes);
  }

  /** Everything that keeps this study from running, each beside its control. */
  get problems(): Problem[] {
    const own = [
      ...Object.values(this.drafts),
      ...checkConfig(this.controls, this.config).filter(({ key }) => !(key in this.drafts)),
    ];
    return [...own, ...this.coreProblems.filter(({ key }) => !own.some((one) => one.key === key))];
  }

  get missingInputs(): string[] {
    return this.description.inputs
      .filter((input) => input.required && !(input.name in this.inputs))
      .map(({ name }) => name);
  }

  get runnable(): boolean {
    return this.missingInputs.length === 0 && this.problems.length === 0;
  }

  /** The report on the page was computed with other settings. */
  get stale(): boolean {
    const basis = this.basis;
    if (!basis || !this.report) return false;
    return !this.matches(basis);
  }

  /** The report on the page was computed from files. */
  get onOwnData(): boolean {
    return Object.keys(this.basis?.inputs ?? {}).length > 0;
  }

  private matches(basis: Basis): boolean {
    return sameBasis(basis, { config: this.config, seed: this.seed, inputs: this.inputs });
  }

  // --- running ---------------------------------------------------------------------------------------------------

  /** The first look: the small preset starts before anything was predicted. */
  open(): void {
    const small = this.preset === 'widget' && sameJson(this.config, this.description.presets['widget']);
    if (small && this.missingInputs.length === 0 && this.report === null && this.run === null) {
      this.begin('browser');
      void this.predict(false);
    } else {
      this.touch();
    }
  }

  start(): void {
    clearTimeout(this.timer);
    void this.predict(true, true);
  }

  /** The same run with the next seed: does a claim hold by luck? */
  tryNextSeed(): void {
    this.seed = this.seed < largestSeed ? this.seed + 1 : defaultSeed;
    this.start();
  }

  cancel(): void {
    const handle = this.handle;
    this.handle = null;
    if (!handle) return;
    handle.cancel();
    this.run = null;
    if (this.unfinished) {
      const { done, total } = this.unfinished;
      this.trouble = troubleOf('cancelled', `You stopped the run after ${done} of ${total} tasks.`);
    }
    this.changed();
  }

  togglePause(): void {
    if (!this.run || !this.handle) return;
    if (this.run.paused) this.handle.resume?.();
    else this.handle.pause?.();
    this.run = { ...this.run, paused: !this.run.paused };
    this.changed();
  }

  dismissTrouble(): void {
    this.trouble = null;
    this.changed();
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.question += 1;
    this.cancel();
  }

  private request(): RunRequest {
    return { study: this.description.study, config: this.config, seed: this.seed, inputs: this.inputs };
  }

  private touch(mayRun = true): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.predict(mayRun), this.settle);
    this.changed();
  }

  /** Asks the engines for times; runs at once when it is small (or when asked to). */
  private async predict(mayRun: boolean, mustRun = false): Promise<void> {
    const question = ++this.question;
    if (Object.keys(this.drafts).length > 0 || this.missingInputs.length > 0) return;
    try {
      const { choice, problems } = await this.desk.offer(this.request(), this.wantedEngine);
      if (question !== this.question) return;
      this.choice = choice;
      this.coreProblems = problems;
    } catch (error) {
      if (question !== this.question) return;
      this.trouble = troubleOf(error);
      this.changed();
      return;
    }
    if (this.runnable && this.choice.engine) {
      const seconds =
        this.choice.offers.find(({ name }) => name === this.choice?.engine)?.seconds ?? Infinity;
      const small = seconds <= smallRunSeconds;
      const current =
        this.basis !== null && this.matches(this.basis) && (this.result !== null || this.run !== null);
      if (mustRun || (mayRun && small && !current)) this.begin(this.choice.engine);
    }
    this.changed();
  }

  private begin(name: EngineName): void {
    this.handle?.cancel();
    const basis = { config: this.config, seed: this.seed, inputs: this.inputs };
    this.basis = basis;
    this.trouble = null;
    this.result = null;
    const mine = (): boolean => this.handle === handle;
    const handle = this.desk.engine(name).start(this.request(), {
      progress: (progress) => {
        if (!mine() || !this.run) return;
        this.run = { ...this.run, progress, loading: null };
        this.changed();
      },
      loading: (name, received, bytes) => {
        if (!mine() || !this.run) return;
        this.run = { ...this.run, loading: { name, received, bytes } };
        this.changed();
      },
      snapshot: (report) => {
        if (!mine()) return;
        this.report = report;
        const { done, total } = this.run?.progress ?? { done: 0, total: 0 };
        this.unfinished = { done, total };
        this.changed();
      },
    });
    this.handle = handle;
    this.run = {
      engine: name,
      progress: null,
      loading: null,
      paused: false,
      canPause: handle.pause !== undefined,
    };
    handle.result.then(
      (result) => {
        if (!mine()) return;
        this.finish();
        [this.report, this.result, this.unfinished] = [result.report, result, null];
        this.keepVerdicts(result.report);
        this.changed();
        void this.refreshTimes();
      },
      (error: unknown) => {
        if (!mine()) return;
        this.finish();
        const trouble = troubleOf(error);
        this.coreProblems = trouble.problems;
        this.trouble = trouble;
        this.changed();
      },
    );
    this.changed();
  }

  private keepVerdicts({ seed, claims }: Report): void {
    const basis = this.basis;
    const before = this.verdictBasis;
    const alike = basis && before && sameBasis({ ...basis, seed: 0 }, { ...before, seed: 0 });
    if (!alike) this.verdicts.clear();
    this.verdictBasis = basis;
    this.verdicts.set(seed, new Map(claims.map(({ id, status }) => [id, status])));
  }

  private finish(): void {
    this.handle = null;
    this.run = null;
  }

  private forgetReport(): void {
    this.report = this.result = this.unfinished = this.basis = null;
  }

  /** Predictions learn from finished runs. */
  private async refreshTimes(): Promise<void> {
    await this.predict(false);
  }
}

function sameBasis(a: Basis, b: Basis): boolean {
  const names = new Set([...Object.keys(a.inputs), ...Object.keys(b.inputs)]);
  return (
    a.seed === b.seed &&
    sameJson(a.config, b.config) &&
    [...names].every((name) => a.inputs[name] === b.inputs[name])
  );
}

function without<T>(entries: Record<string, T>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(entries).filter(([key]) => key !== name));
}
