// Browser tests: node tests/e2e/run.mjs [part of a file name …]. They need a built program, WebAssembly and site
// (scripts/build), and Chromium. REPRISE, WASM, SITE and CHROMIUM name others than the usual places.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missingPrerequisites } from './places.mjs';

const folder = dirname(fileURLToPath(import.meta.url));
const wanted = process.argv.slice(2);
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.e2e.mjs'))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
  .sort();
const missing = missingPrerequisites();
if (files.length === 0 || missing.length > 0) {
  console.error(missing.join('\n') || `no test file matches ${wanted.join(', ')}`);
  process.exit(2);
}
// one file after the other: browsers and servers would compete for the same cores
let status = 0;
for (const file of files) {
  const result = spawnSync(process.execPath, ['--test', '--test-reporter=spec', join(folder, file)], {
    stdio: 'inherit',
  });
  status = Math.max(status, result.status ?? 1);
}
process.exit(status);
