// The tensor engine against PyTorch (native) and TensorFlow.js (WebAssembly), one thread, float32, the same shapes.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { alternate, comparison, startProgram } from './measure.mjs';
import { places, root } from './places.mjs';

/** What is compared, and how often it runs in one measurement (some ten milliseconds a side). */
const works = {
  mlp_784: { what: 'training step, MLP 784-256-256-10, batch 128, Adam', repeats: 10 },
  mlp_2: { what: 'training step, MLP 2-32-32-2, batch 32, Adam', repeats: 2000 },
  gemm_128: { what: 'matrix product 128 × 128 × 128', repeats: 200 },
  gemm_256: { what: 'matrix product 256 × 256 × 256', repeats: 30 },
  gemm_512: { what: 'matrix product 512 × 512 × 512', repeats: 12 },
  gemm_1024: { what: 'matrix product 1024 × 1024 × 1024', repeats: 1 },
  cross_entropy: { what: 'softmax and cross-entropy, forward and backward, 4096 × 1000', repeats: 3 },
  conv_1: { what: 'convolution 3 × 3, 1 to 8 channels, 64 images of 28 × 28, forward and backward', repeats: 20 },
  conv_2: { what: 'convolution 3 × 3, 8 to 16 channels, 64 images of 14 × 14, forward and backward', repeats: 20 },
  conv_64: { what: 'convolution 3 × 3, 64 to 64 channels, 16 images of 32 × 32, forward and backward', repeats: 1 },
};

/** One line of the table each: the work, ours, the other, and the wanted ratio of their times. */
const comparisons = [
  ['mlp_784', 'native', 'PyTorch', 1.4],
  ['mlp_2', 'native', 'PyTorch', 20],
  ['gemm_256', 'native', 'PyTorch', 0.9],
  ['gemm_512', 'native', 'PyTorch', 0.9],
  ['gemm_1024', 'native', 'PyTorch', 0.9],
  ['cross_entropy', 'native', 'PyTorch', 1.5],
  ['conv_1', 'native', 'PyTorch', 1.2],
  ['conv_2', 'native', 'PyTorch', 1.5],
  ['conv_64', 'native', 'PyTorch', 1],
  ['mlp_784', 'WebAssembly', 'TensorFlow.js', 6],
  ['mlp_2', 'WebAssembly', 'TensorFlow.js', 40],
  ['gemm_128', 'WebAssembly', 'TensorFlow.js', 1.1],
  ['gemm_256', 'WebAssembly', 'TensorFlow.js', 1.1],
  ['gemm_512', 'WebAssembly', 'TensorFlow.js', 1.1],
  ['mlp_784', 'WebAssembly', 'native, SSE4', 0.6],
  ['mlp_2', 'WebAssembly', 'native, SSE4', 0.6],
];

export async function measureTensor() {
  if (!existsSync(places.tensorBench) || !existsSync(join(places.tensorBenchWasm, 'tensor_bench.wasm'))) return null;
  const native = startProgram(places.tensorBench);
  const wasm = startProgram('node', join(root, 'tests/benchmarks/tensor-process.mjs'), places.tensorBenchWasm);
  const torch = startProgram(places.python, join(root, 'tests/peers/tensor_peer.py'));
  const tfjs = startProgram('node', join(root, 'tests/peers/tensor_peer.mjs'), places.tfjs);
  const versions = { ...(await torch.ask({ case: 'versions' })), ...(await tfjs.ask({ case: 'versions' })) };
  const asking = {
    native: (request) => native.ask(request),
    'native, SSE4': (request) => native.ask({ ...request, set: 'sse4', level: 'portable' }),
    WebAssembly: (request) => wasm.ask(request),
    PyTorch: (request) => torch.ask(request),
    'TensorFlow.js': (request) => tfjs.ask(request),
  };
  const rows = [];
  for (const [work, { what, repeats }] of Object.entries(works)) {
    const lines = comparisons.filter(([name]) => name === work);
    const sides = [...new Set(lines.flatMap(([, ours, other]) => [ours, other]))];
    const answers = await alternate(
      Object.fromEntries(sides.map((side) => [side, () => asking[side]({ case: work, repeats })])),
    );
    for (const [, ours, other, wanted] of lines) {
      rows.push({ what, ours, other, wanted, ...comparison(answers[ours], answers[other]) });
    }
  }
  for (const program of [native, wasm, torch, tfjs]) program.stop();
  return { versions, rows };
}
