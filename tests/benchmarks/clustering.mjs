// k-means of a million points against scikit-learn, two threads each, and in WebAssembly against the native program.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { alternate, comparison, startProgram } from './measure.mjs';
import { places, root } from './places.mjs';

const rows = 1_000_000;
const wasmRows = 250_000;

/** One line of the table each. Starts by k-means++ draw different seeds: their losses agree only about. */
const works = [
  { what: 'Lloyd, 20 iterations', ours: 'lloyd', peer: 'lloyd', iterations: 20, wanted: 1.5, tolerance: 1e-9 },
  { what: 'with bounds, 60 iterations', ours: 'hamerly', peer: 'elkan', iterations: 60, wanted: 1.5, tolerance: 1e-9 },
  { what: 'greedy k-means++ start', ours: 'plus_plus', peer: 'plus_plus', wanted: 2, tolerance: 0.05 },
];
const names = { lloyd: 'Lloyd', hamerly: 'Hamerly', plus_plus: 'k-means++', elkan: 'elkan' };

/** Both sides have found clusterings of the same loss. */
function check({ what, tolerance }, one, other) {
  const difference = Math.abs(one.loss - other.loss) / other.loss;
  if (!(difference <= tolerance)) {
    throw new Error(`${what}: losses ${one.loss} and ${other.loss} differ by more than ${tolerance}`);
  }
  return difference;
}

async function againstPeer(native, peer) {
  const table = [];
  for (const work of works) {
    const request = { threads: 2, ...(work.iterations ? { iterations: work.iterations } : {}) };
    const answers = await alternate({
      ours: () => native.ask({ case: work.ours, rows, ...request }),
      peer: () => peer.ask({ case: work.peer, ...request }),
    });
    table.push({
      what: work.what,
      ours: `${names[work.ours]}, two threads`,
      other: `scikit-learn ${names[work.peer]}, two threads`,
      wanted: work.wanted,
      difference: check(work, answers.ours[0], answers.peer[0]),
      ...comparison(answers.ours, answers.peer),
    });
  }
  return table;
}

async function inWebAssembly(native) {
  if (!existsSync(join(places.tensorBenchWasm, 'clustering_bench.wasm'))) return [];
  const words = [join(root, 'tests/benchmarks/tensor-process.mjs'), places.tensorBenchWasm, 'clustering_bench'];
  const wasm = startProgram('node', ...words);
  const table = [];
  for (const work of works) {
    const request = { case: work.ours, rows: wasmRows, ...(work.iterations ? { iterations: work.iterations } : {}) };
    const pinned = { ...request, set: 'sse4' };
    const difference = check({ ...work, tolerance: 0 }, await wasm.ask(request), await native.ask(pinned));
    const answers = await alternate({
      ours: () => wasm.ask({ ...request, quiet: true }), // timed from outside
      peer: () => native.ask(pinned),
    });
    table.push({
      what: `${work.what}, ${wasmRows.toLocaleString('en')} points`,
      ours: `WebAssembly, ${names[work.ours]}`,
      other: 'native, SSE4, one thread',
      wanted: 0.6,
      difference,
      ...comparison(answers.ours, answers.peer),
    });
  }
  wasm.stop();
  return table;
}

export async function measureClustering() {
  if (!existsSync(places.clusteringBench)) return null;
  const folder = join(root, 'build/bench/points');
  mkdirSync(folder, { recursive: true });
  const native = startProgram(places.clusteringBench, folder);
  await native.ask({ case: 'lloyd', rows, iterations: 1 }); // the files are there when it answers
  const peer = startProgram(places.python, join(root, 'tests/peers/clustering_peer.py'), folder);
  const versions = await peer.ask({ case: 'versions' });
  const table = [...(await againstPeer(native, peer)), ...(await inWebAssembly(native))];
  native.stop();
  peer.stop();
  return { rows_of_data: rows, versions, rows: table };
}
