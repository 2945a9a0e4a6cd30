// Writes example_log.cpp: the log that log-audit reads when no file is given. The same bytes for the same program.
//   node core/labs/slingshot/make_example_log.mjs build/native/reprise
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const program = process.argv[2] ?? 'build/native/reprise';
const arm = 'float16:log_softmax';
const settings = ['run', 'slingshot/loss-spikes', '--preset', 'widget', '--seed', '0', '--set', 'log_every=1', '--json'];
const report = JSON.parse(execFileSync(program, settings, { maxBuffer: 1e9 }).toString());

// names of the trace → name in the log, significant digits
const columns = {
  step: ['step', 6],
  true_loss: ['loss', 5],
  absorbed: ['absorbed', 4],
  zero_sum_defect: ['zero_sum_defect', 3],
  w_mean_norm: ['w_mean_norm', 5],
  h_mean_norm: ['h_mean_norm', 4],
  cosine: ['cosine', 4],
  median_margin: ['median_margin', 4],
};
const trace = report.tables.trace;
const place = (name) => trace.columns.indexOf(name);
const rows = trace.rows.filter((row) => row[place('arm')] === arm && row[place('repeat')] === 0);
const cells = (row) =>
  Object.entries(columns).map(([name, [, digits]]) => Number(Number(row[place(name)]).toPrecision(digits)));
const lines = [
  Object.values(columns).map(([name]) => name).join(','),
  ...rows.map((row) => cells(row).join(',')),
];

writeFileSync(
  fileURLToPath(new URL('example_log.cpp', import.meta.url)),
  `// Written by make_example_log.mjs.
#include "labs/slingshot/example_log.h"

namespace reprise::slingshot {

std::string_view example_log() {
  return R"csv(${lines.join('\n')}
)csv";
}

}  // namespace reprise::slingshot
`,
);
