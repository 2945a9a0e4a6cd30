// Finished tasks of runs that have not ended, in IndexedDB, so that a reload loses nothing. Inputs are not kept. Where
// there is no IndexedDB (private windows, full disks) every call does nothing.
import type { Config } from '../../model/contract.js';
import type { Artefact } from './protocol.js';

/** Bytes of all runs together; the run that was written least recently goes first. */
export const storeLimit = 200e6;

/** A run that was interrupted: by a reload, a closed window or a crash. */
export interface StoredRun {
  /** The run id, as in its report's provenance. */
  id: string;
  study: string;
  config: Config;
  seed: number;
  /** The files it read, by input name. */
  inputs: Record<string, { sha256: string; file_name: string }>;
  done: number;
  total: number;
}

/** A finished task: its rows as they came, and what it left for later stages. */
export interface StoredTask {
  stage: string;
  index: number;
  rows: ArrayBuffer[];
  artefacts: Artefact[];
}

export interface RunStore {
  /** Runs that no window is computing now, the latest first. */
  list(): Promise<StoredRun[]>;
  /** The finished tasks of a run; empty when there is nothing. */
  load(id: string): Promise<StoredTask[]>;
  /** Adds tasks to a run; false: no more of it will be kept. */
  add(run: StoredRun, tasks: StoredTask[]): Promise<boolean>;
  remove(id: string): Promise<void>;
  /** Until the result is called, other windows leave this run alone. */
  hold(id: string): () => void;
}

interface RunRecord extends StoredRun {
  /** Rows of another build of the core are not mixed with this one's. */
  build: string;
  bytes: number;
  written: number;
}

interface Batch {
  run: string;
  tasks: StoredTask[];
}

const openMilliseconds = 2000;
const lockPrefix = 'reprise.run.';

export class IndexedRunStore implements RunStore {
  private database: Promise<IDBDatabase | null> | null = null;
  private lastWritten = 0;

  constructor(
    private readonly build: string,
    private readonly limit = storeLimit,
    private readonly name = 'reprise.runs',
  ) {}

  async list(): Promise<StoredRun[]> {
    const records = (await this.records()) ?? [];
    const held = await heldRuns();
    return records
      .filter(({ id, done }) => done > 0 && !held.has(id))
      .sort((a, b) => b.written - a.written)
      .map(({ id, study, config, seed, inputs, done, total }) => {
        return { id, study, config, seed, inputs, done, total };
      });
  }

  async load(id: string): Promise<StoredTask[]> {
    const found = await this.transact('readonly', async (runs, batches) => {
      const record = (await answer(runs.get(id))) as RunRecord | undefined;
      if (record?.build !== this.build) return [];
      return (await answer(batches.index('run').getAll(id))) as Batch[];
    });
    // two windows that computed the same run wrote the same tasks
    const tasks = new Map<string, StoredTask>();
    for (const batch of found ?? []) {
      for (const task of batch.tasks) tasks.set(`${task.stage}/${task.index}`, task);
    }
    return [...tasks.values()];
  }

  async add(run: StoredRun, tasks: StoredTask[]): Promise<boolean> {
    const bytes = tasks.reduce((sum, task) => sum + bytesOf(task), 0);
    const kept = await this.transact('readwrite', async (runs, batches) => {
      const records = (await answer(runs.getAll())) as RunRecord[];
      const mine = records.find(({ id }) => id === run.id);
      const all = (mine?.build === this.build ? mine.bytes : 0) + bytes;
      if (all > this.limit) return false;
      if (mine && mine.build !== this.build) await removeBatches(batches, run.id);
      const others = records.filter(({ id }) => id !== run.id).sort((a, b) => a.written - b.written);
      let total = others.reduce((sum, other) => sum + other.bytes, all);
      for (const other of others) {
        if (total <= this.limit) break;
        total -= other.bytes;
        runs.delete(other.id);
        await removeBatches(batches, other.id);
      }
      // written rises even when the clock does not
      this.lastWritten = Math.max(Date.now(), this.lastWritten + 1);
      const record: RunRecord = { ...run, build: this.build, bytes: all, written: this.lastWritten };
      runs.put(record);
      batches.add({ run: run.id, tasks } satisfies Batch);
      return true;
    });
    return kept ?? false;
  }

  async remove(id: string): Promise<void> {
    await this.transact('readwrite', async (runs, batches) => {
      runs.delete(id);
      await removeBatches(batches, id);
    });
  }

  hold(id: string): () => void {
    let free: () => void = () => undefined;
    const freed = new Promise<void>((resolve) => (free = resolve));
    // a second window with the same run does not wait: both compute the same
    locks()
      ?.request(lockPrefix + id, { mode: 'shared' }, () => freed)
      .catch(() => undefined);
    return free;
  }

  /** All runs of this build; those of other builds can never be continued and go. */
  private async records(): Promise<RunRecord[] | null> {
    const found = await this.transact(
      'readonly',
      async (runs) => (await answer(runs.getAll())) as RunRecord[],
    );
    for (const { id, build } of found ?? []) if (build !== this.build) await this.remove(id);
    return found?.filter(({ build }) => build === this.build) ?? null;
  }

  /** One transaction; null where there is no database or it refuses. */
  private async transact<T>(
    mode: IDBTransactionMode,
    act: (runs: IDBObjectStore, batches: IDBObjectStore) => Promise<T>,
  ): Promise<T | null> {
    try {
      this.database ??= openDatabase(this.name);
      const database = await this.database;
      if (!database) return null;
      const transaction = database.transaction(['runs', 'batches'], mode);
      const completed = new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error ?? new Error('the transaction was undone'));
      });
      completed.catch(() => undefined);
      const result = await act(transaction.objectStore('runs'), transaction.objectStore('batches'));
      await completed;
      return result;
    } catch {
      return null;
    }
  }
}

function bytesOf({ rows, artefacts }: StoredTask): number {
  const sum = (buffers: ArrayBuffer[]): number => buffers.reduce((all, one) => all + one.byteLength, 0);
  // a task without rows takes some room as well
  return 100 + sum(rows) + sum(artefacts.map(({ bytes }) => bytes));
}

async function removeBatches(batches: IDBObjectStore, run: string): Promise<void> {
  for (const key of await answer(batches.index('run').getAllKeys(run))) batches.delete(key);
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('the database refused'));
  });
}

/** The database, or null when there is none or it does not open. */
function openDatabase(name: string): Promise<IDBDatabase | null> {
  return new Promise((resolve) => {
    const give = (database: IDBDatabase | null): void => {
      clearTimeout(timer);
      resolve(database);
    };
    const timer = setTimeout(() => give(null), openMilliseconds);
    try {
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore('runs', { keyPath: 'id' });
        request.result.createObjectStore('batches', { autoIncrement: true }).createIndex('run', 'run');
      };
      request.onsuccess = () => {
        // a later version of the page in another window may change the database
        request.result.onversionchange = () => request.result.close();
        give(request.result);
      };
      request.onerror = () => give(null);
      request.onblocked = () => give(null);
    } catch {
      give(null);
    }
  });
}

function locks(): LockManager | undefined {
  // absent outside secure contexts
  return (globalThis.navigator as { locks?: LockManager } | undefined)?.locks;
}

async function heldRuns(): Promise<Set<string>> {
  const found = await locks()
    ?.query()
    .catch(() => null);
  const names = (found?.held ?? []).map(({ name }) => name ?? '');
  return new Set(
    names.filter((name) => name.startsWith(lockPrefix)).map((name) => name.slice(lockPrefix.length)),
  );
}
