import assert from 'node:assert/strict';
import test from 'node:test';
import { embedCode } from '../../../web/src/app/embed-code.js';
import { readLook } from '../../../web/src/app/widget-look.js';

const isColour = (text: string): boolean => /^(#[0-9a-f]{3,8}|white)$/.test(text);

test('the frame quotes its address and its title', () => {
  const code = embedCode('How "many" <bins>?', 'https://a.example/embed/x/y/#seed=1&set.mu=3');
  assert.match(code, /^<iframe src="https:\/\/a\.example\/embed\/x\/y\/#seed=1&amp;set\.mu=3"/);
  assert.match(code, /title="How &quot;many&quot; &lt;bins&gt;\?"/);
  assert.match(code, /<\/iframe>\n<script>/);
  assert.match(code, /'reprise:height'[^]*frame\.height = data\.height[^]*<\/script>$/);
});

test('theme and colours come from the address, anything else does not', () => {
  const look = readLook(
    new URLSearchParams('theme=dark&accent=%23a03000&background=white&ink=url(x)&font=serif'),
    isColour,
  );
  assert.equal(look.theme, 'dark');
  assert.deepEqual(look.properties, [
    ['--reprise-background', 'white'],
    ['--reprise-accent', '#a03000'],
  ]);
  assert.equal(readLook(new URLSearchParams('theme=pink'), isColour).theme, null);
});
