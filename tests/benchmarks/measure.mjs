// Measuring by turns: programs that stay alive and answer a line with a line, rounds in which everything that is
// compared runs once, medians with their spread.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** At least this many rounds stand behind every ratio. */
export const rounds = Number(process.env.BENCH_ROUNDS ?? 7);

/** A program that speaks the line protocol of line_protocol.h; {ask(request), stop()}. */
export function startProgram(command, ...words) {
  const child = spawn(command, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting = [];
  let ended = null;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { ok, error } = JSON.parse(line);
    const { resolve, reject } = waiting.shift();
    if (error === undefined) resolve(ok);
    else reject(new Error(error));
  });
  child.on('error', (error) => waiting.splice(0).forEach(({ reject }) => reject(error)));
  child.on('exit', (code) => {
    ended = new Error(`${command} ${words.join(' ')} ended with ${code}`);
    waiting.splice(0).forEach(({ reject }) => reject(ended));
  });
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended);
        waiting.push({ resolve, reject });
        return child.stdin.write(`${JSON.stringify(request)}\n`);
      }),
    stop: () => child.stdin.end(),
  };
}

/** Every entry of `sides` (name: async () => {seconds, …}) once a round; {name: [answers]}. The order turns around. */
export async function alternate(sides, count = rounds) {
  const answers = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
  for (let round = -1; round < count; round += 1) {
    const names = Object.keys(sides);
    if (round % 2 !== 0) names.reverse();
    for (const name of names) {
      const answer = await sides[name]();
      if (round >= 0) answers[name].push(answer); // the first one warms up
    }
  }
  return answers;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** {median, low, high}: the smallest and largest are the spread. */
export function spread(values) {
  return { median: median(values), low: Math.min(...values), high: Math.max(...values) };
}

/** Seconds of one side, and `other` over `one` round by round. */
export function comparison(one, other) {
  return {
    seconds: spread(one.map(({ seconds }) => seconds)),
    other_seconds: spread(other.map(({ seconds }) => seconds)),
    ratio: spread(one.map(({ seconds }, round) => other[round].seconds / seconds)),
    rounds: one.length,
  };
}
