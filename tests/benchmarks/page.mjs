// docs/performance.md from the parts' results. A row with a goal says whether it is met; what a miss is due to stands in
// notes.json.

function number(value, digits = 3) {
  if (value === null || value === undefined) return '–';
  if (value !== 0 && Math.abs(value) < 0.001) return value.toExponential(1);
  return String(Number(value.toPrecision(digits)));
}

function seconds(value) {
  if (value === null || value === undefined) return '–';
  return value < 0.0009995 ? `${number(value * 1e6)} µs` : value < 0.9995 ? `${number(value * 1000)} ms` : `${number(value)} s`;
}

/** "1.62 (1.40–1.80)" */
function withSpread(value, show = number) {
  return `${show(value.median)} (${show(value.low)}–${show(value.high)})`;
}

/** Predicted and measured agree, or both are too short to matter. */
function isWithin({ predicted, seconds: measured, ratio }, factor) {
  return (ratio >= 1 / factor && ratio <= factor) || (predicted < 0.1 && measured.median < 0.1);
}

function table(head, align, rows) {
  const lines = [head, align.map((side) => (side === 'r' ? '---:' : '---')), ...rows];
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}

function verdictsText({ holds, total, differ }, verdict) {
  const same = verdict(differ.length === 0);
  return `${holds} of ${total}${differ.length === 0 ? ', as natively' : `; differ from native: ${differ.join(', ')} ${same}`}`;
}

export function performancePage(results, notes) {
  const goals = { met: 0, wanted: 0 };
  const verdict = (met) => {
    goals.wanted += 1;
    if (met) goals.met += 1;
    return met ? 'yes' : '**no**';
  };
  /** Both times, their ratio, what is wanted of it and whether it is met; a row without a goal is only shown. */
  const compared = ({ seconds: ours, other_seconds: others, ratio, wanted }) => [
    withSpread(ours, seconds),
    withSpread(others, seconds),
    withSpread(ratio),
    wanted === null ? '–' : `≥ ${wanted}`,
    wanted === null ? '' : verdict(ratio.median >= wanted),
  ];
  const sections = [];
  const section = (part, title, text) => {
    const result = results[part];
    if (!result) return;
    const when = `Measured ${result.date}, commit ${result.machine.commit}, load of the machine before: ${number(result.load)}.`;
    const note = notes[part] ? `\n${notes[part].join('\n\n')}\n` : '';
    sections.push(`## ${title}\n\n${text(result)}\n${when}\n${note}`);
  };

  section('peers', 'The library against NumPy and scikit-learn', ({ rows, versions, bins, rows_of_data }) => {
    const lines = rows.map((row) => [
      row.what,
      row.with,
      ...compared(row),
    ]);
    return (
      `${rows_of_data.toLocaleString('en')} rows (scores uniform on [0, 1], labels by the model logistic44), one thread each, ` +
      `both sides alive and taking turns ${rows[0].rounds} times. B = ${bins.join(', ')}. ` +
      `NumPy ${versions.numpy}, scikit-learn ${versions['scikit-learn']}, Python ${versions.python}. ` +
      'The results are compared, not only the times. “Faster” is the median of the ratios round by round (smallest–largest).\n\n' +
      table(
        ['what', 'peer', 'Reprise', 'peer takes', 'faster', 'wanted', 'met'],
        ['l', 'l', 'r', 'r', 'r', 'r', 'l'],
        lines,
      )
    );
  });

  section('tensor', 'The tensor engine against PyTorch and TensorFlow.js', ({ rows, versions }) => {
    const lines = rows.map((row) => [
      row.what,
      row.ours,
      row.other,
      ...compared(row),
    ]);
    return (
      `One thread, float32, all sides alive and taking turns ${rows[0].rounds} times. PyTorch ${versions.torch} as Debian ` +
      `builds it (products by OpenBLAS), TensorFlow.js ${versions.tfjs} with its WebAssembly backend (SIMD). Native is the ` +
      'fastest instruction set of this machine. “Ratio” is the other’s time over ours.\n\n' +
      table(
        ['work', 'Reprise', 'other', 'Reprise takes', 'other takes', 'ratio', 'wanted', 'met'],
        ['l', 'l', 'l', 'r', 'r', 'r', 'r', 'l'],
        lines,
      )
    );
  });

  section('clustering', 'k-means against scikit-learn', ({ rows, versions, rows_of_data }) => {
    const lines = rows.map((row) => [
      row.what,
      row.ours,
      row.other,
      ...compared(row),
    ]);
    return (
      `${rows_of_data.toLocaleString('en')} points in 32 dimensions, 64 overlapping groups, k = 64, double precision, from the ` +
      `same start for the same number of iterations; both sides alive and taking turns ${rows[0].rounds} times. scikit-learn ` +
      `${versions['scikit-learn']}, NumPy ${versions.numpy}. Work on two threads is timed by the clock on the wall, so an idle ` +
      'machine is needed. The losses are compared, not only the times: they agree to 1e-9 with scikit-learn and in every bit ' +
      'between WebAssembly and native (starts draw other random numbers: within 5 % of scikit-learn’s). “Ratio” is the ' +
      'other’s time over ours.\n\n' +
      table(
        ['work', 'Reprise', 'other', 'Reprise takes', 'other takes', 'ratio', 'wanted', 'met'],
        ['l', 'l', 'l', 'r', 'r', 'r', 'r', 'l'],
        lines,
      )
    );
  });

  section('markov', 'Exact laws of a noise process against NumPy', ({ rows, versions, what }) => {
    const lines = rows.map((row) => [
      row.ours,
      row.other,
      ...compared(row),
    ]);
    return (
      `${what}, one thread, written to memory that is there before the clock starts; all sides alive and taking turns ` +
      `${rows[0].rounds} times. NumPy ${versions.numpy}, SciPy ${versions.scipy}. The laws are compared, not only the ` +
      'times. Native is what the exact core is compiled for, baseline x86-64 (SSE2). “Ratio” is the other’s time over ours.\n\n' +
      table(
        ['Reprise', 'other', 'Reprise takes', 'other takes', 'ratio', 'wanted', 'met'],
        ['l', 'l', 'r', 'r', 'r', 'r', 'l'],
        lines,
      )
    );
  });

  section('wasm', 'WebAssembly against the native program', ({ rows }) => {
    const lines = rows.map((row) => [
      row.study,
      row.preset,
      ...compared(row),
      row.same_bytes ? 'yes' : '**no**',
    ]);
    return (
      'One thread each, whole studies from plan to report; WebAssembly in V8 (node), native as it ships: baseline x86-64, ' +
      'which is what the exact core is compiled for. “Speed” is native seconds over WebAssembly seconds.\n\n' +
      table(
        ['study', 'preset', 'WebAssembly', 'native', 'speed', 'wanted', 'met', 'same bytes'],
        ['l', 'l', 'r', 'r', 'r', 'r', 'l', 'l'],
        lines,
      )
    );
  });

  section('browser', 'Runs in Chromium', ({ rows, within }) => {
    const lines = rows.map((row) => [
      row.study,
      row.preset,
      seconds(row.predicted),
      withSpread(row.seconds, seconds),
      number(row.ratio),
      verdict(isWithin(row, within)),
      `≤ ${row.limit} s`,
      verdict(row.seconds.median <= row.limit),
      row.verdicts ? verdictsText(row.verdicts, verdict) : '',
    ]);
    return (
      `Two workers, as the page runs them. “Ratio” is measured over predicted before any run has taught the engine anything; ` +
      `wanted is within a factor of ${within} (or both below 0.1 s). Claims are those of seed 1, beside the native verdicts in claims.json. Recalibration’s \`my-scores\` reads 10⁴ rows at \`widget\`, 10⁶ rows with two folds at \`browser\`.\n\n` +
      table(
        ['study', 'preset', 'predicted', 'measured', 'ratio', 'within 3', 'limit', 'met', 'claims that hold'],
        ['l', 'l', 'r', 'r', 'r', 'l', 'r', 'l', 'l'],
        lines,
      )
    );
  });

  section('estimates', 'The cost model on the native program', ({ rows, within }) => {
    const lines = rows.map((row) => [
      row.study,
      row.preset,
      seconds(row.predicted),
      row.seconds === null ? 'not run (over two minutes)' : withSpread(row.seconds, seconds),
      number(row.ratio),
      row.ratio === null ? '' : verdict(isWithin(row, within)),
    ]);
    return (
      'One thread. Predicted from the study’s estimate and five speeds that are measured at the start.\n\n' +
      table(
        ['study', 'preset', 'predicted', 'measured', 'ratio', 'within 3'],
        ['l', 'l', 'r', 'r', 'r', 'l'],
        lines,
      )
    );
  });

  section('start-up', 'Start-up', ({ rows }) => {
    const lines = rows.map((row) => [
      row.page,
      withSpread(row.picture, seconds),
      `≤ ${row.wanted} s`,
      verdict(row.picture.median <= row.wanted),
      withSpread(row.finished, seconds),
    ]);
    return (
      'From the navigation to the first picture drawn from data, Chromium with an empty cache, `reprise serve` on this machine.\n\n' +
      table(
        ['page', 'first picture', 'wanted', 'met', 'widget run finished'],
        ['l', 'r', 'r', 'l', 'r'],
        lines,
      )
    );
  });

  section('sizes', 'What is sent', ({ rows }) => {
    const lines = rows.map((row) => [
      `\`${row.name}\``,
      `${number(row.kilobytes, 4)} kB`,
      row.budget === null ? '–' : `≤ ${row.budget} kB`,
      row.budget === null ? '' : verdict(row.kilobytes <= row.budget),
    ]);
    return `gzip; a page counts its scripts, its worker and every style.\n\n${table(['what', 'size', 'budget', 'met'], ['l', 'r', 'r', 'l'], lines)}`;
  });

  section('units', 'Compile time of single files', ({ builds, limit }) =>
    builds
      .map(({ build, units, over, slowest }) => {
        const lines = slowest.map((row) => [`\`${row.unit}\``, seconds(row.seconds)]);
        const count = `${build}: ${units} files, ${over} over ${limit} s of user time (goal met: ${verdict(over === 0)}). The slowest ten, compiled again:`;
        return `${count}\n\n${table(['file', 'time'], ['l', 'r'], lines)}`;
      })
      .join('\n'),
  );

  section('builds', 'Whole builds', ({ rows }) => {
    const lines = rows.map((row) => [
      row.build,
      seconds(row.whole),
      `≤ ${row.limit} s`,
      verdict(row.whole <= row.limit),
      seconds(row.again),
    ]);
    return `From nothing, two jobs; and once more when nothing has changed.\n\n${table(['build', 'from nothing', 'wanted', 'met', 'again'], ['l', 'r', 'r', 'l', 'r'], lines)}`;
  });

  section('server', 'Requests a second', ({ rows }) => {
    const lines = rows.map((row) => [
      `\`${row.path}\``,
      number(row.bytes, 6),
      number(row.rate, 3),
      row.p99,
      String(row.errors),
    ]);
    return (
      '`wrk -t1 -c16` on the same machine as `reprise serve`, median of five.\n\n' +
      table(['path', 'bytes', 'requests/s', '99 % within', 'errors'], ['l', 'r', 'r', 'r', 'r'], lines)
    );
  });

  const [any] = Object.values(results);
  const { machine } = any ?? {};
  const about = machine
    ? `${machine.processor}, ${machine.cores} cores, ${machine.memory_gigabytes} GB, ${machine.system}; ` +
      `${machine.compiler}; ${machine.emscripten}; node ${machine.node}; ${machine.chromium}.`
    : '';
  const text =
    '# Performance\n\n' +
    'Written by `scripts/bench`; nothing here is a test. Ratios come from one sitting in which both sides take turns; ' +
    'medians with the smallest and largest value. Work on one thread is measured in processor seconds, so that what else ' +
    'the machine does counts little; pages and servers are measured by the wall clock.\n\n' +
    `Machine: ${about}\n\n${goals.met} of ${goals.wanted} goals are met.\n\n` +
    sections.join('\n');
  return { text: text.replace(/\n{3,}/g, '\n\n'), met: goals.met, wanted: goals.wanted };
}
