// How fast this browser is: five speeds, measured once per build and number of cores, corrected by what finished runs
// really took.
import type { Speeds } from '../../model/contract.js';

/** What a laptop of today does; used while nothing was measured. */
export const typicalSpeeds: Speeds = {
  gemm_flops: 5e9,
  vector_ops: 2e9,
  special_ops: 4e7,
  sort_elements: 2e8,
  bytes_touched: 5e9,
};

export interface SpeedStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

interface Stored {
  speeds: Speeds | null;
  /** Measured over predicted seconds, per study. */
  ratios: Record<string, number>;
}

/** What a run takes besides its work: workers, messages, code that runs for the first time. */
export const startSeconds = 0.08;
/** Runs shorter than this tell more about start-up than about speed. */
const leastSeconds = 0.2;
const newRunShare = 0.4;
const ratioLimit = 20;

export class Calibration {
  private readonly key: string;
  private stored: Stored;
  private measuring: Promise<Speeds> | null = null;

  constructor(
    build: string,
    cores: number,
    private readonly store: SpeedStore | null,
  ) {
    this.key = `reprise.speeds:${build}:${cores}`;
    this.stored = this.load();
  }

  /** The measured speeds, or null. */
  get known(): Speeds | null {
    return this.stored.speeds;
  }

  /** Measures unless that was done before; `measure` is asked for every kind once. */
  speeds(kinds: (keyof Speeds)[], measure: (kind: keyof Speeds) => Promise<number>): Promise<Speeds> {
    if (this.stored.speeds) return Promise.resolve(this.stored.speeds);
    this.measuring ??= (async () => {
      const speeds = { ...typicalSpeeds };
      for (const kind of kinds) speeds[kind] = await measure(kind);
      this.stored.speeds = speeds;
      this.save();
      return speeds;
    })().finally(() => (this.measuring = null));
    return this.measuring;
  }

  /** How long a run of this study will take when the cost model says `seconds`. */
  predicted(study: string, seconds: number): number {
    return seconds * this.ratio(study) + startSeconds;
  }

  /** What the cost model's seconds for this study are multiplied by. */
  ratio(study: string): number {
    return this.stored.ratios[study] ?? 1;
  }

  /** A run took `seconds`; the cost model had said `predicted`. */
  learn(study: string, predicted: number, seconds: number): void {
    if (seconds < leastSeconds || !(predicted > 0)) return;
    const found = Math.min(ratioLimit, Math.max(1 / ratioLimit, (seconds - startSeconds) / predicted));
    const before = this.stored.ratios[study];
    // ratios are averaged as logarithms: twice as slow and twice as fast cancel
    const ratio =
      before === undefined
        ? found
        : Math.exp((1 - newRunShare) * Math.log(before) + newRunShare * Math.log(found));
    this.stored.ratios[study] = ratio;
    this.save();
  }

  private load(): Stored {
    try {
      const found = JSON.parse(this.store?.getItem(this.key) ?? 'null') as Partial<Stored> | null;
      return { speeds: found?.speeds ?? null, ratios: found?.ratios ?? {} };
    } catch {
      return { speeds: null, ratios: {} };
    }
  }

  private save(): void {
    try {
      this.store?.setItem(this.key, JSON.stringify(this.stored));
    } catch {
      // private windows and full disks: measured again next time
    }
  }
}
