import assert from 'node:assert/strict';
import test from 'node:test';
import { chooseEngine } from '../../../web/src/engines/choice.js';
import type { Prediction } from '../../../web/src/engines/engine.js';

function prediction(seconds: number | null, other: Partial<Prediction> = {}): Prediction {
  return { seconds, workers: 2, memory_bytes: 1e6, queue: 0, reason: '', ...other };
}
const nothingToSend = { uploadBytes: 0, uploadBytesPerSecond: 1e6 };

test('a small run stays in the browser, a large one goes to the server', () => {
  const small = chooseEngine({ browser: prediction(1.2), server: prediction(0.9), ...nothingToSend });
  assert.equal(small.engine, 'browser');
  assert.equal(small.reason, 'The server would hardly be faster.');
  const large = chooseEngine({ browser: prediction(120), server: prediction(10), ...nothingToSend });
  assert.equal(large.engine, 'server');
  assert.equal(large.reason, 'The server is 12 times as fast.');
  assert.deepEqual(
    large.offers.map(({ text }) => text),
    ['≈ 2 min', '≈ 10 s'],
  );
});

test('what the browser cannot hold goes to the server, and the reason has the numbers', () => {
  const choice = chooseEngine({
    browser: prediction(null, { reason: 'needs 6 GB; this tab has 2 GB' }),
    server: prediction(300, { queue: 2 }),
    ...nothingToSend,
  });
  assert.equal(choice.engine, 'server');
  assert.equal(choice.reason, 'It needs 6 GB; this tab has 2 GB.');
  assert.equal(choice.offers[1]?.text, '≈ 5 min (2 jobs ahead)');
});

test('sending the data counts', () => {
  const choice = chooseEngine({
    browser: prediction(20),
    server: prediction(2),
    uploadBytes: 100e6,
    uploadBytesPerSecond: 2e6,
  });
  assert.equal(choice.engine, 'browser');
  assert.equal(choice.reason, 'Sending 100 MB would take longer than it saves.');
  assert.equal(choice.offers[1]?.text, '≈ 52 s (50 s to send your data)');
  assert.equal(choice.offers[1]?.seconds, 52);
});

test('the visitor decides, unless it is impossible', () => {
  const both = { browser: prediction(1), server: prediction(100), ...nothingToSend };
  assert.equal(chooseEngine({ ...both, wanted: 'server' }).engine, 'server');
  const lost = chooseEngine({
    browser: prediction(null, { reason: 'needs 6 GB; this tab has 2 GB' }),
    server: prediction(100),
    ...nothingToSend,
    wanted: 'browser',
  });
  assert.equal(lost.engine, 'server');
  assert.match(lost.reason, /^The browser cannot run this: needs 6 GB; this tab has 2 GB\. /);
});

test('without a server there is one offer; with nothing possible there is none to take', () => {
  const alone = chooseEngine({ browser: prediction(3), server: null, ...nothingToSend });
  assert.equal(alone.engine, 'browser');
  assert.equal(alone.reason, 'This page has no server.');
  assert.equal(alone.offers.length, 1);
  const none = chooseEngine({
    browser: prediction(null, { reason: 'needs 6 GB; this tab has 2 GB' }),
    server: null,
    ...nothingToSend,
  });
  assert.equal(none.engine, null);
  assert.equal(none.reason, 'This run needs 6 GB; this tab has 2 GB.');
  const refused = chooseEngine({
    browser: prediction(1),
    server: prediction(null, { reason: 'the server gave no estimate' }),
    ...nothingToSend,
  });
  assert.equal(refused.engine, 'browser');
});
