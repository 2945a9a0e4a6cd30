// Runs the parts that are asked for (all but `builds` by default), keeps each as build/bench/<part>.json, and writes
// docs/performance.md from all of them.
//   node tests/benchmarks/run.mjs [peers] [tensor] [markov] [clustering] [wasm] [estimates] [browser] [start-up] [sizes] [units] [server] [builds]
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { measureUnits, measureWholeBuilds } from './builds.mjs';
import { measureClustering } from './clustering.mjs';
import { measureMarkov } from './markov.mjs';
import { performancePage } from './page.mjs';
import { measurePeers } from './peers.mjs';
import { places, root } from './places.mjs';
import { measureServer } from './server.mjs';
import { measureSizes, measureStartUp } from './start-up.mjs';
import { measureTensor } from './tensor.mjs';
import { measureBrowserRuns, measureEstimates, measureWebAssembly } from './studies.mjs';

const parts = {
  peers: measurePeers,
  tensor: measureTensor,
  markov: measureMarkov,
  clustering: measureClustering,
  wasm: measureWebAssembly,
  estimates: measureEstimates,
  browser: measureBrowserRuns,
  'start-up': measureStartUp,
  sizes: measureSizes,
  units: measureUnits,
  server: measureServer,
  builds: measureWholeBuilds,
};

function machine() {
  const version = (command, ...words) => {
    try {
      return execFileSync(command, words, { encoding: 'utf8' }).split('\n')[0];
    } catch {
      return 'not installed';
    }
  };
  const system = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return {
    processor: cpus()[0].model.trim(),
    cores: cpus().length,
    memory_gigabytes: Math.round(totalmem() / 2 ** 30),
    system: /PRETTY_NAME="([^"]*)"/.exec(system)?.[1] ?? process.platform,
    compiler: version('g++', '--version'),
    emscripten: version('emcc', '--version'),
    node: process.version,
    chromium: version(places.chromium, '--version'),
    commit: version('git', '-C', root, 'rev-parse', '--short', 'HEAD'),
  };
}

/** How busy the machine was otherwise: the load before a part begins. */
function load() {
  return existsSync('/proc/loadavg') ? Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]) : null;
}

const asked = process.argv.slice(2);
for (const part of asked) {
  if (!(part in parts)) {
    console.error(`bench: unknown part '${part}': allowed are ${Object.keys(parts).join(', ')}`);
    process.exit(2);
  }
}
const wanted = asked.length > 0 ? asked : Object.keys(parts).filter((part) => part !== 'builds');

mkdirSync(places.results, { recursive: true });
let failed = 0;
for (const part of wanted) {
  const begun = performance.now();
  const before = load();
  try {
    const result = await parts[part]();
    if (result === null) {
      console.log(`${part}: left out, its program is not installed`);
      continue;
    }
    const kept = {
      part,
      date: new Date().toISOString().slice(0, 10),
      load: before,
      machine: machine(),
      ...result,
    };
    writeFileSync(join(places.results, `${part}.json`), `${JSON.stringify(kept, null, 2)}\n`);
    console.log(`${part}: ${((performance.now() - begun) / 1000).toFixed(0)} s`);
  } catch (error) {
    failed += 1;
    console.error(`${part}: ${error.stack}`);
  }
}

const results = {};
for (const part of Object.keys(parts)) {
  const file = join(places.results, `${part}.json`);
  if (existsSync(file)) results[part] = JSON.parse(readFileSync(file, 'utf8'));
}
const notesFile = join(root, 'tests/benchmarks/notes.json');
const notes = existsSync(notesFile) ? JSON.parse(readFileSync(notesFile, 'utf8')) : {};
const page = performancePage(results, notes);
writeFileSync(join(root, 'docs/performance.md'), page.text);
console.log(`docs/performance.md: ${page.met} of ${page.wanted} goals met`);
process.exit(failed === 0 ? 0 : 1);
