// Writes the example files of web/pages/samples: simulated, the same bytes on every machine.
//   node web/scripts/make-samples.mjs
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './paths.mjs';

/** Uniform numbers in [0, 1): Park and Miller's generator, exact in doubles. */
function uniform(seed) {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/**
 * 2,000 scores of an overconfident classifier: logits are normal around ∓1.2, the score shows 1.8 times the true
 * logit less 0.3, as a network that was trained too long on another share of classes.
 */
function overconfidentScores() {
  const random = uniform(20230518);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const lines = ['score,label'];
  for (let row = 0; row < 2000; ++row) {
    const label = random() < 0.4 ? 1 : 0;
    const x = (label === 1 ? 1.2 : -1.2) + normal();
    const truth = 2 * 1.2 * x + Math.log(0.4 / 0.6);
    const score = 1 / (1 + Math.exp(-(1.8 * truth - 0.3)));
    lines.push(`${Math.min(Math.max(score, 0.0001), 0.9999).toFixed(4)},${label}`);
  }
  return lines.join('\n') + '\n';
}

const samples = { 'recalibration/scores.csv': overconfidentScores() };
for (const [name, text] of Object.entries(samples)) {
  const path = join(root, 'web/pages/samples', name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
