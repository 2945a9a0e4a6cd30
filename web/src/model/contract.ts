// The shapes that cross the boundary to the core and to the server: describe(), reports, estimates.
// They mirror core/study/*.h; names are read from outside and never change on their own.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
/** Reports write non-finite numbers as the strings "NaN", "Infinity", "-Infinity". */
export type ReportNumber = number | 'NaN' | 'Infinity' | '-Infinity';
export type Config = { [key: string]: Json };

/** One entry of `reprise list --json` and of studies.json. */
export interface StudyEntry {
  study: string;
  lab: string;
  title: string;
  question: string;
  presets: string[];
  inputs: InputSpec[];
}

export interface InputSpec {
  name: string;
  required: boolean;
  formats: string[];
  description: string;
  columns: string;
  example: string;
}

/** JSON Schema 2020-12 of one parameter, with what the form needs. */
export interface ParameterSchema {
  type: 'boolean' | 'integer' | 'number' | 'string' | 'array';
  title: string;
  description?: string;
  default: Json;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minLength?: number;
  items?: { type: 'integer' | 'number' | 'string'; minimum?: number; maximum?: number; enum?: string[] };
  minItems?: number;
  maxItems?: number;
  'x-order': number;
  'x-unit'?: string;
  'x-essential'?: boolean;
  'x-logarithmic'?: boolean;
  'x-increasing'?: boolean;
  'x-allowed': string;
  'x-only-when'?: { key: string; values: string[] };
}

export interface AxisSpec {
  label: string;
  unit: string;
  logarithmic: boolean;
  low?: number;
  high?: number;
}

export type FigureNumber = number | { metric: string } | { config: string };

/** One layer of a figure; see core/study/description.h for what each kind draws. */
export interface MarkSpec {
  kind: 'line' | 'points' | 'band' | 'bars' | 'heat' | 'rule' | 'slope' | 'diagonal';
  series?: string;
  table?: string;
  grid?: string;
  x?: string;
  y?: string;
  low?: string;
  high?: string;
  color?: string;
  group?: string;
  filter?: { column: string; value: string };
  label?: string;
  style?: 'solid' | 'dashed' | 'dotted' | 'thin' | 'muted';
  axis?: 'x' | 'y';
  at?: FigureNumber;
}

export interface FigureSpec {
  id: string;
  question: string;
  /** With {metrics.name:.2f} and {config.name}; shown when all of them are known and finite. */
  title: string;
  subtitle: string;
  x: AxisSpec;
  y: AxisSpec;
  color?: AxisSpec;
  marks: MarkSpec[];
}

export type Relation = '<=' | '>=' | '<' | '>' | '==' | 'in';

export interface ClaimSpec {
  id: string;
  statement: string;
  relation: Relation;
  threshold: number | [number, number] | { config: string };
  why: string;
  /** Of claims that not every run judges: what has to be chosen, in words. */
  judged_when?: string;
  /** Settings that do it. */
  judged_with?: Config;
}

export interface StudyDescription {
  study: string;
  revision: number;
  lab: string;
  title: string;
  question: string;
  summary: string;
  paper: Paper;
  parameters: { type: 'object'; properties: Record<string, ParameterSchema> };
  /** Full config of every preset. */
  presets: Record<string, Config>;
  inputs: InputSpec[];
  figures: FigureSpec[];
  claims: ClaimSpec[];
  guarantee: 'exact' | 'per-level';
}

/** Bundled data that a run reads, as the core's catalogue has it. */
export interface AssetInfo {
  name: string;
  bytes: number;
  sha256: string;
}

export interface Paper {
  title: string;
  authors: string[];
  venue: string;
  year: number;
  url: string;
}

/** labs.json: all sixteen, in the order of the catalogue; `studies` is empty for a planned lab. */
export interface LabEntry {
  slug: string;
  title: string;
  question: string;
  paper: Paper;
  tags: string[];
  own_data: boolean;
  planned: boolean;
  studies: StudyEntry[];
  /** Sentences of the lab's lab.json: the idea, what differs from the paper, where the numbers come from. */
  idea?: string[];
  /** Words of the idea that not every visitor knows, each with one sentence. */
  notes?: { term: string; text: string }[];
  /** MathML Core, one formula each. */
  formulas?: { label: string; mathml: string }[];
  differs?: string[];
  /** What no claim says: observations of the paper, or of its readers, that do not come out here. */
  not_reproduced?: string[];
  sources?: { label: string; url: string }[];
  /** Simulated files to try, by input: the path within the site. */
  samples?: Record<string, string>;
  /** The study whose first figure is on the card of the lab, and what its picture shows. */
  miniature?: { study: string; figure: string; title: string };
  /** From the lab's claims.json. */
  verdicts?: LabVerdicts;
}

/** How many claims held when scripts/claims ran the whole lab at this preset, and which did not. */
export interface LabVerdicts {
  holds: number;
  total: number;
  preset: string;
  seed: number;
  others: { study: string; statement: string; status: string; reason?: string }[];
  /** Of the study that took longest, on two cores. */
  longest_seconds?: number;
}

export interface ReportTable {
  columns: string[];
  rows: (ReportNumber | string)[][];
  rows_total: number;
}
export interface ReportSeries {
  x: ReportNumber[];
  y: ReportNumber[];
  y_low?: ReportNumber[];
  y_high?: ReportNumber[];
}
export interface ReportGrid {
  dims: string[];
  coords: Record<string, ReportNumber[]>;
  values: ReportNumber[];
}
export interface ReportClaim {
  id: string;
  statement: string;
  statistic: ReportNumber;
  relation: Relation;
  threshold: number | [number, number];
  status: 'holds' | 'fails' | 'not_evaluated';
  holds: boolean | null;
  reason?: string;
  uncertainty?: [number, number];
  parts?: ReportClaim[];
}
export interface Report {
  study: string;
  revision: number;
  seed: number;
  config: Config;
  metrics: Record<string, ReportNumber>;
  tables: Record<string, ReportTable>;
  series: Record<string, ReportSeries>;
  grids: Record<string, ReportGrid>;
  images: Record<string, Json>;
  files: Record<string, { media_type: string; bytes: number; sha256: string }>;
  claims: ReportClaim[];
  warnings?: string[];
  provenance?: {
    run_id: string;
    engine: string;
    level: string;
    device: string;
    build: string;
    tasks: number;
    seconds: number;
    result_sha256: string;
  };
}

export interface InputInfo {
  sha256: string;
  file_name: string;
  bytes: number;
  rows: number;
}

export interface Stage {
  name: string;
  count: number;
  needs: string[];
  device: 'cpu' | 'any';
  batch_hint: number;
}

export interface Estimate {
  stages: { stage: string; [unit: string]: number | string }[];
  report_bytes: number;
}

/** Units per second of one worker; measured once per browser, reported by the server for itself. */
export interface Speeds {
  gemm_flops: number;
  vector_ops: number;
  special_ops: number;
  sort_elements: number;
  bytes_touched: number;
}

/** One thing that is wrong: the parameter or input, what was found, what is allowed, a sentence. */
export interface Problem {
  key: string;
  value: string;
  allowed: string;
  message: string;
}
