// A study in the shape of the core's descriptions, and an engine that answers with closed formulas: for tests of the
// page without WebAssembly.
import type {
  Engine,
  Prediction,
  RunHandle,
  RunListener,
  RunRequest,
  RunResult,
} from '../../../web/src/engines/engine.js';
import { RunError } from '../../../web/src/engines/engine.js';
import type { ParameterSchema, Problem, Report, StudyDescription } from '../../../web/src/model/contract.js';

const properties: Record<string, ParameterSchema> = {
  model: {
    type: 'string',
    title: 'Score model',
    description: 'Where scores and labels come from.',
    default: 'gauss',
    enum: ['gauss', 'logistic44', 'beta01_4', 'identity', 'custom'],
    'x-order': 0,
    'x-essential': true,
    'x-allowed': 'gauss, logistic44, beta01_4, identity, custom',
  },
  mu: {
    type: 'number',
    title: 'Distance of the classes',
    default: 2,
    exclusiveMinimum: 0,
    maximum: 10,
    'x-order': 1,
    'x-essential': true,
    'x-allowed': '(0, 10]',
    'x-only-when': { key: 'model', values: ['gauss'] },
  },
  a: {
    type: 'number',
    title: 'a',
    default: 1,
    minimum: 0,
    maximum: 1000,
    'x-order': 2,
    'x-allowed': '0…1000',
    'x-only-when': { key: 'model', values: ['custom'] },
  },
  seeds: {
    type: 'integer',
    title: 'Samples at each n',
    default: 20,
    minimum: 1,
    maximum: 1000,
    'x-order': 3,
    'x-essential': true,
    'x-logarithmic': true,
    'x-allowed': '1…1000',
  },
  n_list: {
    type: 'array',
    title: 'Labels n',
    default: [300, 1000, 3000, 10000, 30000],
    items: { type: 'integer', minimum: 20, maximum: 10_000_000 },
    minItems: 2,
    maxItems: 12,
    'x-increasing': true,
    'x-order': 4,
    'x-allowed': 'integers 20…10000000, 2–12 entries, increasing',
  },
  lipschitz: {
    type: 'number',
    title: 'Lipschitz constant K',
    default: 20,
    minimum: 0,
    maximum: 1e6,
    'x-order': 5,
    'x-logarithmic': true,
    'x-allowed': '0…1000000',
  },
  exact: { type: 'boolean', title: 'Exact floor', default: true, 'x-order': 6, 'x-allowed': 'true or false' },
};

const defaults = Object.fromEntries(Object.entries(properties).map(([key, schema]) => [key, schema.default]));

export function sampleStudy(over: Partial<StudyDescription> = {}): StudyDescription {
  return {
    study: 'sample/bins',
    revision: 1,
    lab: 'sample',
    title: 'How many bins?',
    question: 'How many bins are best for n labels?',
    summary: 'The best number of bins grows like the cube root of n.',
    paper: {
      title: 'A paper',
      authors: ['A. Author'],
      venue: 'NeurIPS',
      year: 2023,
      url: 'https://example.org/',
    },
    parameters: { type: 'object', properties },
    presets: { widget: defaults, browser: { ...defaults, seeds: 40 }, paper: { ...defaults, seeds: 500 } },
    inputs: [],
    figures: [
      {
        id: 'best',
        question: 'How many bins are best?',
        title: 'At n = 30000 the best number is {metrics.best:.0f}',
        subtitle: 'Least risk',
        x: { label: 'labels n', unit: '', logarithmic: true },
        y: { label: 'best bins', unit: '', logarithmic: true },
        marks: [
          { kind: 'points', series: 'best', label: 'measured' },
          { kind: 'line', series: 'formula', label: 'formula' },
        ],
      },
    ],
    claims: [
      {
        id: 'exponent',
        statement: 'Grows like the cube root.',
        relation: '<=',
        threshold: 0.08,
        why: 'Room for noise.',
      },
      {
        id: 'constant',
        statement: 'The constant is right.',
        relation: 'in',
        threshold: [0.8, 1.2],
        why: 'A fifth.',
      },
    ],
    guarantee: 'exact',
    ...over,
  };
}

export function sampleResult(request: RunRequest, done = Infinity): Report {
  const n = (request.config['n_list'] as number[]).slice(0, done);
  const constant = 2.39 * Number(request.config['mu']);
  const best = n.map((value) => constant * Math.cbrt(value));
  const finished = done === Infinity;
  return {
    study: request.study,
    revision: 1,
    seed: request.seed,
    config: request.config,
    metrics: { best: best.at(-1) ?? 'NaN' },
    tables: {
      best: {
        columns: ['n', 'bins'],
        rows: n.map((value, k) => [value, best[k] ?? 'NaN']),
        rows_total: n.length,
      },
    },
    series: { best: { x: n, y: best }, formula: { x: n, y: best } },
    grids: {},
    images: {},
    files: {},
    claims: finished
      ? [
          {
            id: 'exponent',
            statement: 'Grows like the cube root.',
            statistic: 0,
            relation: '<=',
            threshold: 0.08,
            status: 'holds',
            holds: true,
          },
          {
            id: 'constant',
            statement: 'The constant is right.',
            statistic: 1.5,
            relation: 'in',
            threshold: [0.8, 1.2],
            status: 'fails',
            holds: false,
          },
        ]
      : [],
    ...(finished
      ? {
          provenance: {
            run_id: 'r',
            engine: 'browser',
            level: 'wasm',
            device: 'cpu',
            build: 'b',
            tasks: 5,
            seconds: 0.8,
            result_sha256: '',
          },
        }
      : {}),
  };
}

/** Runs end when the test says so. */
export class SampleEngine implements Engine {
  readonly name = 'browser';
  seconds: number | null = 0.5;
  problems: Problem[] = [];
  started: RunRequest[] = [];
  cancelled = 0;
  private listener: RunListener | null = null;
  private settle: { resolve(result: RunResult): void; reject(error: Error): void } | null = null;

  predict(): Promise<Prediction> {
    const reason = this.problems[0]?.message ?? '';
    const seconds = this.problems.length > 0 ? null : this.seconds;
    return Promise.resolve({
      seconds,
      workers: 1,
      memory_bytes: 0,
      queue: 0,
      reason,
      problems: this.problems,
    });
  }

  start(request: RunRequest, listener: RunListener): RunHandle {
    this.started.push(request);
    this.listener = listener;
    const result = new Promise<RunResult>((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    const { reject } = this.settle ?? { reject: () => undefined };
    return {
      result,
      cancel: () => {
        this.cancelled += 1;
        reject(new RunError('cancelled', 'The run was cancelled.'));
      },
      pause: () => undefined,
      resume: () => undefined,
    };
  }

  load(received: number, bytes: number): void {
    this.listener?.loading?.('pictures', received, bytes);
  }

  snapshot(done: number): void {
    const request = this.started.at(-1);
    if (!request) throw new Error('nothing runs');
    this.listener?.progress({ done, total: 5, fraction: done / 5, eta_seconds: 1 });
    this.listener?.snapshot(sampleResult(request, done));
  }

  finish(): void {
    const request = this.started.at(-1);
    if (!request) throw new Error('nothing runs');
    const report = sampleResult(request);
    this.settle?.resolve({ report, text: JSON.stringify(report), file: () => Promise.resolve(new Blob()) });
  }

  fail(error: Error): void {
    this.settle?.reject(error);
  }
}
