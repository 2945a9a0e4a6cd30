// The library part against NumPy and scikit-learn, one thread each, on the same million rows.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { alternate, comparison, startProgram } from './measure.mjs';
import { places, root } from './places.mjs';

const bins = [10, 15, 20, 50, 100, 200, 500, 1000, 2000, 5000];

/** Each line of the table: ours against one peer, and the ratio that is wanted. */
const comparisons = [
  {
    what: 'UMB, ten numbers of bins',
    ours: 'umb',
    peer: 'umb_argsort',
    with: 'NumPy, one argsort',
    wanted: 3,
  },
  {
    what: 'UMB, ten numbers of bins',
    ours: 'umb',
    peer: 'umb_two_sorts',
    with: 'NumPy, no permutation (two sorts)',
    wanted: null,
  },
  {
    what: 'UMB, ten numbers of bins',
    ours: 'umb',
    peer: 'calibration_curve',
    with: 'scikit-learn calibration_curve per B',
    wanted: 5,
    // interpolated quantiles, half-open bins: other edges, nearly the same values
    tolerance: 1e-3,
  },
  {
    what: 'isotonic regression',
    ours: 'isotonic',
    peer: 'isotonic',
    with: 'scikit-learn',
    wanted: 2,
    tolerance: 1e-3,
  },
  { what: 'CSV into two arrays', ours: 'csv', peer: 'csv_loadtxt', with: 'NumPy loadtxt', wanted: 2 },
  { what: 'CSV into two arrays', ours: 'csv', peer: 'csv_fromstring', with: 'NumPy fromstring', wanted: 2 },
  {
    what: 'accuracy–coverage curve, AURC, 200 resamples',
    ours: 'coverage',
    peer: 'coverage_bincount',
    with: 'NumPy, weights by bincount',
    wanted: 5,
    // other random numbers: the ends of the band agree to a few per mille
    tolerance: 2e-3,
  },
];

function worstDifference(ours, theirs) {
  return Math.max(
    ...ours.map((value, i) => Math.abs(value - theirs[i]) / Math.max(1e-12, Math.abs(theirs[i]))),
  );
}

export async function measurePeers() {
  const folder = join(root, 'build/bench/rows');
  mkdirSync(folder, { recursive: true });
  const program = startProgram(places.recalibrationBench, folder);
  await program.ask({ case: 'ready' });
  const peer = startProgram(places.python, join(root, 'tests/peers/recalibration_peer.py'), folder);
  const versions = await peer.ask({ case: 'versions' });
  const rows = [];
  for (const ours of [...new Set(comparisons.map((row) => row.ours))]) {
    const lines = comparisons.filter((row) => row.ours === ours);
    const answers = await alternate({
      ours: () => program.ask({ case: ours, bins }),
      ...Object.fromEntries(
        lines.map((row) => [`peer ${row.peer}`, () => peer.ask({ case: row.peer, bins })]),
      ),
    });
    for (const row of lines) {
      const theirs = answers[`peer ${row.peer}`];
      const difference = worstDifference(answers.ours[0].result, theirs[0].result);
      if (difference > (row.tolerance ?? 1e-9)) {
        throw new Error(
          `${row.what}: ours ${answers.ours[0].result} and ${row.with} ${theirs[0].result} computed different things`,
        );
      }
      rows.push({ ...row, difference, ...comparison(answers.ours, theirs) });
    }
  }
  program.stop();
  peer.stop();
  return { rows_of_data: 1_000_000, bins, versions, rows };
}
