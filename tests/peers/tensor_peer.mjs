// TensorFlow.js (WebAssembly with SIMD, one thread) at the work of tests/benchmarks/tensor_bench.cpp.
//   node tensor_peer.mjs FOLDER     FOLDER/node_modules holds @tensorflow/tfjs and @tensorflow/tfjs-backend-wasm
// Answers lines of JSON as that program does: {"case": "mlp_784", "repeats": 2} -> {"ok": {"seconds": per repeat}}.
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

globalThis.fetch = undefined; // else its glue fetches a file path
const require = createRequire(join(resolve(process.argv[2] ?? '.'), 'node_modules', 'here.js'));
const tf = require('@tensorflow/tfjs');
const wasm = require('@tensorflow/tfjs-backend-wasm');
wasm.setWasmPaths(`${join(resolve(process.argv[2] ?? '.'), 'node_modules/@tensorflow/tfjs-backend-wasm/dist')}/`);
await tf.setBackend('wasm');
await tf.ready();

function mlp(widths, batch) {
  const weights = [];
  for (let i = 0; i + 1 < widths.length; i += 1) {
    weights.push(tf.variable(tf.randomNormal([widths[i], widths[i + 1]], 0, 0.05)));
    weights.push(tf.variable(tf.zeros([widths[i + 1]])));
  }
  const optimizer = tf.train.adam(1e-3);
  const x = tf.randomNormal([batch, widths[0]]);
  const classes = widths.at(-1);
  const y = tf.oneHot(tf.tensor1d(Array.from({ length: batch }, (_, i) => i % classes), 'int32'), classes);
  const loss = () => {
    let h = x;
    for (let i = 0; i < weights.length; i += 2) {
      h = tf.add(tf.matMul(h, weights[i]), weights[i + 1]);
      if (i + 2 < weights.length) h = tf.relu(h);
    }
    return tf.losses.softmaxCrossEntropy(y, h);
  };
  return () => {
    optimizer.minimize(loss, false, weights);
  };
}

function gemm(size) {
  const a = tf.randomNormal([size, size]);
  const b = tf.randomNormal([size, size]);
  return () => tf.matMul(a, b).dispose();
}

const cases = {
  mlp_784: [2, () => mlp([784, 256, 256, 10], 128)],
  mlp_2: [50, () => mlp([2, 32, 32, 2], 32)],
  gemm_128: [50, () => gemm(128)],
  gemm_256: [10, () => gemm(256)],
  gemm_512: [2, () => gemm(512)],
  gemm_1024: [1, () => gemm(1024)],
};
const prepared = {};

function answer(request) {
  if (request.case === 'versions') return { tfjs: tf.version.tfjs, backend: tf.getBackend() };
  const [usual, prepare] = cases[request.case];
  prepared[request.case] ??= prepare();
  const repeats = request.repeats ?? usual;
  const begun = process.cpuUsage();
  for (let i = 0; i < repeats; i += 1) prepared[request.case]();
  const { user, system } = process.cpuUsage(begun);
  return { seconds: (user + system) / 1e6 / repeats };
}

for await (const line of createInterface({ input: process.stdin })) {
  let reply;
  try {
    reply = { ok: answer(JSON.parse(line)) };
  } catch (error) {
    reply = { error: String(error.stack ?? error) };
  }
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
