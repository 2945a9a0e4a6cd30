import assert from 'node:assert/strict';
import test from 'node:test';
import type { ServerEvent } from '../../../web/src/engines/server/sse.js';
import { EventParser } from '../../../web/src/engines/server/sse.js';

function parse(pieces: string[]): ServerEvent[] {
  const events: ServerEvent[] = [];
  const parser = new EventParser((event) => events.push(event));
  for (const piece of pieces) parser.push(piece);
  return events;
}

// the examples of the HTML standard, section 9.2.6
test('data of several lines, ids, comments', () => {
  assert.deepEqual(parse(['data: YHOO\ndata: +2\ndata: 10\n\n']), [
    { id: '', event: 'message', data: 'YHOO\n+2\n10' },
  ]);
  const text = ': test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n';
  assert.deepEqual(parse([text]), [
    { id: '1', event: 'message', data: 'first event' },
    { id: '', event: 'message', data: 'second event' },
    { id: '', event: 'message', data: ' third event' },
  ]);
  assert.deepEqual(
    parse(['data\n\ndata\ndata\n\ndata:']).map(({ data }) => data),
    ['', '\n'],
  );
});

test('a stream cut anywhere, with any line ends, gives the same events', () => {
  for (const end of ['\n', '\r\n', '\r']) {
    const text = [
      'id: 7',
      'event: progress',
      'data: {"job": "ä"}',
      '',
      ': beat',
      'event: x',
      'data: 2',
      '',
      '',
    ].join(end);
    const whole = parse([text + (end === '\r' ? '\n' : '')]);
    assert.deepEqual(whole, [
      { id: '7', event: 'progress', data: '{"job": "ä"}' },
      { id: '7', event: 'x', data: '2' },
    ]);
    for (let cut = 0; cut <= text.length; ++cut) {
      assert.deepEqual(parse([text.slice(0, cut), '', text.slice(cut) + (end === '\r' ? '\n' : '')]), whole);
    }
  }
});
