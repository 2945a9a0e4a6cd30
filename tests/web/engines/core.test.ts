import assert from 'node:assert/strict';
import test from 'node:test';
import { CoreError, failureOf, ownBytes, unwrap } from '../../../web/src/engines/browser/core.js';
import { runErrorOf } from '../../../web/src/engines/browser/worker-client.js';

test('an envelope gives its content or throws what the core said', () => {
  assert.deepEqual(unwrap('{"ok": [1, 2]}'), [1, 2]);
  const problem = { key: 'n', value: '0', allowed: '1…10', message: 'n is 0' };
  assert.throws(
    () => unwrap(JSON.stringify({ error: { kind: 'input', message: 'n is 0', problems: [problem] } })),
    (error) => error instanceof CoreError && error.failure.problems[0]?.key === 'n',
  );
});

test('running out of memory is recognised in all its forms', () => {
  const forms = [
    'std::bad_alloc',
    'Array buffer allocation failed',
    'Cannot enlarge memory arrays',
    'Aborted(OOM)',
  ];
  for (const message of forms) assert.equal(failureOf(new RangeError(message)).kind, 'memory', message);
  assert.equal(failureOf(new Error('memory access out of bounds')).kind, 'trap');
  assert.throws(
    () => unwrap('{"error": {"kind": "internal", "message": "std::bad_alloc", "problems": []}}'),
    (error) => error instanceof CoreError && error.failure.kind === 'memory',
  );
});

test('every failure becomes a sentence', () => {
  for (const kind of ['input', 'internal', 'read', 'memory', 'trap'] as const) {
    const error = runErrorOf({ kind, message: 'Something.', problems: [] });
    assert.match(error.message, /^[A-Z].*\.$/);
  }
});

test('bytes that are a view are copied, whole buffers are not', () => {
  const buffer = new Uint8Array([1, 2, 3, 4]).buffer;
  assert.equal(ownBytes(new Uint8Array(buffer)), buffer);
  const part = ownBytes(new Uint8Array(buffer, 1, 2));
  assert.notEqual(part, buffer);
  assert.deepEqual([...new Uint8Array(part)], [2, 3]);
});
