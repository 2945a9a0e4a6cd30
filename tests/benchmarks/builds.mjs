// Compile times: the slowest translation units of the last build, and whole builds from nothing.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { places, root } from './places.mjs';

const unitLimit = 3; // seconds
const wholeLimit = 240;

/** Seconds of every object file that a build folder's .ninja_log knows, the last time it was made. */
function unitTimes(folder) {
  const log = join(folder, '.ninja_log');
  if (!existsSync(log)) return [];
  const times = new Map();
  for (const line of readFileSync(log, 'utf8').split('\n').slice(1)) {
    const [begin, end, , output] = line.split('\t');
    if (output?.endsWith('.o')) times.set(output, (Number(end) - Number(begin)) / 1000);
  }
  return [...times].map(([output, seconds]) => ({ unit: sourceOf(output), seconds }));
}

/** core/CMakeFiles/reprise_base.dir/base/json.cpp.o -> core/base/json.cpp */
function sourceOf(output) {
  return output.replace(/CMakeFiles\/[^/]+\.dir\//, '').replace(/\.o$/, '');
}

export function measureUnits() {
  const builds = [
    { build: 'native', folder: places.nativeBuild },
    { build: 'WebAssembly', folder: places.wasm },
  ];
  return {
    limit: unitLimit,
    builds: builds.map(({ build, folder }) => {
      const units = unitTimes(folder).sort((a, b) => b.seconds - a.seconds);
      return {
        build,
        units: units.length,
        over: units.filter(({ seconds }) => seconds > unitLimit).length,
        slowest: units.slice(0, 10),
      };
    }),
  };
}

function timed(command, words) {
  const begun = performance.now();
  execFileSync(command, words, { cwd: root, stdio: 'ignore' });
  return (performance.now() - begun) / 1000;
}

/** Native (with tests) and WebAssembly from nothing with two jobs, and a build when nothing has changed. */
export function measureWholeBuilds() {
  const rows = [];
  for (const { build, configure } of [
    { build: 'native with tests', configure: ['cmake'] },
    { build: 'WebAssembly', configure: ['emcmake', 'cmake'] },
  ]) {
    const folder = join(places.results, `fresh-${build.split(' ')[0].toLowerCase()}`);
    rmSync(folder, { recursive: true, force: true });
    const words = [...configure, '-S', root, '-B', folder, '-G', 'Ninja', '-DCMAKE_BUILD_TYPE=Release'];
    const whole = timed(words[0], words.slice(1)) + timed('cmake', ['--build', folder, '--parallel', '2']);
    const again = timed('cmake', ['--build', folder, '--parallel', '2']);
    rows.push({ build, whole, again, limit: wholeLimit });
    rmSync(folder, { recursive: true, force: true });
  }
  return { rows };
}
