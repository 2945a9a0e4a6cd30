// The WebAssembly module as TypeScript sees it (wasm/README.md), and the envelope around everything it returns.
import type { Json, Problem } from '../../model/contract.js';

/** Gives `length` bytes from `offset` of an input that is never held as a whole. */
export type ReadBytes = (offset: number, length: number) => Uint8Array;

export interface CoreTask {
  addInput(name: string, size: number, read: ReadBytes): void;
  addAsset(name: string, size: number, read: ReadBytes): void;
  addArtefact(stage: string, index: number, name: string, bytes: Uint8Array): void;
  start(): string;
  advance(milliseconds: number): string;
  takeRows(): Uint8Array;
  artefactNames(): string;
  artefact(name: string): Uint8Array;
  delete(): void;
}

export interface CoreReduction {
  append(stage: string, index: number, rows: Uint8Array): string;
  discard(stage: string, index: number): void;
  reduce(complete: boolean, provenance: string): string;
  report(): string;
  file(name: string): Uint8Array;
  delete(): void;
}

export interface CoreHasher {
  update(bytes: Uint8Array): void;
  hex(): string;
  delete(): void;
}

export interface CoreModule {
  list(): string;
  describe(study: string): string;
  resolve(study: string, preset: string, overrides: string): string;
  validate(study: string, config: string, inputs: string): string;
  plan(study: string, config: string, inputs: string): string;
  assets(study: string, config: string): string;
  estimate(study: string, config: string, inputs: string): string;
  predict(estimate: string, speeds: string, workers: number): string;
  calibrationKinds(): string;
  calibrate(kind: string): string;
  taskKey(study: string, config: string, stage: string, index: number): string;
  probe(study: string, config: string, name: string, args: string): string;
  runId(study: string, config: string, seed: number, inputs: string): string;
  inspect(size: number, read: ReadBytes, fileName: string): string;
  mathDigest(count: number): string;
  Hasher: new () => CoreHasher;
  Task: new (
    study: string,
    config: string,
    seed: number,
    inputs: string,
    stage: string,
    index: number,
  ) => CoreTask;
  Reduction: new (study: string, config: string, seed: number, inputs: string) => CoreReduction;
}

/** What the core or a worker says went wrong. "input": the user can mend it; "read": a file could not be read. */
export interface CoreFailure {
  kind: 'input' | 'internal' | 'read' | 'memory' | 'trap';
  message: string;
  problems: Problem[];
}

export class CoreError extends Error {
  constructor(readonly failure: CoreFailure) {
    super(failure.message);
  }
}

/** The content of {"ok": …}; throws CoreError for {"error": …}. */
export function unwrap<T = Json>(envelope: string): T {
  const parsed = JSON.parse(envelope) as { ok: T } | { error: CoreFailure };
  if ('error' in parsed) {
    const { kind, message, problems } = parsed.error;
    const outOfMemory = kind === 'internal' && soundsLikeMemory(message);
    throw new CoreError({ kind: outOfMemory ? 'memory' : kind, message, problems: problems ?? [] });
  }
  return parsed.ok;
}

const memoryWords =
  /bad_alloc|out of memory|\bOOM\b|allocation failed|enlarge memory|array (buffer )?length/i;

export function soundsLikeMemory(message: string): boolean {
  return memoryWords.test(message);
}

/** Anything thrown in a worker as a failure; an instance that threw outside an envelope must not be used again. */
export function failureOf(error: unknown): CoreFailure {
  if (error instanceof CoreError) return error.failure;
  const message = error instanceof Error ? error.message : String(error);
  return { kind: soundsLikeMemory(message) ? 'memory' : 'trap', message, problems: [] };
}

/** Bytes of their own, fit for transfer: results may be views into the module's memory. */
export function ownBytes(bytes: Uint8Array): ArrayBuffer {
  if (bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength)
    return bytes.buffer;
  return bytes.slice().buffer as ArrayBuffer;
}
