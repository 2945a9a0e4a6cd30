// Where the measurements find what scripts/bench built, and the peers.
import { join, resolve } from 'node:path';
import { places as built, root } from '../e2e/places.mjs';

const programs = resolve(process.env.BENCH_BUILD ?? join(root, 'build/bench/native'), 'tests');

export { root };
export const places = {
  ...built,
  recalibrationBench: join(programs, 'recalibration_bench'),
  studyBench: join(programs, 'study_bench'),
  tensorBench: join(programs, 'tensor_bench'),
  markovBench: join(programs, 'markov_bench'),
  clusteringBench: join(programs, 'clustering_bench'),
  /** Folder of tensor_bench.js, markov_bench.js, clustering_bench.js and their .wasm. */
  tensorBenchWasm: resolve(process.env.BENCH_WASM ?? join(root, 'build/bench/wasm'), 'wasm'),
  /** Folder whose node_modules holds TensorFlow.js. */
  tfjs: join(root, 'build/bench/tfjs'),
  /** Build folders whose .ninja_log tells how long each file took. */
  nativeBuild: resolve(process.env.NATIVE_BUILD ?? join(root, 'build/native')),
  python: process.env.PYTHON ?? '/usr/bin/python3',
  results: join(root, 'build/bench'),
};
