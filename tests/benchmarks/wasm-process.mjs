// The WebAssembly build as a program that speaks the line protocol of line_protocol.h: whole studies on one thread of
// V8, without a page around them.
//   node wasm-process.mjs FOLDER_WITH_reprise-<lab>.wasm
// {"case": "run", "study": …, "preset": …, "set": {…}, "inputs": {name: path}} -> {"seconds", "predicted", …}
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';

const folder = process.argv[2];

async function loadCore(lab) {
  // The glue is an ES module named .js: node takes it as one under another name.
  const scratch = mkdtempSync(join(tmpdir(), 'reprise-wasm-'));
  copyFileSync(join(folder, `reprise-${lab}.js`), join(scratch, 'reprise.mjs'));
  const { default: createCore } = await import(join(scratch, 'reprise.mjs'));
  rmSync(scratch, { recursive: true });
  return createCore({ wasmBinary: readFileSync(join(folder, `reprise-${lab}.wasm`)) });
}

/** The module of the lab that was asked for last, and how fast it is. */
let lab = '';
let core;
let speeds;

async function openLab(slug) {
  if (slug === lab) return;
  core = await loadCore(slug);
  speeds = measureSpeeds();
  lab = slug;
}

/** Processor seconds so far, as the native programs measure them. */
function processorSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function unwrap(text) {
  const { ok, error } = JSON.parse(text);
  if (error) throw new Error(error.message);
  return ok;
}

function measureSpeeds() {
  const speeds = {};
  for (const kind of JSON.parse(core.calibrationKinds())) {
    let best = 0;
    for (let trial = 0; trial < 9; trial += 1) {
      const begun = processorSeconds();
      const { units } = unwrap(core.calibrate(kind));
      best = Math.max(best, units / (processorSeconds() - begun));
    }
    speeds[kind] = best;
  }
  return speeds;
}

/** Bytes and description of every input. */
function openInputs(paths) {
  const infos = {};
  const bytes = {};
  for (const [name, path] of Object.entries(paths)) {
    bytes[name] = new Uint8Array(readFileSync(path));
    const hasher = new core.Hasher();
    hasher.update(bytes[name]);
    const read = (offset, length) => bytes[name].subarray(offset, offset + length);
    infos[name] = { ...unwrap(core.inspect(bytes[name].length, read, basename(path))), sha256: hasher.hex() };
    hasher.delete();
  }
  return { infos: JSON.stringify(infos), bytes };
}

/** Bytes of the bundled assets that the study reads with this config. */
function openAssets(study, config) {
  return unwrap(core.assets(study, config)).map(({ name }) => ({
    name,
    content: new Uint8Array(readFileSync(join(folder, 'assets', `${name}.bin`))),
  }));
}

function runStudy(study, config, seed, { infos, bytes }) {
  const assets = openAssets(study, config);
  const reduction = new core.Reduction(study, config, seed, infos);
  const artefacts = {}; // stage -> [{index, name, bytes}]
  let tasks = 0;
  for (const stage of unwrap(core.plan(study, config, infos))) {
    artefacts[stage.name] = [];
    for (let index = 0; index < stage.count; index += 1) {
      const task = new core.Task(study, config, seed, infos, stage.name, index);
      for (const [name, content] of Object.entries(bytes)) {
        task.addInput(name, content.length, (offset, length) => content.subarray(offset, offset + length));
      }
      for (const { name, content } of assets) {
        task.addAsset(name, content.length, (offset, length) => content.subarray(offset, offset + length));
      }
      for (const needed of stage.needs) {
        for (const left of artefacts[needed]) task.addArtefact(needed, left.index, left.name, left.bytes);
      }
      unwrap(task.start());
      while (!unwrap(task.advance(1e9)).done);
      for (const name of JSON.parse(task.artefactNames())) {
        artefacts[stage.name].push({ index, name, bytes: task.artefact(name) });
      }
      unwrap(reduction.append(stage.name, index, task.takeRows()));
      task.delete();
      tasks += 1;
    }
  }
  const { result_sha256 } = unwrap(reduction.reduce(true, ''));
  const length = reduction.report().length;
  reduction.delete();
  return { tasks, result_sha256, report_bytes: length };
}

async function answer(request) {
  if (request.case !== 'run') throw new Error(`unknown case ${request.case}`);
  const { study, preset, set = {}, inputs = {} } = request;
  await openLab(study.split('/')[0]);
  const config = JSON.stringify(unwrap(core.resolve(study, preset, JSON.stringify(set))));
  const data = openInputs(inputs);
  const cost = JSON.stringify(unwrap(core.estimate(study, config, data.infos)));
  const predicted = unwrap(core.predict(cost, JSON.stringify(speeds), 1)).seconds;
  const begun = processorSeconds();
  const result = runStudy(study, config, 1, data);
  return { seconds: processorSeconds() - begun, predicted, ...result };
}

for await (const line of createInterface({ input: process.stdin })) {
  let reply;
  try {
    reply = { ok: await answer(JSON.parse(line)) };
  } catch (error) {
    reply = { error: String(error.message ?? error) };
  }
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
