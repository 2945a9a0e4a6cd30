// Writes scores.csv: 400 over-confident scores, P(label = 1 | score) = 0.2 + 0.6 score, from the generator of
// Park and Miller (1988).   node tests/e2e/data/make_scores.mjs > tests/e2e/data/scores.csv
let state = 20230526;
function uniform() {
  state = (state * 48271) % 2147483647;
  return state / 2147483647;
}
console.log('score,label');
for (let i = 0; i < 400; ++i) {
  const score = Number(uniform().toFixed(6));
  console.log(`${score},${uniform() < 0.2 + 0.6 * score ? 1 : 0}`);
}
