import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunError } from '../../../web/src/engines/engine.js';
import { Prober } from '../../../web/src/engines/browser/prober.js';
import { FakeWorker } from './fake-worker.js';

const module = {} as WebAssembly.Module;
const turn = () => sleep(0);

/** A prober whose workers answer when the test says so. */
function proberOf() {
  const workers: FakeWorker[] = [];
  const prober = new Prober('lab', {
    module: () => Promise.resolve(module),
    createWorker: () => {
      const worker = new FakeWorker();
      workers.push(worker);
      return worker;
    },
  });
  const ask = (value: number) => prober.probe('lab/study', { n: 3 }, 'edges', { value });
  return { prober, workers, ask };
}
function questions(worker: FakeWorker) {
  return worker.received.flatMap((message) => (message.type === 'ask' ? [message] : []));
}
function answerLast(worker: FakeWorker, content: unknown): void {
  worker.say({ type: 'answer', id: questions(worker).at(-1)!.id, content });
}

test('the worker starts with the first question, and gets texts', async () => {
  const { workers, ask } = proberOf();
  await turn();
  assert.equal(workers.length, 0);
  const answer = ask(7);
  await turn();
  assert.equal(workers.length, 1);
  const [question] = questions(workers[0]!);
  assert.equal(question?.name, 'probe');
  assert.deepEqual(question?.content, {
    study: 'lab/study',
    config: '{"n":3}',
    name: 'edges',
    arguments: '{"value":7}',
  });
  answerLast(workers[0]!, { risk: 0.5 });
  assert.deepEqual(await answer, { risk: 0.5 });
});

test('while one is computed the latest waits; those between are refused as cancelled', async () => {
  const { workers, ask } = proberOf();
  const first = ask(1);
  await turn();
  const second = assert.rejects(ask(2), { kind: 'cancelled' });
  const third = assert.rejects(ask(3), { kind: 'cancelled' });
  const fourth = ask(4);
  await turn();
  assert.equal(questions(workers[0]!).length, 1); // one at a time
  answerLast(workers[0]!, 'one');
  assert.equal(await first, 'one');
  await turn();
  assert.equal(questions(workers[0]!).length, 2);
  answerLast(workers[0]!, 'four');
  assert.equal(await fourth, 'four');
  await Promise.all([second, third]);
});

test('wrong arguments come back with their problems; the worker goes on', async () => {
  const { workers, ask } = proberOf();
  const problem = {
    key: 'ranks',
    value: 'x',
    allowed: 'numbers in (0, 1)',
    message: 'ranks: "x" is no list',
  };
  const wrong = ask(1).catch((error: unknown) => error as RunError);
  await turn();
  const { id } = questions(workers[0]!)[0]!;
  const failure = { kind: 'input' as const, message: problem.message, problems: [problem] };
  workers[0]!.say({ type: 'refusal', id, failure });
  const error = (await wrong) as RunError;
  assert.equal(error.kind, 'input');
  assert.deepEqual(error.problems, [problem]);
  const next = ask(2);
  await turn();
  answerLast(workers[0]!, 2);
  assert.equal(await next, 2);
});

test('a worker that breaks refuses its question; the one that waits gets a new worker', async () => {
  const { workers, ask } = proberOf();
  const first = assert.rejects(ask(1), { kind: 'crash' });
  await turn();
  const second = ask(2);
  workers[0]!.say({ type: 'broken', failure: { kind: 'trap', message: 'unreachable', problems: [] } });
  await first;
  await turn();
  assert.equal(workers.length, 2);
  answerLast(workers[1]!, 'fine');
  assert.equal(await second, 'fine');
});

test('after dispose nothing is answered and no worker lives', async () => {
  const { prober, workers, ask } = proberOf();
  const first = assert.rejects(ask(1), { kind: 'cancelled' });
  await turn();
  const second = assert.rejects(ask(2), { kind: 'cancelled' });
  prober.dispose();
  await Promise.all([first, second, assert.rejects(ask(3), { kind: 'cancelled' })]);
  assert.equal(workers.length, 1);
  assert.equal(workers[0]?.terminated, true);
});

test('a program that does not load refuses the question, and is tried again', async () => {
  let tries = 0;
  const prober = new Prober('lab', {
    module: () => Promise.reject(new Error(`no connection ${++tries}`)),
    createWorker: () => new FakeWorker(),
  });
  await assert.rejects(prober.probe('lab/study', {}, 'edges', {}), /no connection 1/);
  await assert.rejects(prober.probe('lab/study', {}, 'edges', {}), /no connection 2/);
});
