import assert from 'node:assert/strict';
import test from 'node:test';
import {
  contrast,
  darkTheme,
  lightTheme,
  markerPolygon,
  markerShapes,
  rankColor,
  sequentialColor,
  textColor,
} from '../../../web/src/figures/palette.js';

test('contrast is the one of WCAG 2: black on white 21, #777777 on white 4.48', () => {
  assert.equal(contrast('#000000', '#ffffff'), 21);
  assert.equal(contrast('#777777', '#ffffff').toFixed(2), '4.48');
});

for (const [name, theme] of Object.entries({ light: lightTheme, dark: darkTheme })) {
  test(`every ${name} series colour has at least 3:1 against the background, text 4.5:1`, () => {
    assert.equal(theme.series.length, 8);
    for (const color of theme.series) {
      assert.ok(contrast(color, theme.background) >= 3, `${color}: ${contrast(color, theme.background)}`);
    }
    assert.ok(contrast(theme.ink, theme.background) >= 4.5);
    assert.ok(contrast(theme.muted, theme.background) >= 4.5);
    assert.ok(contrast(theme.axis, theme.background) >= 3);
  });

  test(`shades of ordered groups in ${name} have at least 3:1`, () => {
    for (let k = 0; k <= 20; ++k) {
      const color = rankColor(theme, k / 20);
      assert.ok(contrast(color, theme.background) >= 3, `${k / 20}: ${contrast(color, theme.background)}`);
    }
  });

  test(`the names of series in ${name} are readable in their own colours`, () => {
    // labels at the ends of lines are 12 px text
    for (const color of theme.series) {
      assert.ok(contrast(textColor(theme, color), theme.background) >= 4.5, color);
    }
  });
}

test('each colour has a marker of its own', () => {
  assert.equal(new Set(markerShapes).size, 8);
  for (const shape of markerShapes) {
    const outline = markerPolygon(shape, 4);
    assert.ok(outline.length >= 3);
    assert.ok(outline.every(([x, y]) => Math.hypot(x, y) < 7));
  }
});

test('the sequential map runs from viridis dark to viridis light, ever lighter', () => {
  assert.equal(sequentialColor(0), '#440154');
  assert.equal(sequentialColor(1), '#fde725');
  assert.equal(sequentialColor(-1), '#440154');
  let before = 0;
  for (let k = 0; k <= 50; ++k) {
    const light = contrast(sequentialColor(k / 50), '#000000');
    assert.ok(light > before, `step ${k}`);
    before = light;
  }
});
