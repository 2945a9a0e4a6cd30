import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import type { RunCode } from '../../../web/src/app/run-code.js';
import {
  commandLine,
  cppJson,
  cppProgram,
  cppText,
  httpRequest,
  setValue,
  shellWord,
} from '../../../web/src/app/run-code.js';

const plain: RunCode = {
  study: 'recalibration/optimal-bins',
  preset: 'widget',
  differences: { mu: 3, n_list: [300, 1000], model: 'logistic44' },
  seed: 7,
  inputs: [],
};
const own: RunCode = {
  ...plain,
  study: 'recalibration/my-scores',
  differences: { name: `it's "5$"; \\ $(echo no)` },
  inputs: [{ name: 'scores', file: "Bob's scores (1).csv", sha256: 'ab'.repeat(32) }],
};

/** The words that a shell makes of a command. */
function words(command: string): string[] {
  const script = `show() { for word in "$@"; do printf '%s\\0' "$word"; done; }; ${command}`;
  return execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

test('any text stays one word of the shell', () => {
  for (const text of ['plain', '', "it's", '$(ls) `ls` "x" \\ \n !', '*', '~', 'a b', '#', '-x=1,2'])
    assert.deepEqual(words(`show ${shellWord(text)}`), [text]);
});

test('the command line has what differs from the preset, and nothing else', () => {
  const seen = words(commandLine(plain).replace('reprise', 'show').replace(' > report.json', ''));
  assert.deepEqual(seen, [
    'run',
    'recalibration/optimal-bins',
    '--preset',
    'widget',
    '--set',
    'mu=3',
    '--set',
    'n_list=[300,1000]',
    '--set',
    'model=logistic44',
    '--seed',
    '7',
    '--json',
  ]);
  const withFile = words(commandLine(own).replace('reprise', 'show').replace(' > report.json', ''));
  assert.ok(withFile.includes(`name=it's "5$"; \\ $(echo no)`));
  assert.ok(withFile.includes("scores=Bob's scores (1).csv"));
});

test('a text that reads as JSON is written as JSON', () => {
  assert.equal(setValue('7'), '"7"');
  assert.equal(setValue('true'), '"true"');
  assert.equal(setValue('gauss'), 'gauss');
  assert.equal(setValue([1, 2]), '[1,2]');
  assert.equal(setValue(false), 'false');
});

test('the body of the HTTP request survives the shell', () => {
  const [upload, ...rest] = httpRequest(own, 'http://127.0.0.1:8080/api/v1/').split('\n');
  assert.deepEqual(words((upload ?? '').replace('curl', 'show')).slice(-2), [
    "@Bob's scores (1).csv",
    'http://127.0.0.1:8080/api/v1/datasets',
  ]);
  const job = words((rest.join('\n').split('\n#')[0] ?? '').replace('curl', 'show'));
  assert.deepEqual(JSON.parse(job[job.indexOf('-d') + 1] ?? ''), {
    study: own.study,
    preset: 'widget',
    seed: 7,
    config: own.differences,
    inputs: { scores: 'ab'.repeat(32) },
  });
});

test('texts in C++ are escaped; raw literals cannot be ended by their content', () => {
  assert.equal(cppText('a"b\\c\n'), '"a\\"b\\\\c\\n"');
  assert.equal(cppJson({ a: 1 }), 'R"json({"a":1})json"');
  assert.equal(cppJson(')json"'), 'R"json(")json\\"")json"');
  assert.equal(cppJson([')json', 1]), 'R"jsonx([")json",1])jsonx"');
});

test('the C++ program names the run', () => {
  const program = cppProgram(plain);
  assert.match(program, /registry\.find\("recalibration\/optimal-bins"\)/);
  assert.match(program, /resolve\("widget", Json::parse\(R"json\(\{"mu":3,/);
  assert.match(program, /request\.seed = 7;/);
  assert.doesNotMatch(program, /fstream/);
  assert.match(cppProgram(own), /file_text\("Bob's scores \(1\)\.csv"\)/);
});
