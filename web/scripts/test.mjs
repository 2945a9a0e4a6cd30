// Unit tests of the front-end: bundles tests/web/**/*.test.ts and runs them under node's own test runner.
//   node web/scripts/test.mjs [part of a file name …]
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { root } from './paths.mjs';

const tests = join(root, 'tests/web');
const out = join(root, 'build/web-tests');
const wanted = process.argv.slice(2);

const files = readdirSync(tests, { recursive: true })
  .map((name) => join(tests, String(name)))
  .filter((name) => name.endsWith('.test.ts'))
  .filter((name) => wanted.length === 0 || wanted.some((part) => relative(tests, name).includes(part)))
  .sort();
if (files.length === 0) {
  console.error(`no test file under ${tests} matches ${wanted.join(', ') || '*.test.ts'}`);
  process.exit(2);
}

rmSync(out, { recursive: true, force: true });
await build({
  entryPoints: files,
  outdir: out,
  outbase: tests,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node18',
  sourcemap: 'inline',
  conditions: ['browser'],
  mainFields: ['module', 'main'],
  // what browsers have and Node 18 lacks
  banner: {
    js: [
      "import { File as NodeFile } from 'node:buffer';",
      "import { webcrypto as nodeCrypto } from 'node:crypto';",
      'globalThis.File ??= NodeFile;',
      'globalThis.crypto ??= nodeCrypto;',
    ].join('\n'),
  },
  logLevel: 'warning',
});
const bundles = files.map((file) => join(out, relative(tests, file).replace(/\.ts$/, '.mjs')));
const result = spawnSync(
  process.execPath,
  ['--enable-source-maps', '--test', '--test-reporter=spec', ...bundles],
  {
    stdio: 'inherit',
  },
);
process.exit(result.status ?? 1);
