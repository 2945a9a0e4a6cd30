// The worker that turns rows into reports. It holds one reduction per run until the run is closed.
import type { CoreModule, CoreReduction } from './core.js';
import { CoreError, ownBytes, unwrap } from './core.js';
import type { Questions, Reduced } from './protocol.js';

export class Reducer {
  private readonly reductions = new Map<number, CoreReduction>();

  constructor(private readonly core: CoreModule) {}

  openReduction({ run, spec }: Questions['openReduction']['ask']): null {
    this.closeReduction({ run });
    this.reductions.set(run, new this.core.Reduction(spec.study, spec.config, spec.seed, spec.inputs));
    return null;
  }

  append({ run, stage, news }: Questions['append']['ask']): null {
    const reduction = this.find(run);
    for (const { index, rows } of news) unwrap(reduction.append(stage, index, new Uint8Array(rows)));
    return null;
  }

  /** Forgets what these tasks appended: they begin again elsewhere. */
  discard({ run, stage, indices }: Questions['discard']['ask']): null {
    for (const index of indices) this.find(run).discard(stage, index);
    return null;
  }

  reduce({ run, complete, provenance }: Questions['reduce']['ask']): Reduced {
    const started = performance.now();
    const reduction = this.find(run);
    const { files } = unwrap<{ files: Record<string, unknown> }>(reduction.reduce(complete, provenance));
    const text = reduction.report();
    const contents: Record<string, ArrayBuffer> = {};
    if (complete) {
      for (const name of Object.keys(files)) contents[name] = ownBytes(reduction.file(name));
    }
    return { text, milliseconds: performance.now() - started, files: contents };
  }

  closeReduction({ run }: { run: number }): null {
    this.reductions.get(run)?.delete();
    this.reductions.delete(run);
    return null;
  }

  private find(run: number): CoreReduction {
    const reduction = this.reductions.get(run);
    if (!reduction) {
      throw new CoreError({ kind: 'internal', message: `no reduction is open for run ${run}`, problems: [] });
    }
    return reduction;
  }
}
