import assert from 'node:assert/strict';
import test from 'node:test';
import {
  checkConfig,
  checkValue,
  controlsOf,
  isVisible,
  readList,
  readNumber,
  readWords,
  sliderPosition,
  sliderValue,
} from '../../../web/src/app/control-model.js';
import { sampleStudy } from './sample-study.js';

const controls = controlsOf(sampleStudy());
const control = (key: string) => controls.find((one) => one.key === key)!;

test('controls keep the order of declaration and know their kind', () => {
  assert.deepEqual(
    controls.map(({ key, kind }) => [key, kind]),
    [
      ['model', 'choice'],
      ['mu', 'number'],
      ['a', 'number'],
      ['seeds', 'number'],
      ['n_list', 'list'],
      ['lipschitz', 'number'],
      ['exact', 'switch'],
    ],
  );
});

test('a parameter is shown only when it matters', () => {
  assert.ok(isVisible(control('mu'), { model: 'gauss' }));
  assert.ok(!isVisible(control('mu'), { model: 'custom' }));
  assert.ok(isVisible(control('a'), { model: 'custom' }));
});

test('a linear slider: ends, an open end, round steps', () => {
  const slider = control('mu').slider!;
  assert.equal(sliderValue(slider, 0), 0.1, 'the open end is left out');
  assert.equal(sliderValue(slider, slider.steps), 10);
  assert.equal(sliderValue(slider, sliderPosition(slider, 2)), 2);
});

test('a logarithmic slider: equal steps are equal ratios, integers stay integers', () => {
  const slider = control('seeds').slider!;
  assert.ok(slider.logarithmic);
  assert.equal(sliderValue(slider, 0), 1);
  assert.equal(sliderValue(slider, slider.steps), 1000);
  assert.equal(sliderValue(slider, slider.steps / 3), 10);
  assert.equal(sliderPosition(slider, 100), (slider.steps * 2) / 3);
  for (let p = 0; p <= slider.steps; ++p) assert.ok(Number.isInteger(sliderValue(slider, p)));
});

test('a logarithmic slider that begins at zero has zero', () => {
  const slider = control('lipschitz').slider!;
  assert.equal(sliderValue(slider, 0), 0);
  assert.equal(sliderPosition(slider, 0), 0);
  assert.equal(sliderValue(slider, slider.steps), 1e6);
});

test('typed numbers', () => {
  assert.equal(readNumber('1e4'), 10000);
  assert.equal(readNumber(' 10k '), 10000);
  assert.equal(readNumber('30\u202f000'), 30000);
  assert.equal(readNumber('−0.5'), -0.5);
  assert.equal(readNumber('.25'), 0.25);
  for (const wrong of ['', 'two', '1,5', '1e', '0x10', 'NaN', 'Infinity'])
    assert.equal(readNumber(wrong), null, wrong);
});

test('typed lists', () => {
  assert.deepEqual(readList('300, 1000; 3k'), [300, 1000, 3000]);
  assert.deepEqual(readList('[1,2]'), [1, 2]);
  assert.equal(readList('1, x'), null);
});

test('what is wrong is said with what is allowed', () => {
  assert.equal(checkValue(control('seeds'), 20), null);
  assert.equal(
    checkValue(control('seeds'), 1.5)?.message,
    'Samples at each n: 1.5 is not a whole number. Allowed: 1…1000.',
  );
  assert.match(checkValue(control('mu'), 0)!.message, /out of range/);
  assert.equal(checkValue(control('mu'), 10), null);
  assert.match(checkValue(control('n_list'), [300])!.message, /too few/);
  assert.match(checkValue(control('n_list'), [300, 300])!.message, /300 after 300 does not increase/);
  assert.match(checkValue(control('n_list'), [10, 300])!.message, /10 is out of range/);
  assert.match(checkValue(control('model'), 'gaus')!.message, /not a choice/);
});

test('hidden parameters are not checked', () => {
  const config = { ...sampleStudy().presets['widget'], a: -5 };
  assert.deepEqual(checkConfig(controls, config), []);
  assert.equal(checkConfig(controls, { ...config, model: 'custom' }).length, 1);
});

test('texts and lists of texts', () => {
  const [text, free, known] = controlsOf({
    ...sampleStudy(),
    parameters: {
      type: 'object',
      properties: {
        column: { type: 'string', title: 'Column', default: 'loss', 'x-order': 0, 'x-allowed': 'a text' },
        arms: {
          type: 'array',
          title: 'Arms',
          default: ['float64'],
          items: { type: 'string' },
          minItems: 1,
          maxItems: 2,
          'x-order': 1,
          'x-allowed': 'format:form, 1–2 entries',
        },
        forms: {
          type: 'array',
          title: 'Forms',
          default: ['softmax'],
          items: { type: 'string', enum: ['softmax', 'log1p'] },
          'x-order': 2,
          'x-allowed': 'softmax, log1p',
        },
      },
    },
  });
  assert.deepEqual([text!.kind, free!.kind, known!.kind], ['text', 'words', 'words']);
  assert.equal(checkValue(text!, 'w_mean_norm'), null);
  assert.ok(checkValue(text!, ''));
  assert.equal(checkValue(free!, ['float16:softmax']), null);
  assert.match(checkValue(free!, [])!.message, /0 entries are too few/);
  assert.match(checkValue(free!, ['a', 'b', 'c'])!.message, /3 entries are too many/);
  assert.match(checkValue(known!, ['relu'])!.message, /“relu” is not one of them/);
  assert.deepEqual(readWords(' float16:softmax, float64\n"p12:log1p" '), [
    'float16:softmax',
    'float64',
    'p12:log1p',
  ]);
});
