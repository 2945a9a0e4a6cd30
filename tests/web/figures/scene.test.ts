import assert from 'node:assert/strict';
import test from 'node:test';
import { figureTable, csvText } from '../../../web/src/figures/figure-table.js';
import { lightTheme } from '../../../web/src/figures/palette.js';
import { svgText } from '../../../web/src/figures/paint.js';
import { clipped } from '../../../web/src/figures/reference.js';
import { scene } from '../../../web/src/figures/scene.js';
import type { Scene, Shape, TextShape } from '../../../web/src/figures/shapes.js';
import { fillTemplate, figureTitle } from '../../../web/src/figures/title.js';
import { bins, risk, sampleFigure, sampleReport, samples } from './sample.js';

const options = { width: 640, height: 400, theme: lightTheme };
const lineMark = { kind: 'line', table: 'risks', x: 'bins', y: 'risk_median', group: 'n' } as const;

function texts(drawn: Scene): string[] {
  return drawn.shapes.filter((shape): shape is TextShape => shape.kind === 'text').map((shape) => shape.text);
}
function ofKind<K extends Shape['kind']>(drawn: Scene, kind: K): Extract<Shape, { kind: K }>[] {
  return drawn.shapes.filter((shape): shape is Extract<Shape, { kind: K }> => shape.kind === kind);
}
const dataLines = (drawn: Scene) => ofKind(drawn, 'line').filter((line) => line.clipped);

test('a log–log line has the coordinates that its numbers say', () => {
  const drawn = scene(sampleFigure([lineMark]), sampleReport(), options);
  const lines = dataLines(drawn);
  assert.equal(lines.length, samples.length);
  const { inner, memory } = drawn;
  const [x0, x1] = memory.x!;
  const [y0, y1] = memory.y!;
  const share = (value: number, low: number, high: number) => Math.log(value / low) / Math.log(high / low);
  const last = lines.at(-1)!; // n = 30000 has all bins
  bins.forEach((b, k) => {
    const [x, y] = last.points[k]!;
    assert.ok(Math.abs(x - (inner.x + inner.width * share(b, x0, x1))) < 1e-6);
    assert.ok(Math.abs(y - (inner.y + inner.height * (1 - share(risk(30000, b), y0, y1)))) < 1e-6);
  });
});

test('a long legend makes a figure higher instead of its plot flatter', () => {
  const small = { width: 320, height: 280, theme: lightTheme };
  const drawn = scene(
    sampleFigure([{ ...lineMark, label: 'a rather long name for n' }]),
    sampleReport(),
    small,
  );
  assert.ok(drawn.height > 280 && drawn.plot.height >= 190, `${drawn.height}, plot ${drawn.plot.height}`);
  assert.equal(scene(sampleFigure([lineMark]), sampleReport(), options).height, 400);
});

test('a miniature without room for every name leaves some out and has no legend', () => {
  const marks = [{ kind: 'band', table: 'risks', x: 'bins', low: 'risk_low', high: 'risk_high' } as const];
  const tiny = { width: 300, height: 170, theme: lightTheme, compact: true };
  const drawn = scene(sampleFigure([...marks, lineMark, lineMark]), sampleReport(), tiny);
  assert.ok(drawn.plot.y < 60, 'the plot begins below at most one row of a legend');
  assert.ok(texts(drawn).filter((text) => text.startsWith('n = ')).length <= 5);
});

test('bands of one meaning share an entry of the legend, with both colours', () => {
  const band = { kind: 'band', series: 'best', label: '10–90 % of the seeds' } as const;
  const drawn = scene(sampleFigure([band, band]), sampleReport(), options);
  assert.equal(texts(drawn).filter((text) => text === '10–90 % of the seeds').length, 1);
  const swatches = ofKind(drawn, 'rect').filter(({ height }) => height === 10);
  assert.equal(swatches.length, new Set(swatches.map(({ fill }) => fill)).size);
  assert.equal(
    swatches.reduce((sum, { width }) => sum + width, 0),
    18,
  );
});

test('every group is named at its end and has its own colour', () => {
  const drawn = scene(sampleFigure([lineMark]), sampleReport(), options);
  for (const n of ['300', '1000', '3000', '10\u202f000', '30\u202f000']) {
    assert.ok(texts(drawn).includes(`n = ${n}`), texts(drawn).join('|'));
  }
  assert.equal(new Set(dataLines(drawn).map((line) => line.color)).size, 5);
});

test('a line that runs to the left is named at its right end', () => {
  const report = sampleReport();
  report.series.falling = { x: [1000, 100, 10], y: [0.1, 0.02, 0.01] };
  const drawn = scene(sampleFigure([{ kind: 'line', series: 'falling', label: 'falling' }]), report, options);
  const name = ofKind(drawn, 'text').find(({ text }) => text === 'falling')!;
  const [start] = dataLines(drawn)[0]!.points;
  assert.ok(
    name.at[0] > start![0] && Math.abs(name.at[1] - start![1]) < 1e-6,
    JSON.stringify([name.at, start]),
  );
});

test('names that would cover each other move apart, and become a legend when there is no room', () => {
  const drawn = scene(sampleFigure([lineMark]), sampleReport(), options);
  const names = ofKind(drawn, 'text').filter((text) => text.text.startsWith('n = '));
  for (const a of names) {
    for (const b of names) {
      if (a !== b && Math.abs(a.at[0] - b.at[0]) < 60) assert.ok(Math.abs(a.at[1] - b.at[1]) >= 13.9);
    }
  }
  const narrow = scene(sampleFigure([{ ...lineMark, label: 'a rather long name for n' }]), sampleReport(), {
    ...options,
    width: 320,
  });
  const rows = ofKind(narrow, 'text').filter((text) => text.text.startsWith('a rather long'));
  assert.equal(rows.length, 5);
  assert.ok(
    rows.every((row) => row.at[1] < narrow.plot.y),
    'all in the legend above the plot',
  );
});

test('many numeric groups are shades of one scale, named at both ends of the order', () => {
  const drawn = scene(
    sampleFigure([{ kind: 'line', table: 'risks', x: 'n', y: 'risk_median', group: 'bins' }]),
    sampleReport(),
    options,
  );
  const lines = dataLines(drawn);
  assert.equal(new Set(lines.map((line) => line.color)).size, bins.length);
  assert.equal(lines[0]?.color, '#440154');
  assert.ok(texts(drawn).includes('bins = 4') && texts(drawn).includes('bins = 256'));
});

test('a band of some rows has the colour of the group that it belongs to', () => {
  const band = {
    kind: 'band',
    table: 'risks',
    x: 'bins',
    low: 'risk_low',
    high: 'risk_high',
    filter: { column: 'n', value: 'max' },
  } as const;
  const drawn = scene(sampleFigure([band, lineMark]), sampleReport(), options);
  assert.equal(ofKind(drawn, 'area')[0]?.fill, dataLines(drawn).at(-1)?.color);
});

test('a value that is not a number leaves a gap in a line and nothing in points', () => {
  const line = scene(sampleFigure([{ kind: 'line', series: 'best' }]), sampleReport(), options);
  assert.deepEqual(
    dataLines(line).map((one) => one.points.length),
    [3],
  );
  assert.equal(ofKind(line, 'marker').length, 4);
  const points = scene(sampleFigure([{ kind: 'points', series: 'best' }]), sampleReport(), options);
  assert.equal(ofKind(points, 'marker').length, 4);
  assert.equal(dataLines(points).length, 4, 'one interval each');
  assert.ok(!JSON.stringify(points.shapes).includes('null'), 'no NaN reaches a painter');
});

test('band, line of the same table share a colour', () => {
  const drawn = scene(
    sampleFigure([
      {
        kind: 'band',
        table: 'risks',
        x: 'bins',
        low: 'risk_low',
        high: 'risk_high',
        filter: { column: 'n', value: 'max' },
        label: '10–90 % of 20 seeds',
      },
      {
        kind: 'line',
        table: 'risks',
        x: 'bins',
        y: 'risk_median',
        filter: { column: 'n', value: 'max' },
        label: 'risk',
      },
    ]),
    sampleReport(),
    options,
  );
  const [area] = ofKind(drawn, 'area');
  assert.equal(area?.points.length, 2 * bins.length);
  assert.equal(area.fill, dataLines(drawn)[0]?.color);
  assert.ok(texts(drawn).includes('10–90 % of 20 seeds'));
});

test('grouped bars stand side by side on names, from zero, and skip what is not a number', () => {
  const drawn = scene(
    sampleFigure([{ kind: 'bars', table: 'methods', x: 'method', y: 'brier', group: 'stage' }], {
      x: { label: 'method', unit: '', logarithmic: false },
      y: { label: 'Brier', unit: '', logarithmic: false },
    }),
    sampleReport(),
    options,
  );
  const bars = ofKind(drawn, 'rect').filter((rect) => rect.clipped);
  assert.equal(bars.length, 3);
  const floor = drawn.plot.y + drawn.plot.height;
  const height = (value: number) => (value / drawn.memory.y![1]) * drawn.inner.height;
  // drawn set by set: before (platt, uniform mass), after (platt)
  [0.2, 0.3, 0.1].forEach((value, k) => {
    assert.ok(Math.abs(bars[k]!.height - height(value)) < 1e-6);
    assert.ok(Math.abs(bars[k]!.y + bars[k]!.height - floor) < 1e-6);
  });
  assert.ok(bars[0]!.x + bars[0]!.width <= bars[2]!.x, 'before stands left of after');
  assert.ok(texts(drawn).includes('uniform mass'));
});

test('of many counted bars only some carry their number, and bars without a value take no room', () => {
  const report = sampleReport();
  const steps = Array.from({ length: 32 }, (_, step) => step);
  report.series.terms = { x: steps, y: steps };
  report.series.none = { x: steps, y: steps.map(() => 0) };
  const bars = (series: string) => ({ kind: 'bars', series, label: series }) as const;
  const small = { width: 360, height: 280, theme: lightTheme };
  const drawn = scene(sampleFigure([bars('terms'), bars('none')]), report, small);
  const numbers = ofKind(drawn, 'text').filter(
    ({ text, at }) => /^\d+$/.test(text) && at[1] > drawn.plot.y + 150,
  );
  assert.ok(numbers.length >= 6 && numbers.length <= 16, numbers.map(({ text }) => text).join(' '));
  assert.ok(numbers.every(({ turn }) => turn === undefined));
  const alone = scene(sampleFigure([bars('terms')]), report, small);
  const width = (shown: Scene) => ofKind(shown, 'rect').filter((rect) => rect.clipped)[0]!.width;
  assert.equal(width(drawn), width(alone));
  assert.ok(!texts(drawn).includes('none'));
});

test('bars on a logarithmic axis start at its floor', () => {
  const drawn = scene(
    sampleFigure([{ kind: 'bars', table: 'methods', x: 'method', y: 'brier', group: 'stage' }], {
      x: { label: 'method', unit: '', logarithmic: false },
    }),
    sampleReport(),
    options,
  );
  const floor = drawn.plot.y + drawn.plot.height;
  for (const bar of ofKind(drawn, 'rect').filter((rect) => rect.clipped)) {
    assert.ok(Math.abs(bar.y + bar.height - floor) < 1e-6);
  }
});

test('a heat map has one cell a number and a colour legend', () => {
  const figure = sampleFigure([{ kind: 'heat', grid: 'valley' }], {
    y: { label: 'labels n', unit: '', logarithmic: true },
    color: { label: 'risk', unit: '', logarithmic: true },
  });
  const drawn = scene(figure, sampleReport(), options);
  const cells = ofKind(drawn, 'rect').filter((rect) => rect.clipped);
  assert.equal(cells.length, samples.flatMap((n) => bins.filter((b) => b <= n / 2)).length);
  assert.ok(cells.every((cell) => /^#[0-9a-f]{6}$/.test(cell.fill)));
  assert.ok(texts(drawn).includes('risk, log scale'));
  // cells share their edges: the first is bounded by the geometric middle of 4 and 8
  const first = cells[0]!;
  const [x0, x1] = drawn.memory.x!;
  const edge = drawn.plot.x + (drawn.plot.width * Math.log(Math.sqrt(32) / x0)) / Math.log(x1 / x0);
  assert.ok(Math.abs(first.x + first.width - 0.5 - edge) < 1e-6);
});

test('the same heat map from a table', () => {
  const figure = sampleFigure([{ kind: 'heat', table: 'risks', x: 'bins', y: 'n', color: 'risk_median' }], {
    y: { label: 'labels n', unit: '', logarithmic: true },
    color: { label: 'risk', unit: '', logarithmic: true },
  });
  const drawn = scene(figure, sampleReport(), options);
  assert.equal(ofKind(drawn, 'rect').filter((rect) => rect.clipped).length, 34);
});

test('rules stand at constants, metrics and parameters; unknown ones are left out', () => {
  const rule = (at: number | { metric: string } | { config: string }) =>
    ({ kind: 'rule', axis: 'x', at, label: 'here' }) as const;
  const base = { kind: 'line', series: 'best' } as const;
  const count = (marks: Parameters<typeof sampleFigure>[0]) =>
    dataLines(scene(sampleFigure(marks), sampleReport(), options)).length;
  assert.equal(count([base, rule(1000)]), 2);
  assert.equal(count([base, rule({ metric: 'threshold' })]), 2);
  assert.equal(count([base, rule({ metric: 'slope' })]), 1);
  assert.equal(count([base, rule({ config: 'missing' })]), 1);
});

test('a slope line is straight in log–log axes, through the geometric middle of the data', () => {
  const marks = [
    { kind: 'line', series: 'best' },
    { kind: 'slope', at: 1 / 3, label: 'slope ⅓' },
  ] as const;
  const drawn = scene(sampleFigure([...marks]), sampleReport(), options);
  const [from, to] = dataLines(drawn).at(-1)!.points;
  const [x0, x1] = drawn.memory.x!;
  const [y0, y1] = drawn.memory.y!;
  const perDecadeX = drawn.inner.width / Math.log10(x1 / x0);
  const perDecadeY = drawn.inner.height / Math.log10(y1 / y0);
  const slope = -((to![1] - from![1]) / perDecadeY) / ((to![0] - from![0]) / perDecadeX);
  assert.ok(Math.abs(slope - 1 / 3) < 1e-9);
  assert.ok(texts(drawn).includes('slope ⅓'));
});

test('lines are cut at the plot', () => {
  const box = { x: 0, y: 0, width: 10, height: 10 };
  assert.deepEqual(clipped([-5, 5], [15, 5], box), [
    [0, 5],
    [10, 5],
  ]);
  assert.deepEqual(clipped([0, 0], [20, 20], box), [
    [0, 0],
    [10, 10],
  ]);
  assert.equal(clipped([-5, 20], [15, 20], box), null);
});

test('without a report there are axes and a sentence', () => {
  const drawn = scene(sampleFigure([lineMark]), null, options);
  assert.ok(drawn.empty);
  assert.ok(texts(drawn).includes('Nothing to draw yet'));
});

test('unfinished runs are lighter, count their tasks and keep axes and colours', () => {
  const part = sampleReport();
  part.tables['risks']!.rows = part.tables['risks']!.rows.filter((row) => row[0] === 3000);
  const unfinished = { done: 12, total: 40 };
  const first = scene(sampleFigure([lineMark]), part, { ...options, unfinished });
  assert.ok(texts(first).includes('12 of 40 tasks'));
  assert.ok(dataLines(first).every((line) => line.opacity! < 1));
  const color = dataLines(first)[0]!.color;
  const second = scene(sampleFigure([lineMark]), sampleReport(), {
    ...options,
    unfinished,
    before: first.memory,
  });
  assert.equal(dataLines(second)[2]!.color, color, 'n = 3000 keeps its colour');
  assert.ok(second.memory.x![0] <= first.memory.x![0] && second.memory.x![1] >= first.memory.x![1]);
});

test('values for pointer and keyboard carry their interval', () => {
  const drawn = scene(
    sampleFigure([{ kind: 'points', series: 'best', label: 'best B' }]),
    sampleReport(),
    options,
  );
  assert.equal(drawn.readouts.length, 1);
  assert.deepEqual(
    drawn.readouts[0]!.points.map((p) => [p.x, p.y, p.interval]),
    [
      ['300', '5', '4 to 7'],
      ['3000', '16', '13 to 20'],
      ['10\u202f000', '24', '20 to 30'],
      ['30\u202f000', '33', '30 to 41'],
    ],
  );
});

test('titles are computed, and fall back to the question', () => {
  const report = sampleReport();
  assert.equal(figureTitle(sampleFigure([]), report), 'Risk is lowest at 82 bins');
  assert.equal(figureTitle(sampleFigure([]), null), 'How does the risk depend on B?');
  assert.equal(
    figureTitle(sampleFigure([], { title: 'Slope {metrics.slope:.2f}' }), report),
    'How does the risk depend on B?',
  );
  assert.equal(fillTemplate('{config.model}: δ = {config.delta}', report), 'gauss: δ = 0.1');
  assert.equal(fillTemplate('{metrics.none:.2f}', report), null);
});

test('the table of a figure has one row a point, CSV quotes what needs it', () => {
  const { columns, rows } = figureTable(
    sampleFigure([{ kind: 'points', series: 'best', label: 'best B' }]),
    sampleReport(),
  );
  assert.deepEqual(columns, ['series', 'bins B', 'risk', 'low', 'high']);
  assert.deepEqual(rows[0], ['best B', 300, 5, 4, 7]);
  assert.equal(csvText(['a', 'b'], [['x,"y"', 1e-7]]), 'a,b\r\n"x,""y""",1e-7\r\n');
});

test('SVG text escapes names and carries no style attribute', () => {
  const figure = sampleFigure([{ kind: 'line', series: 'best', label: 'a < b & "c"' }]);
  const text = svgText(scene(figure, sampleReport(), options), 'clip');
  assert.ok(text.includes('a &lt; b &amp; &quot;c&quot;'));
  assert.ok(!text.includes('style='));
  assert.ok(!/NaN|undefined/.test(text));
});
