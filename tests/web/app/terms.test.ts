import assert from 'node:assert/strict';
import test from 'node:test';
import { markTerms } from '../../../web/src/app/terms.js';

test('the first occurrence of each term is a piece, whole words only', () => {
  const pieces = markTerms('Bins split; a bin is calibrated, others miscalibrated.', ['calibrated', 'bin']);
  assert.deepEqual(pieces, [
    { text: 'Bins split; a ', term: -1 },
    { text: 'bin', term: 1 },
    { text: ' is ', term: -1 },
    { text: 'calibrated', term: 0 },
    { text: ', others miscalibrated.', term: -1 },
  ]);
});

test('any case, signs taken literally, terms inside others left alone', () => {
  assert.deepEqual(markTerms('Base rate (p)', ['base rate', 'rate', '(p)']), [
    { text: 'Base rate', term: 0 },
    { text: ' ', term: -1 },
    { text: '(p)', term: 2 },
  ]);
  assert.deepEqual(markTerms('nothing', ['bin']), [{ text: 'nothing', term: -1 }]);
});
