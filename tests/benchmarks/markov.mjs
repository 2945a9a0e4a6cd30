// Exact marginal laws of a uniform-rate chain (8 symbols, 7 tokens, 64 noise levels) against NumPy, and in WebAssembly
// against the native program.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { alternate, comparison, startProgram } from './measure.mjs';
import { places, root } from './places.mjs';

const allAtOnce = 'all levels at once';
const oneByOne = 'level after level';

/** One line of the table each: ours, the other, and the wanted ratio of their times. */
const comparisons = [
  [allAtOnce, 'NumPy, a matrix product an axis', 3],
  [allAtOnce, 'NumPy, sums over an axis in place', 3],
  [allAtOnce, 'NumPy, our terms and one BLAS product', null],
  [oneByOne, 'NumPy, a matrix product an axis', null],
  [`WebAssembly, ${allAtOnce}`, allAtOnce, 0.6],
  [`WebAssembly, ${oneByOne}`, oneByOne, 0.6],
];

/** Largest relative difference of results that must be the same law. */
function check(what, one, other) {
  const worst = Math.max(...one.map((value, i) => Math.abs(value - other[i]) / Math.abs(value)));
  if (!(worst < 1e-10)) throw new Error(`${what}: ${one} and ${other} are different laws`);
}

export async function measureMarkov() {
  if (!existsSync(places.markovBench)) return null;
  const native = startProgram(places.markovBench);
  const numpy = startProgram(places.python, join(root, 'tests/peers/markov_peer.py'));
  const versions = await numpy.ask({ case: 'versions' });
  const sides = {
    [allAtOnce]: () => native.ask({ case: 'levels' }),
    [oneByOne]: () => native.ask({ case: 'one' }),
    'NumPy, a matrix product an axis': () => numpy.ask({ case: 'matmul' }),
    'NumPy, sums over an axis in place': () => numpy.ask({ case: 'slabs' }),
    'NumPy, our terms and one BLAS product': () => numpy.ask({ case: 'polynomial' }),
  };
  const programs = [native, numpy];
  if (existsSync(join(places.tensorBenchWasm, 'markov_bench.wasm'))) {
    const words = [join(root, 'tests/benchmarks/tensor-process.mjs'), places.tensorBenchWasm, 'markov_bench'];
    const wasm = startProgram('node', ...words);
    programs.push(wasm);
    for (const name of ['levels', 'one']) {
      // Timed from outside, so the results are asked for apart from the times.
      const { result } = await wasm.ask({ case: name });
      check(`WebAssembly, ${name}`, result, (await native.ask({ case: name })).result);
      const what = name === 'levels' ? allAtOnce : oneByOne;
      sides[`WebAssembly, ${what}`] = () => wasm.ask({ case: name, quiet: true });
    }
  }
  const answers = await alternate(sides);
  for (const program of programs) program.stop();
  const reference = answers[allAtOnce][0].result;
  const rows = [];
  for (const [ours, other, wanted] of comparisons) {
    if (!(ours in answers)) continue;
    for (const name of [ours, other]) {
      const { result } = answers[name][0];
      if (result) check(name, reference, result);
    }
    rows.push({ ours, other, wanted, ...comparison(answers[ours], answers[other]) });
  }
  return { what: 'True laws of 2,097,152 states (8 symbols, 7 tokens) at 64 noise levels', versions, rows };
}
