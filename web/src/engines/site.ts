// Where the site's own files are. All bundled scripts lie in one folder below the site's root, so the root is known
// from any of them, also when they run inside somebody else's page.
import type { AssetInfo } from '../model/contract.js';

declare const REPRISE_ASSETS: { worker: string; wasm: string; build: string } | undefined;

/** Absolute URL of a file of the site, e.g. siteUrl('labs.json'). */
export function siteUrl(path: string): URL {
  return new URL(`../${path}`, import.meta.url);
}

export interface EngineAssets {
  worker: URL;
  wasm: URL;
  /** Changes whenever the WebAssembly does. */
  build: string;
}

/** Where a bundled asset is; its name there changes with its content (web/scripts/bundle.mjs). */
export function assetUrl({ name, sha256 }: AssetInfo): URL {
  return siteUrl(`assets/${name}-${sha256.slice(0, 10)}.bin`);
}

/** The worker and the WebAssembly of this build. */
export function engineAssets(): EngineAssets {
  if (typeof REPRISE_ASSETS === 'undefined') throw new Error('not a built page: run npm run build:web');
  return {
    worker: siteUrl(REPRISE_ASSETS.worker),
    wasm: siteUrl(REPRISE_ASSETS.wasm),
    build: REPRISE_ASSETS.build,
  };
}
