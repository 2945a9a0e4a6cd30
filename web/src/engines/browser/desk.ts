// The worker that answers questions about a run before it starts: validation, plan, estimate, hashes, speeds.
import type { AssetInfo, Estimate, InputInfo, Json, Problem, Speeds, Stage } from '../../model/contract.js';
import type { CoreModule } from './core.js';
import { unwrap } from './core.js';
import { readFile, unreadable } from './file-reading.js';
import type { Prepared, Questions } from './protocol.js';

const hashBlock = 4 << 20;
/** The first code of a module is compiled in haste; what replaces it, up to seven times as fast, comes after this. */
const calibrationMilliseconds = 60;
const windowMilliseconds = 5;

export class Desk {
  constructor(private readonly core: CoreModule) {}

  prepare({ study, config, inputs }: { study: string; config: string; inputs: string }): Prepared {
    const problems = unwrap<Problem[]>(this.core.validate(study, config, inputs));
    if (problems.length > 0) {
      return { problems, plan: [], estimate: { stages: [], report_bytes: 0 }, assets: [] };
    }
    return {
      problems,
      plan: unwrap<Stage[]>(this.core.plan(study, config, inputs)),
      estimate: unwrap<Estimate>(this.core.estimate(study, config, inputs)),
      assets: unwrap<AssetInfo[]>(this.core.assets(study, config)),
    };
  }

  predict({ estimate, speeds, workers }: { estimate: Estimate; speeds: Speeds; workers: number }) {
    return unwrap<{ seconds: number; memory_bytes: number }>(
      this.core.predict(JSON.stringify(estimate), JSON.stringify(speeds), workers),
    );
  }

  inspect({ file }: { file: File }): InputInfo {
    return unwrap<InputInfo>(this.core.inspect(file.size, readFile(file.name, file), file.name));
  }

  /** SHA-256 of a file, block by block; other questions are answered in between. */
  async hash({ file }: { file: File }): Promise<string> {
    const hasher = new this.core.Hasher();
    try {
      for (let offset = 0; offset < file.size; offset += hashBlock) {
        const block = await file
          .slice(offset, offset + hashBlock)
          .arrayBuffer()
          .catch(() => {
            throw unreadable(file.name, file, 'input');
          });
        hasher.update(new Uint8Array(block));
      }
      return hasher.hex();
    } finally {
      hasher.delete();
    }
  }

  kinds(): (keyof Speeds)[] {
    return JSON.parse(this.core.calibrationKinds()) as (keyof Speeds)[];
  }

  /** Units per second of one kind of work: the best of many short windows, most of them after the hasty code is gone. */
  calibrate({ kind }: { kind: keyof Speeds }): number {
    let best = 0;
    const started = performance.now();
    let now = started;
    do {
      const begun = now;
      let units = 0;
      do {
        units += unwrap<{ units: number }>(this.core.calibrate(kind)).units;
        now = performance.now();
      } while (now - begun < windowMilliseconds);
      best = Math.max(best, units / (now - begun));
    } while (now - started < calibrationMilliseconds);
    return best * 1000;
  }

  describe({ study }: { study: string }): unknown {
    return unwrap(this.core.describe(study));
  }

  resolve({ study, preset, overrides }: { study: string; preset: string; overrides: string }): unknown {
    return unwrap(this.core.resolve(study, preset, overrides));
  }

  /** Identity of a run, as in the provenance of its report. */
  runId({ study, config, seed, inputs }: Questions['runId']['ask']): string {
    return unwrap<string>(this.core.runId(study, config, seed, inputs));
  }

  /** What an interactive figure asks; see prober.ts. */
  probe({ study, config, name, arguments: args }: Questions['probe']['ask']): Json {
    return unwrap(this.core.probe(study, config, name, args));
  }

  mathDigest({ count }: { count: number }): string {
    return this.core.mathDigest(count);
  }
}
