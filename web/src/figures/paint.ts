// Two painters of one scene: canvas while it moves, SVG to keep.
import { markerPolygon } from './palette.js';
import type { MarkerItem, Point, Scene, Shape, TextShape } from './shapes.js';

export function paintCanvas(scene: Scene, canvas: HTMLCanvasElement, pixelRatio: number): void {
  const [width, height] = [Math.round(scene.width * pixelRatio), Math.round(scene.height * pixelRatio)];
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  context.clearRect(0, 0, scene.width, scene.height);
  for (const shape of scene.shapes) {
    context.save();
    if (shape.clipped) {
      const { x, y, width: w, height: h } = clipBox(scene, shape);
      context.beginPath();
      context.rect(x, y, w, h);
      context.clip();
    }
    context.globalAlpha = shape.opacity ?? 1;
    paintShape(shape, context, scene.font);
    context.restore();
  }
}

/** Markers on an edge stay whole. */
function clipBox(scene: Scene, shape: Shape): { x: number; y: number; width: number; height: number } {
  const room = shape.kind === 'marker' ? 8 : shape.kind === 'line' ? 1.5 : 0;
  const { x, y, width, height } = scene.plot;
  return { x: x - room, y: y - room, width: width + 2 * room, height: height + 2 * room };
}

function paintShape(shape: Shape, context: CanvasRenderingContext2D, font: string): void {
  switch (shape.kind) {
    case 'line':
      context.strokeStyle = shape.color;
      context.lineWidth = shape.width;
      context.lineJoin = 'round';
      context.lineCap = shape.dash.length > 0 ? 'butt' : 'round';
      context.setLineDash(shape.dash);
      trace(shape.points, context);
      context.stroke();
      break;
    case 'area':
      context.fillStyle = shape.fill;
      trace(shape.points, context);
      context.fill();
      break;
    case 'rect':
      context.fillStyle = shape.fill;
      context.fillRect(shape.x, shape.y, shape.width, shape.height);
      break;
    case 'marker':
      trace(markerOutline(shape), context);
      context.closePath();
      context.lineWidth = shape.ringWidth ?? 2;
      context.strokeStyle = shape.ring;
      context.stroke();
      context.fillStyle = shape.fill;
      context.fill();
      break;
    case 'text':
      paintText(shape, context, font);
      break;
  }
}

function trace(points: Point[], context: CanvasRenderingContext2D): void {
  context.beginPath();
  points.forEach(([x, y], k) => {
    if (k === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  });
}

function markerOutline(shape: MarkerItem): Point[] {
  return markerPolygon(shape.shape, shape.radius).map(([dx, dy]) => [shape.at[0] + dx, shape.at[1] + dy]);
}

function paintText(shape: TextShape, context: CanvasRenderingContext2D, font: string): void {
  context.font = `${shape.bold ? '600 ' : ''}${shape.size}px ${font}`;
  context.textAlign = shape.anchor === 'middle' ? 'center' : shape.anchor;
  context.textBaseline = 'alphabetic';
  context.translate(shape.at[0], shape.at[1]);
  if (shape.turn) context.rotate((shape.turn * Math.PI) / 180);
  const y = baselineShift(shape);
  if (shape.halo) {
    context.strokeStyle = shape.halo;
    context.lineWidth = 4;
    context.lineJoin = 'round';
    context.strokeText(shape.text, 0, y);
  }
  context.fillStyle = shape.color;
  context.fillText(shape.text, 0, y);
}

/** From the top, middle or bottom of the letters to the line they stand on; the same in both painters. */
function baselineShift(shape: TextShape): number {
  return shape.baseline === 'top'
    ? shape.size * 0.8
    : shape.baseline === 'middle'
      ? shape.size * 0.35
      : -shape.size * 0.1;
}

/** The scene as an SVG document; presentation attributes only, so that no page's policy on styles matters. */
export function svgText(scene: Scene, clipName: string): string {
  const { plot } = scene;
  const clip = (name: string, room: number): string =>
    `<clipPath id="${clipName}${name}"><rect x="${n(plot.x - room)}" y="${n(plot.y - room)}" ` +
    `width="${n(plot.width + 2 * room)}" height="${n(plot.height + 2 * room)}"/></clipPath>`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${n(scene.width)}" height="${n(scene.height)}" ` +
    `viewBox="0 0 ${n(scene.width)} ${n(scene.height)}" font-family="${escaped(scene.font)}" aria-hidden="true">` +
    `<defs>${clip('-area', 0)}${clip('-line', 1.5)}${clip('-marker', 8)}</defs>` +
    scene.shapes.map((shape) => svgShape(shape, clipName)).join('') +
    '</svg>'
  );
}

function svgShape(shape: Shape, clipName: string): string {
  const clip = shape.kind === 'marker' ? 'marker' : shape.kind === 'line' ? 'line' : 'area';
  const shared =
    (shape.clipped ? ` clip-path="url(#${clipName}-${clip})"` : '') +
    (shape.opacity !== undefined && shape.opacity !== 1 ? ` opacity="${n(shape.opacity)}"` : '');
  switch (shape.kind) {
    case 'line':
      return (
        `<path d="${path(shape.points)}" fill="none" stroke="${shape.color}" stroke-width="${n(shape.width)}" ` +
        `stroke-linejoin="round" stroke-linecap="${shape.dash.length > 0 ? 'butt' : 'round'}"` +
        (shape.dash.length > 0 ? ` stroke-dasharray="${shape.dash.join(' ')}"` : '') +
        `${shared}/>`
      );
    case 'area':
      return `<path d="${path(shape.points)}Z" fill="${shape.fill}"${shared}/>`;
    case 'rect':
      return (
        `<rect x="${n(shape.x)}" y="${n(shape.y)}" width="${n(shape.width)}" height="${n(shape.height)}" ` +
        `fill="${shape.fill}"${shared}/>`
      );
    case 'marker':
      return (
        `<path d="${path(markerOutline(shape))}Z" fill="${shape.fill}" stroke="${shape.ring}" stroke-width="${shape.ringWidth ?? 2}" ` +
        `paint-order="stroke"${shared}/>`
      );
    case 'text':
      return svgWords(shape, shared);
  }
}

function svgWords(shape: TextShape, shared: string): string {
  const [x, y] = shape.at;
  const turn = shape.turn ? ` transform="rotate(${n(shape.turn)} ${n(x)} ${n(y)})"` : '';
  const halo = shape.halo
    ? ` stroke="${shape.halo}" stroke-width="4" stroke-linejoin="round" paint-order="stroke"`
    : '';
  return (
    `<text x="${n(x)}" y="${n(y + baselineShift(shape))}" font-size="${n(shape.size)}" fill="${shape.color}" ` +
    `text-anchor="${shape.anchor}"${shape.bold ? ' font-weight="600"' : ''}${halo}${turn}${shared}>${escaped(shape.text)}</text>`
  );
}

function path(points: Point[]): string {
  return points.map(([x, y], k) => `${k === 0 ? 'M' : 'L'}${n(x)} ${n(y)}`).join('');
}

function n(value: number): string {
  return String(Math.round(value * 100) / 100);
}

export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] ?? c);
}
