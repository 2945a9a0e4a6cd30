import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '../../../web/src/model/contract.js';
import type { RunListener, RunProgress } from '../../../web/src/engines/engine.js';
import { RunError } from '../../../web/src/engines/engine.js';
import type { Fetch } from '../../../web/src/engines/server/api.js';
import { ServerApi } from '../../../web/src/engines/server/api.js';
import { ServerEngine } from '../../../web/src/engines/server/server-engine.js';

interface Call {
  method: string;
  path: string;
  headers: Headers;
  body: unknown;
}

/** A server in memory: answers by "METHOD path", records what it was asked, and can send events. */
class FakeServer {
  readonly calls: Call[] = [];
  readonly answers = new Map<string, () => Response | Promise<Response>>();
  readonly streams: ReadableStreamDefaultController<Uint8Array>[] = [];

  readonly fetch: Fetch = async (input, options = {}) => {
    const url = new URL(input);
    const method = options.method ?? 'GET';
    const path = url.pathname.replace('/demo/api/v1/', '') + url.search;
    this.calls.push({ method, path, headers: new Headers(options.headers), body: options.body });
    if (path.startsWith('events?')) return this.stream(options.signal ?? null);
    const answer = this.answers.get(`${method} ${path}`);
    return answer ? answer() : problem(404, `there is no ${path}`);
  };

  api(): ServerApi {
    return new ServerApi(new URL('http://localhost/demo/api/v1/'), this.fetch);
  }
  send(event: string, data: unknown, id = '1'): void {
    const text = `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    this.streams.at(-1)?.enqueue(new TextEncoder().encode(text));
  }
  asked(start: string): Call[] {
    return this.calls.filter(({ method, path }) => `${method} ${path}`.startsWith(start));
  }
  private stream(signal: AbortSignal | null): Response {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.streams.push(controller);
        signal?.addEventListener('abort', () => {
          this.streams.splice(this.streams.indexOf(controller), 1);
          controller.error(new DOMException('aborted', 'AbortError'));
        });
      },
    });
    return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
  }
}
function json(content: unknown, status = 200): Response {
  return new Response(JSON.stringify(content), { status, headers: { 'Content-Type': 'application/json' } });
}
function problem(status: number, detail: string, errors: unknown[] = []): Response {
  return json({ type: 'about:blank', title: 'Problem', status, detail, errors }, status);
}

class Recorder implements RunListener {
  readonly progressed: RunProgress[] = [];
  readonly snapshots: Report[] = [];
  progress(progress: RunProgress): void {
    this.progressed.push(progress);
  }
  snapshot(report: Report): void {
    this.snapshots.push(report);
  }
}
const hash = 'a'.repeat(64);
const examiner = {
  inspect: (file: File) => Promise.resolve({ sha256: '', file_name: file.name, bytes: file.size, rows: 2 }),
  hash: () => Promise.resolve(hash),
};
const request = { study: 'lab/study', config: { n: 3 }, seed: 5, inputs: {} };
const job = {
  id: 'j1',
  study: 'lab/study',
  state: 'queued',
  progress: { done: 0, total: 4, fraction: 0, eta_seconds: null },
};
const settle = () => sleep(5);

function serverWithJob(): FakeServer {
  const server = new FakeServer();
  server.answers.set('POST jobs', () => json(job, 202));
  server.answers.set('GET jobs/j1', () => json(job));
  server.answers.set('POST jobs/j1/cancel', () => json({ ...job, state: 'cancelling' }));
  server.answers.set('GET jobs/j1/report', () => json({ study: 'lab/study', files: {} }));
  return server;
}

test('a run: submit, follow, collect the exact bytes of the report', async () => {
  const server = serverWithJob();
  const recorder = new Recorder();
  const run = new ServerEngine(server.api(), examiner).start(request, recorder);
  await settle();
  const submitted = server.asked('POST jobs')[0];
  assert.deepEqual(JSON.parse(String(submitted?.body)), { ...request, inputs: {} });
  assert.equal(submitted?.headers.get('Content-Type'), 'application/json');
  assert.match(submitted?.headers.get('Idempotency-Key') ?? '', /^[0-9a-f]{32}$/);
  assert.equal(server.asked('GET events')[0]?.path, 'events?jobs=j1');

  server.send('progress', { job: 'j1', done: 1, total: 4, fraction: 0.25, eta_seconds: 3 });
  server.send('snapshot', { job: 'j1', report: { study: 'lab/study', metrics: { m: 1 } } });
  server.send('snapshot', { job: 'other', report: {} });
  await settle();
  assert.deepEqual(recorder.progressed.at(-1), { done: 1, total: 4, fraction: 0.25, eta_seconds: 3 });
  assert.equal(recorder.snapshots.length, 1);

  server.send('state', { job: 'j1', state: 'succeeded' });
  const { report, text } = await run.result;
  assert.equal(report.study, 'lab/study');
  assert.equal(text, '{"study":"lab/study","files":{}}');
});

test('files are sent when the run starts, and only if the server lacks them', async () => {
  const file = new File(['score,label\n0.5,1\n'], 'mine.csv');
  const withFile = { ...request, inputs: { scores: file } };
  const server = serverWithJob();
  server.answers.set(`POST studies/lab/study/estimate`, () =>
    json({ seconds: 2, queue_seconds: 3, workers: 4, memory_bytes: 10, queue: 1 }),
  );
  server.answers.set(`POST datasets?name=mine.csv`, () => json({ sha256: hash }, 201));
  const engine = new ServerEngine(server.api(), examiner);
  assert.equal((await engine.predict(withFile)).seconds, 5);
  assert.equal(await engine.uploadBytes(withFile), file.size);
  assert.equal(server.asked('POST datasets').length, 0);
  assert.ok(server.calls.every(({ body }) => !String(body).includes('0.5,1')));

  engine.start(withFile, new Recorder());
  await settle();
  const upload = server.asked('POST datasets')[0];
  assert.equal(upload?.headers.get('X-Reprise'), '1');
  assert.equal(upload?.body, file);
  assert.deepEqual(JSON.parse(String(server.asked('POST jobs')[0]?.body)).inputs, { scores: hash });

  server.answers.set(`GET datasets/${hash}`, () => json({ sha256: hash }));
  assert.equal(await engine.uploadBytes(withFile), 0);
  engine.start(withFile, new Recorder());
  await settle();
  assert.equal(server.asked('POST datasets').length, 1);
});

test('a refusal carries its problems', async () => {
  const server = new FakeServer();
  const errors = [{ key: 'n', value: '0', allowed: '1…10', message: 'n is 0' }];
  server.answers.set('POST jobs', () => problem(422, 'the config is not valid', errors));
  const run = new ServerEngine(server.api(), examiner).start(request, new Recorder());
  await assert.rejects(run.result, (error) => {
    assert.ok(error instanceof RunError);
    assert.equal(error.kind, 'input');
    assert.deepEqual(error.problems, errors);
    return true;
  });
});

test('cancel takes effect at once and tells the server', async () => {
  const server = serverWithJob();
  const recorder = new Recorder();
  const run = new ServerEngine(server.api(), examiner).start(request, recorder);
  await settle();
  run.cancel();
  await assert.rejects(run.result, (error) => error instanceof RunError && error.kind === 'cancelled');
  server.send('snapshot', { job: 'j1', report: {} });
  await settle();
  assert.equal(recorder.snapshots.length, 0);
  assert.equal(server.asked('POST jobs/j1/cancel').length, 1);
});

test('a cancel before the answer to the submission cancels the job when it is known', async () => {
  const server = serverWithJob();
  let answer: (response: Response) => void = () => undefined;
  server.answers.set('POST jobs', () => new Promise((resolve) => (answer = resolve)));
  const run = new ServerEngine(server.api(), examiner).start(request, new Recorder());
  await settle();
  run.cancel();
  answer(json(job, 202));
  await settle();
  assert.equal(server.asked('POST jobs/j1/cancel').length, 1);
});

test('an answer that was lost is asked for again with the same key', async () => {
  const server = serverWithJob();
  let tries = 0;
  server.answers.set('POST jobs', () => {
    tries += 1;
    if (tries === 1) throw new TypeError('connection reset');
    return json(job, 202);
  });
  new ServerEngine(server.api(), examiner).start(request, new Recorder());
  await settle();
  const [first, second] = server.asked('POST jobs');
  assert.ok(first && second);
  assert.equal(first.headers.get('Idempotency-Key'), second.headers.get('Idempotency-Key'));
});

test('a broken stream is resumed after the last event; the state is asked for meanwhile', async () => {
  const server = serverWithJob();
  const run = new ServerEngine(server.api(), examiner).start(request, new Recorder());
  await settle();
  server.send('progress', { job: 'j1', ...job.progress }, '41');
  await settle();
  server.answers.set('GET jobs/j1', () => json({ ...job, state: 'succeeded' }));
  server.streams.at(-1)?.error(new TypeError('connection reset'));
  await run.result; // the reconnection finds that the job has ended
  assert.equal(server.asked('GET events')[1]?.headers.get('Last-Event-ID'), '41');
});

test('several runs share one stream', async () => {
  const server = serverWithJob();
  let next = 0;
  server.answers.set('POST jobs', () => json({ ...job, id: `j${++next}` }, 202));
  server.answers.set('GET jobs/j2', () => json({ ...job, id: 'j2' }));
  const engine = new ServerEngine(server.api(), examiner);
  engine.start(request, new Recorder());
  const second = new Recorder();
  engine.start(request, second);
  await settle();
  assert.equal(server.asked('GET events').at(-1)?.path, 'events?jobs=j1,j2');
  server.send('snapshot', { job: 'j2', report: {} });
  await settle();
  assert.equal(second.snapshots.length, 1);
});

test('a failed job says why', async () => {
  const server = serverWithJob();
  const run = new ServerEngine(server.api(), examiner).start(request, new Recorder());
  await settle();
  server.send('state', {
    job: 'j1',
    state: 'failed',
    errors: [{ key: 'scores', value: '', allowed: '', message: 'scores.csv row 3: label 2 is not 0 or 1' }],
  });
  await assert.rejects(run.result, /row 3: label 2/);
});

test('discovery: a server, or a static site', async () => {
  const server = new FakeServer();
  const base = new URL('http://localhost/demo/api/v1/');
  assert.equal(await ServerApi.discover(base, server.fetch), null);
  server.answers.set('GET health', () => new Response('<html></html>'));
  assert.equal(await ServerApi.discover(base, server.fetch), null);
  server.answers.set('GET health', () => json({ status: 'ok' }));
  assert.ok(await ServerApi.discover(base, server.fetch));
  server.answers.set('GET health', () => {
    throw new TypeError('refused');
  });
  assert.equal(await ServerApi.discover(base, server.fetch), null);
});
