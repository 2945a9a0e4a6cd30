// The module that Emscripten writes (wasm/README.md); the build puts it in place of this name.
declare module 'reprise-glue' {
  import type { CoreModule } from './core.js';
  interface GlueOptions {
    instantiateWasm(
      imports: WebAssembly.Imports,
      receive: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
    ): object;
    onAbort(reason: unknown): void;
    print(line: string): void;
    printErr(line: string): void;
  }
  const createCore: (options: GlueOptions) => Promise<CoreModule>;
  export default createCore;
}

/** Only in workers; the library of the page's side lacks it. */
declare class FileReaderSync {
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}
