// What page and worker say to each other. One script serves three kinds of worker, each with an instance of its own:
// the desk (questions about a run), the reducer (partials to reports) and the task workers.
import type { AssetInfo, Estimate, InputInfo, Json, Problem, Speeds, Stage } from '../../model/contract.js';
import type { CoreFailure } from './core.js';

/** What a run is to a worker; config and inputs are JSON texts as the core takes them. */
export interface RunSpec {
  study: string;
  config: string;
  seed: number;
  inputs: string;
  files: Record<string, File>;
  /** Bundled data, by name. */
  assets: Record<string, File>;
}

export interface Artefact {
  stage: string;
  index: number;
  name: string;
  bytes: ArrayBuffer;
}

/** For tests only: what befalls the task `index` of a lease, once or whenever it is tried. */
export type Fault = { index: number; kind: 'trap' | 'memory' | 'hang'; always?: boolean };

/** A range of tasks of one stage for one worker. */
export interface Lease {
  id: number;
  run: RunSpec;
  stage: string;
  indices: number[];
  artefacts: Artefact[];
  fault?: Fault;
}

/** News of one task: rows since the last news; `artefacts` come with the last one. */
export interface TaskNews {
  index: number;
  rows: ArrayBuffer | null;
  progress: number;
  done: boolean;
  artefacts: Artefact[];
}

export interface Prepared {
  problems: Problem[];
  plan: Stage[];
  estimate: Estimate;
  assets: AssetInfo[];
}

/** Questions have one answer each. */
export interface Questions {
  prepare: { ask: { study: string; config: string; inputs: string }; answer: Prepared };
  predict: {
    ask: { estimate: Estimate; speeds: Speeds; workers: number };
    answer: { seconds: number; memory_bytes: number };
  };
  inspect: { ask: { file: File }; answer: InputInfo };
  hash: { ask: { file: File }; answer: string };
  kinds: { ask: Record<never, never>; answer: (keyof Speeds)[] };
  calibrate: { ask: { kind: keyof Speeds }; answer: number };
  describe: { ask: { study: string }; answer: unknown };
  resolve: { ask: { study: string; preset: string; overrides: string }; answer: unknown };
  runId: { ask: { study: string; config: string; seed: number; inputs: string }; answer: string };
  probe: {
    ask: { study: string; config: string; name: string; arguments: string };
    answer: Json;
  };
  mathDigest: { ask: { count: number }; answer: string };
  openReduction: { ask: { run: number; spec: RunSpec }; answer: null };
  append: { ask: { run: number; stage: string; news: { index: number; rows: ArrayBuffer }[] }; answer: null };
  discard: { ask: { run: number; stage: string; indices: number[] }; answer: null };
  reduce: { ask: { run: number; complete: boolean; provenance: string }; answer: Reduced };
  closeReduction: { ask: { run: number }; answer: null };
}
export type QuestionName = keyof Questions;

export interface Reduced {
  text: string;
  milliseconds: number;
  /** With a complete reduction: the bytes of report.files. */
  files: Record<string, ArrayBuffer>;
}

export type ToWorker =
  | { type: 'begin'; module: WebAssembly.Module }
  | { type: 'ask'; id: number; name: QuestionName; content: unknown }
  | { type: 'lease'; lease: Lease }
  | { type: 'cancel' | 'pause' | 'resume'; lease: number };

export type FromWorker =
  | { type: 'ready' }
  | { type: 'answer'; id: number; content: unknown }
  | { type: 'refusal'; id: number; failure: CoreFailure }
  | { type: 'news'; lease: number; news: TaskNews[] }
  | { type: 'finished'; lease: number; milliseconds: number }
  | { type: 'failed'; lease: number; failure: CoreFailure }
  /** Cancel or pause has taken effect. */
  | { type: 'held'; lease: number }
  /** The instance is unusable; `lease` is the one it was computing. */
  | { type: 'broken'; failure: CoreFailure; lease?: number };
