// A lab's WebAssembly is fetched and compiled once per page; workers get the compiled module.
import { RunError } from '../engine.js';
import { engineAssets } from '../site.js';

const compiled = new Map<string, Promise<WebAssembly.Module>>();

/** The module of this lab. A failed load is tried again next time. */
export function loadLab(slug: string): Promise<WebAssembly.Module> {
  const known = compiled.get(slug);
  if (known) return known;
  const module = compile(engineAssets(slug).wasm).catch((error: unknown) => {
    compiled.delete(slug);
    throw error;
  });
  compiled.set(slug, module);
  return module;
}

async function compile(url: URL): Promise<WebAssembly.Module> {
  const response = await fetch(url, { credentials: 'same-origin' }).catch(() => null);
  if (!response?.ok) {
    const found = response ? `status ${response.status}` : 'no connection';
    throw new RunError(
      'network',
      `The program of this lab could not be loaded (${found}). Reload the page to try again.`,
    );
  }
  try {
    const streams = response.headers.get('Content-Type')?.startsWith('application/wasm') ?? false;
    return streams
      ? await WebAssembly.compileStreaming(response)
      : await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new RunError('crash', `This browser could not compile the program of this lab (${detail}).`);
  }
}
