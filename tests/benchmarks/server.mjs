// Requests a second of `reprise serve`, asked by wrk on the same machine.
import { execFileSync } from 'node:child_process';
import { startServer } from '../e2e/harness.mjs';
import { median } from './measure.mjs';
import { places } from './places.mjs';

const paths = [
  'api/v1/health',
  'api/v1/studies',
  'api/v1/studies/recalibration/optimal-bins',
  'labs/recalibration/',
];

/** null when wrk is not installed. */
export async function measureServer() {
  try {
    execFileSync('which', ['wrk'], { stdio: 'ignore' });
  } catch {
    return null;
  }
  const server = await startServer({ site: places.site });
  const rows = [];
  for (const path of paths) {
    const body = Buffer.from(await (await fetch(server.url + path)).arrayBuffer());
    const answers = [];
    for (let round = 0; round < 5; round += 1) {
      const output = execFileSync('wrk', ['-t1', '-c16', '-d3s', '--latency', server.url + path], {
        encoding: 'utf8',
      });
      answers.push({
        rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(output)[1]),
        p99: /99%\s+(\S+)/.exec(output)[1],
        errors: /Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1] ?? '0',
      });
    }
    rows.push({
      path: `/${path}`,
      bytes: body.length,
      rate: median(answers.map(({ rate }) => rate)),
      p99: answers[0].p99,
      errors: answers.reduce((sum, { errors }) => sum + Number(errors), 0),
    });
  }
  await server.stop();
  return { rows };
}
