// What browser tests stand on: the server program with a folder of its own, a plain file server below a sub-path, and
// Chromium.
import { execFile, spawn } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { places } from './places.mjs';

export { places };

/** A fresh folder below build/e2e. */
export function scratchFolder(name) {
  mkdirSync(places.scratch, { recursive: true });
  return mkdtempSync(join(places.scratch, `${name}-`));
}

/** Runs the program; {stdout, stderr, code}. */
export async function reprise(...words) {
  try {
    const { stdout, stderr } = await promisify(execFile)(places.reprise, words, { maxBuffer: 256 << 20 });
    return { stdout, stderr, code: 0 };
  } catch (error) {
    return { stdout: error.stdout ?? '', stderr: error.stderr ?? String(error), code: error.code ?? 1 };
  }
}

/** `reprise serve` on a free port; {url, stop(), kill()}. */
export async function startServer({ site, data = scratchFolder('data'), options = [] }) {
  const words = ['serve', '--listen', '127.0.0.1:0', '--data', data, '--site', site, ...options];
  const child = spawn(places.reprise, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  let output = '';
  const url = await new Promise((resolve, reject) => {
    const hear = (piece) => {
      output += piece;
      const address = /listens on (http:\/\/\S+)/.exec(output);
      if (address) resolve(address[1].replace(/\/?$/, '/'));
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    exited.then((code) => reject(new Error(`the server ended with ${code}: ${output}`)));
  });
  return {
    url,
    data,
    log: () => output,
    async stop() {
      child.kill('SIGTERM');
      const code = await exited;
      rmSync(data, { recursive: true, force: true });
      return code;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

const mediaTypes = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
};

/** Plain files below a sub-path, and 404 for everything else; {url, requests, stop()}. */
export async function startStaticSite(folder, subPath = '/some/where/') {
  const requests = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
    requests.push(`${request.method} ${path}`);
    let file = join(folder, normalize(path.slice(subPath.length - 1)));
    if (path.endsWith('/')) file = join(file, 'index.html');
    const found = path.startsWith(subPath) && existsSync(file) && statSync(file).isFile();
    if (request.method !== 'GET' || !found) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'Content-Type': mediaTypes[extname(file)] ?? 'application/octet-stream' });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}${subPath}`,
    requests,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Chromium with a fresh profile. */
export async function startBrowser() {
  return chromium.launch({
    executablePath: places.chromium,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A page that fails the test when its console shows an error; `allowed`: patterns that may appear. */
export async function openPage(browser, url, { allowed = [], ...options } = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.troubles = [];
  page.on('pageerror', (error) => page.troubles.push(String(error)));
  page.on('console', (message) => {
    const text = message.text();
    if (message.type() === 'error' && !allowed.some((pattern) => pattern.test(text)))
      page.troubles.push(text);
  });
  await page.goto(url);
  return page;
}

/** A report's text without its provenance, which says where it was computed. */
export function withoutProvenance(text) {
  const report = JSON.parse(text);
  const provenance = report.provenance;
  if (provenance === undefined) throw new Error('the report has no provenance');
  // what is the same must be the same bytes: cut the part out of the text instead of writing it anew
  const start = text.indexOf('"provenance":');
  const end = text.indexOf('}', start) + 1;
  const rest = text.slice(0, start) + text.slice(end);
  return { rest, provenance };
}

/** Long texts that must be equal: says where they first differ. */
export function assertSameText(found, expected, where = '') {
  if (found === expected) return;
  let at = 0;
  while (at < Math.min(found.length, expected.length) && found[at] === expected[at]) at += 1;
  const around = (text) => text.slice(Math.max(0, at - 80), at + 80);
  throw new Error(
    `${where} differs at character ${at}:\n  ${around(found)}\nexpected\n  ${around(expected)}`,
  );
}
