// Bundled data of the site that a run reads: fetched when the first run needs it, kept for as long as the page lives.
import type { AssetInfo } from '../../model/contract.js';
import { RunError } from '../engine.js';
import { assetUrl } from '../site.js';
import type { WorkerClient } from './worker-client.js';

const shelf = new Map<string, Promise<File>>();

/** How many bytes of an asset have arrived. */
export type AssetHeard = (name: string, received: number, bytes: number) => void;

/** The asset's bytes, checked against the core's catalogue. A load that failed is tried again next time. */
export function loadAsset(desk: WorkerClient, asset: AssetInfo, heard: AssetHeard): Promise<File> {
  const known = shelf.get(asset.sha256);
  if (known) return known;
  const loaded = fetchAsset(desk, asset, heard);
  shelf.set(asset.sha256, loaded);
  loaded.catch(() => shelf.delete(asset.sha256));
  return loaded;
}

async function fetchAsset(desk: WorkerClient, asset: AssetInfo, heard: AssetHeard): Promise<File> {
  const { name, bytes, sha256 } = asset;
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let received = 0;
  heard(name, 0, bytes);
  try {
    const response = await fetch(assetUrl(asset), { credentials: 'same-origin' });
    if (!response.ok) throw notLoaded(name, `status ${response.status}`);
    const reader = response.body?.getReader();
    for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) {
      parts.push(piece.value);
      received += piece.value.byteLength;
      heard(name, received, bytes);
    }
  } catch (error) {
    throw error instanceof RunError ? error : notLoaded(name, 'no connection');
  }
  if (received !== bytes) throw notLoaded(name, `${received} of ${bytes} bytes arrived`);
  const file = new File(parts, name);
  if ((await desk.ask('hash', { file })) !== sha256) throw notLoaded(name, 'it arrived damaged');
  return file;
}

function notLoaded(name: string, why: string): RunError {
  return new RunError('network', `The data set “${name}” of this run could not be loaded (${why}).`);
}
