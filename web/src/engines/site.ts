// Where the site's own files are. All bundled scripts lie in one folder below the site's root, so the root is known
// from any of them, also when they run inside somebody else's page.
import type { AssetInfo } from '../model/contract.js';

declare const REPRISE_BUILD: string | undefined;

/** Absolute URL of a file of the site, e.g. siteUrl('labs.json'). */
export function siteUrl(path: string): URL {
  return new URL(`../${path}`, import.meta.url);
}

export interface EngineAssets {
  worker: URL;
  wasm: URL;
}

/** Where a bundled asset is; its name there changes with its content (web/scripts/bundle.mjs). */
export function assetUrl({ name, sha256 }: AssetInfo): URL {
  return siteUrl(`assets/${name}-${sha256.slice(0, 10)}.bin`);
}

/** The worker and the WebAssembly of a lab. */
export function engineAssets(lab: string): EngineAssets {
  const path = `engines/${lab}-${engineBuild()}`;
  return { worker: siteUrl(`${path}.js`), wasm: siteUrl(`${path}.wasm`) };
}

/** Changes whenever the WebAssembly of any lab, or what runs it, does. */
export function engineBuild(): string {
  if (typeof REPRISE_BUILD === 'undefined') throw new Error('not a built page: run npm run build:web');
  return REPRISE_BUILD;
}
