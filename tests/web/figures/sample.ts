// A small report in the shape of optimal-bins: risk = v B / n + a / B² with v = 0.02, a = 1.
import type { FigureSpec, MarkSpec, Report } from '../../../web/src/model/contract.js';

export const samples = [300, 1000, 3000, 10000, 30000];
export const bins = [4, 8, 16, 32, 64, 128, 256];

export function risk(n: number, b: number): number {
  return (0.02 * b) / n + 1 / (b * b);
}

export function sampleReport(): Report {
  return {
    study: 'sample/risks',
    revision: 1,
    seed: 1,
    config: { model: 'gauss', n_list: samples, delta: 0.1 },
    metrics: { best_bins: 82.4, slope: 'NaN', threshold: 20 },
    tables: {
      risks: {
        columns: ['n', 'bins', 'risk_median', 'risk_low', 'risk_high'],
        rows: samples.flatMap((n) =>
          bins.filter((b) => b <= n / 2).map((b) => [n, b, risk(n, b), risk(n, b) * 0.8, risk(n, b) * 1.3]),
        ),
        rows_total: 35,
      },
      methods: {
        columns: ['method', 'stage', 'brier'],
        rows: [
          ['platt', 'before', 0.2],
          ['platt', 'after', 0.1],
          ['uniform_mass', 'before', 0.3],
          ['uniform_mass', 'after', 'NaN'],
        ],
        rows_total: 4,
      },
    },
    series: {
      best: { x: samples, y: [5, 'NaN', 16, 24, 33], y_low: [4, 6, 13, 20, 30], y_high: [7, 12, 20, 30, 41] },
    },
    grids: {
      valley: {
        dims: ['bins', 'n'],
        coords: { bins, n: samples },
        values: bins.flatMap((b) => samples.map((n) => (b <= n / 2 ? risk(n, b) : 'NaN'))),
      },
    },
    images: {},
    files: {},
    claims: [],
  };
}

const logBins = { label: 'bins B', unit: '', logarithmic: true };
const logRisk = { label: 'risk', unit: 'squared probability', logarithmic: true };

export function sampleFigure(marks: MarkSpec[], over: Partial<FigureSpec> = {}): FigureSpec {
  return {
    id: 'risk',
    question: 'How does the risk depend on B?',
    title: 'Risk is lowest at {metrics.best_bins:.0f} bins',
    subtitle: 'Median of 20 seeds',
    x: logBins,
    y: logRisk,
    marks,
    ...over,
  };
}
