// The work of scripts/claims: node scripts/claims.mjs PROGRAM LAB [--preset P]
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root } from '../web/scripts/paths.mjs';

const presets = ['widget', 'browser', 'paper'];

function fail(message) {
  console.error(`claims: ${message}`);
  process.exit(2);
}

function parseArguments([program, lab, ...rest]) {
  let preset = 'browser';
  if (rest.length > 0) {
    if (rest.length !== 2 || rest[0] !== '--preset') fail(`unknown option ${rest[0]}: allowed is --preset P`);
    preset = rest[1];
  }
  if (!presets.includes(preset)) fail(`unknown preset '${preset}': allowed are ${presets.join(', ')}`);
  const folder = join(root, 'core/labs', lab);
  if (!existsSync(join(folder, 'lab.json'))) fail(`there is no lab '${lab}' below core/labs`);
  return { program: resolve(program), lab, preset, folder };
}

/** Options that give a study the data it cannot do without. */
function inputOptions(lab, study) {
  const file = join(root, 'tests/contracts', `${lab}.json`);
  if (!existsSync(file)) return [];
  const contract = JSON.parse(readFileSync(file, 'utf8')).studies[study.split('/')[1]];
  const inputs = Object.entries(contract?.cases[0]?.inputs ?? {});
  return inputs.flatMap(([name, path]) => ['--input', `${name}=${join(root, 'tests/contracts', path)}`]);
}

const { program, lab, preset, folder } = parseArguments(process.argv.slice(2));
const ask = (...words) => execFileSync(program, words, { encoding: 'utf8', maxBuffer: 256 << 20 });

const studies = JSON.parse(ask('list', '--json'))
  .map(({ study }) => study)
  .filter((study) => study.startsWith(`${lab}/`));
if (studies.length === 0) fail(`${program} has no study of '${lab}'`);

const rows = [];
const seconds = {};
let build = '';
let seed = 0;
for (const study of studies) {
  const begun = Date.now();
  const report = JSON.parse(ask('run', study, '--preset', preset, '--json', ...inputOptions(lab, study)));
  build = report.provenance.build;
  seconds[study] = Number(report.provenance.seconds.toPrecision(2));
  seed = report.seed;
  for (const { id, statement, statistic, relation, threshold, status, reason } of report.claims) {
    rows.push({
      study,
      claim: id,
      statement,
      statistic,
      relation,
      threshold,
      status,
      ...(reason ? { reason } : {}),
    });
    const verdict = { holds: 'holds', fails: 'DOES NOT HOLD', not_evaluated: 'not run here' }[status];
    console.log(`${verdict.padEnd(13)}  ${study}  ${id}: ${statistic} ${relation} ${threshold}`);
  }
  console.log(`${' '.repeat(15)}${study}: ${((Date.now() - begun) / 1000).toFixed(1)} s`);
}

// One claim a line: differences between two builds can be read.
const lines = rows.map((row) => `    ${JSON.stringify(row)}`).join(',\n');
const head = Object.entries({ lab, preset, seed, build, seconds })
  .map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},\n`)
  .join('');
writeFileSync(join(folder, 'claims.json'), `{\n${head}  "claims": [\n${lines}\n  ]\n}\n`);
const holds = rows.filter(({ status }) => status === 'holds').length;
console.log(`${holds} of ${rows.length} claims hold at preset '${preset}' (core/labs/${lab}/claims.json)`);
