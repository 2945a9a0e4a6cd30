// The WebAssembly build of tensor_bench, markov_bench or clustering_bench as a program that speaks the line protocol of line_protocol.h.
//   node tensor-process.mjs FOLDER_WITH_tensor_bench.wasm [markov_bench | clustering_bench]
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const folder = resolve(process.argv[2]);
const program = process.argv[3] ?? 'tensor_bench';
const create = createRequire(import.meta.url)(join(folder, `${program}.js`));
let printed = '';
const core = await create({
  wasmBinary: readFileSync(join(folder, `${program}.wasm`)),
  print: (text) => {
    printed += text;
  },
});

for await (const line of createInterface({ input: process.stdin })) {
  let reply;
  try {
    printed = '';
    const begun = process.cpuUsage();
    core.callMain(['ask', line]);
    const { user, system } = process.cpuUsage(begun);
    const answer = JSON.parse(printed);
    reply = { ok: { ...answer, seconds: (user + system) / 1e6 / answer.repeats } };
  } catch (error) {
    reply = { error: String(error.message ?? error) };
  }
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
