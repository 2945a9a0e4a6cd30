// Compile times: the slowest translation units of the last build, and whole builds from nothing.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { places, root } from './places.mjs';

const unitLimit = 3; // seconds
const wholeLimit = 240;
const shown = 10;

/** Object files with the seconds that the last build took for each, however busy the machine was. */
function loggedUnits(folder) {
  const log = join(folder, '.ninja_log');
  if (!existsSync(log)) return [];
  const times = new Map();
  for (const line of readFileSync(log, 'utf8').split('\n').slice(1)) {
    const [begin, end, , output] = line.split('\t');
    if (output?.endsWith('.o')) times.set(output, Number(end) - Number(begin));
  }
  return [...times].sort((a, b) => b[1] - a[1]).map(([output]) => output);
}

/** Compiles one file again and returns its user seconds, which do not depend on what else the machine does. */
function userSeconds(folder, command, output) {
  const script = `TIMEFORMAT=%U; time ${command.replace(` -o ${output} `, ' -o /dev/null ')} 2>/dev/null`;
  const { NODE_PATH = '', ...others } = process.env;
  const env = { ...others, NODE_PATH: ['/usr/share/nodejs', NODE_PATH].filter(Boolean).join(':') };
  const text = execFileSync('bash', ['-c', `{ ${script}; } 2>&1 >/dev/null | tail -1`], {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  return Number(text.trim());
}

/** Half as many again as are shown are compiled again: the log only tells where to look. */
function slowestUnits(folder) {
  const logged = loggedUnits(folder);
  if (logged.length === 0) return null;
  const commands = new Map(
    JSON.parse(readFileSync(join(folder, 'compile_commands.json'), 'utf8')).map(
      ({ file, command, output }) => [output ?? / -o (\S+)/.exec(command)[1], { file, command }],
    ),
  );
  const sources = /CMAKE_HOME_DIRECTORY:INTERNAL=(.*)/.exec(readFileSync(join(folder, 'CMakeCache.txt'), 'utf8'))[1];
  const units = [];
  for (const output of logged.filter((name) => commands.has(name)).slice(0, shown * 2)) {
    const { file, command } = commands.get(output);
    units.push({ unit: relative(sources, file), seconds: userSeconds(folder, command, output) });
  }
  units.sort((a, b) => b.seconds - a.seconds);
  return {
    units: logged.length,
    over: units.filter(({ seconds }) => seconds > unitLimit).length,
    slowest: units.slice(0, shown),
  };
}

export function measureUnits() {
  const builds = [];
  for (const [build, folder] of [
    ['native', places.nativeBuild],
    ['WebAssembly', places.wasm],
  ]) {
    const found = slowestUnits(folder);
    if (found) builds.push({ build, ...found });
  }
  return { limit: unitLimit, builds };
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
