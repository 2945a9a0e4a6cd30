// What the core is told of the visitor's files. Hashing streams through the file once; the result is remembered for
// as long as the File object lives.
import type { InputInfo } from '../../model/contract.js';
import type { WorkerClient } from './worker-client.js';

const inspected = new WeakMap<File, Promise<InputInfo>>();
const hashed = new WeakMap<File, Promise<string>>();

function remembered<T>(memory: WeakMap<File, Promise<T>>, file: File, find: () => Promise<T>): Promise<T> {
  const known = memory.get(file);
  if (known) return known;
  const found = find();
  memory.set(file, found);
  found.catch(() => memory.delete(file));
  return found;
}

/** Size, rows and name from the first bytes; sha256 is empty. */
export function inspectInput(desk: WorkerClient, file: File): Promise<InputInfo> {
  return remembered(inspected, file, () => desk.ask('inspect', { file }));
}

export function hashInput(desk: WorkerClient, file: File): Promise<string> {
  return remembered(hashed, file, () => desk.ask('hash', { file }));
}

/** {name: InputInfo} of all inputs, with hashes only when asked for. */
export async function describeInputs(
  desk: WorkerClient,
  inputs: Record<string, File>,
  withHashes: boolean,
): Promise<Record<string, InputInfo>> {
  const entries = Object.entries(inputs).map(async ([name, file]): Promise<[string, InputInfo]> => {
    const info = await inspectInput(desk, file);
    return [name, withHashes ? { ...info, sha256: await hashInput(desk, file) } : info];
  });
  return Object.fromEntries(await Promise.all(entries));
}
