import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { loadAsset } from '../../../web/src/engines/browser/assets.js';
import type { WorkerClient } from '../../../web/src/engines/browser/worker-client.js';
import type { RunError } from '../../../web/src/engines/engine.js';
import type { AssetInfo } from '../../../web/src/model/contract.js';

/** A desk that hashes as the core does. */
const desk = {
  ask: async (name: string, { file }: { file: File }) => {
    assert.equal(name, 'hash');
    return createHash('sha256')
      .update(new Uint8Array(await file.arrayBuffer()))
      .digest('hex');
  },
} as unknown as WorkerClient;

function assetOf(text: string, bytes = text.length): AssetInfo {
  return { name: 'letters', bytes, sha256: createHash('sha256').update(text).digest('hex') };
}

/** Answers fetch with `answer` and keeps the addresses that were asked for. */
function answering(answer: () => Response | Promise<Response>): string[] {
  const asked: string[] = [];
  globalThis.fetch = (url) => {
    asked.push(String(url instanceof Request ? url.url : url));
    return Promise.resolve(answer());
  };
  return asked;
}

function inPieces(...pieces: string[]): Response {
  const encoder = new TextEncoder();
  return new Response(
    new ReadableStream({
      start(stream) {
        for (const piece of pieces) stream.enqueue(encoder.encode(piece));
        stream.close();
      },
    }),
  );
}

test('an asset is fetched once under the name of its content, and its progress is told', async () => {
  const asset = assetOf('abcdef');
  const asked = answering(() => inPieces('abcd', 'ef'));
  const heard: number[][] = [];
  const tell = (name: string, received: number, bytes: number): void => {
    assert.equal(name, 'letters');
    heard.push([received, bytes]);
  };
  const [first, second] = await Promise.all([loadAsset(desk, asset, tell), loadAsset(desk, asset, tell)]);
  assert.equal(await first.text(), 'abcdef');
  assert.equal(second, first);
  assert.equal(await loadAsset(desk, asset, tell), first);
  // sha256 of "abcdef" begins with bef57ec7f5
  assert.match(asked.join(' '), /^\S+\/assets\/letters-bef57ec7f5\.bin$/);
  assert.deepEqual(heard, [
    [0, 6],
    [4, 6],
    [6, 6],
  ]);
});

test('what goes wrong is a sentence, and the next run tries again', async () => {
  const asset = assetOf('good bytes');
  const fails = (why: RegExp): Promise<void> =>
    assert.rejects(
      loadAsset(desk, asset, () => undefined),
      (error: RunError) => error.kind === 'network' && why.test(error.message),
    );
  answering(() => new Response('', { status: 404 }));
  await fails(/data set “letters”.*status 404/);
  answering(() => Promise.reject(new TypeError('fetch failed')));
  await fails(/no connection/);
  answering(() => inPieces('good'));
  await fails(/4 of 10 bytes arrived/);
  answering(() => inPieces('evil bytes'));
  await fails(/damaged/);
  answering(() => inPieces('good bytes'));
  assert.equal(await (await loadAsset(desk, asset, () => undefined)).text(), 'good bytes');
});
