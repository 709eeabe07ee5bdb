// The app's icons as pictures, drawn from public/icon.svg: installed apps on phones want PNG. Knows as much of SVG as that file uses: paths of straight
// lines, a fill, and a stroke of one unit.
import { crc32, deflateSync } from 'node:zlib';

type Point = readonly [x: number, y: number];
type Shape = { readonly points: readonly Point[]; readonly fill: Colour; readonly stroke: Colour | null };
type Colour = readonly [red: number, green: number, blue: number];

/** Samples of a pixel's side. */
const fineness = 3;
/** A maskable icon may be cut to a circle of 80 % of its side: what counts stands inside. */
const maskedShare = 0.8;

/** @returns a PNG of size × size. Maskable: without the frame, the ground up to the edges and the rest in the middle. */
export function drawIcon(svg: string, size: number, maskable: boolean): Buffer {
  const side = Number(/viewBox="0 0 (\d+) \1"/.exec(svg)?.[1]);
  const shapes = shapesOf(svg);
  const [ground, ...marks] = shapes;
  if (!(side > 0) || !ground || marks.length === 0) throw new TypeError('the icon is a ground and marks on a square');
  const colourAt = (x: number, y: number): Colour | null => {
    if (!maskable) return paint(shapes, x, y);
    const [inX, inY] = [(x - side / 2) / maskedShare + side / 2, (y - side / 2) / maskedShare + side / 2];
    return paint(marks, inX, inY) ?? ground.fill;
  };
  const scale = side / (size * fineness);
  const pixels = Buffer.alloc(size * (1 + 4 * size));
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const sum = [0, 0, 0, 0] as [number, number, number, number];
      for (let n = 0; n < fineness * fineness; n++) {
        const x = (column * fineness + (n % fineness) + 0.5) * scale;
        const y = (row * fineness + Math.floor(n / fineness) + 0.5) * scale;
        const colour = colourAt(x, y);
        if (!colour) continue;
        colour.forEach((part, i) => (sum[i as 0 | 1 | 2] += part));
        sum[3]++;
      }
      const at = row * (1 + 4 * size) + 1 + 4 * column;
      for (let i = 0; i < 3; i++) pixels[at + i] = Math.round((sum[i as 0 | 1 | 2] ?? 0) / Math.max(1, sum[3]));
      pixels[at + 3] = Math.round((255 * sum[3]) / (fineness * fineness));
    }
  }
  return png(size, pixels);
}

/** The topmost colour at a place; null outside of everything. */
function paint(shapes: readonly Shape[], x: number, y: number): Colour | null {
  for (const { points, fill, stroke } of shapes.toReversed()) {
    if (stroke && points.some((point, i) => distance([x, y], point, points[(i + 1) % points.length] as Point) <= 0.5)) return stroke;
    if (isInside(points, x, y)) return fill;
  }
  return null;
}

function isInside(points: readonly Point[], x: number, y: number): boolean {
  let inside = false;
  points.forEach(([x1, y1], i) => {
    const [x2, y2] = points[(i + 1) % points.length] as Point;
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) inside = !inside;
  });
  return inside;
}

function distance([x, y]: Point, [x1, y1]: Point, [x2, y2]: Point): number {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const along = Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - x1 - along * dx, y - y1 - along * dy);
}

function shapesOf(svg: string): readonly Shape[] {
  return [...svg.matchAll(/<path ([^>]*)>/g)].map(([, text = '']) => {
    const attribute = (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(text)?.[1];
    const stroke = attribute('stroke');
    return { points: pointsOf(attribute('d') ?? ''), fill: colourOf(attribute('fill') ?? ''), stroke: stroke ? colourOf(stroke) : null };
  });
}

function pointsOf(path: string): readonly Point[] {
  const points: Point[] = [];
  let [x, y] = [0, 0];
  for (const [, command = '', text = ''] of path.matchAll(/([MlLhHvVz])([^MlLhHvVz]*)/g)) {
    const [a = 0, b = 0] = [...text.matchAll(/-?(?:\d*\.\d+|\d+)/g)].map(Number);
    switch (command) {
      case 'M':
      case 'L':
        [x, y] = [a, b];
        break;
      case 'l':
        [x, y] = [x + a, y + b];
        break;
      case 'h':
        x += a;
        break;
      case 'H':
        x = a;
        break;
      case 'v':
        y += a;
        break;
      case 'V':
        y = a;
        break;
      default:
        return points;
    }
    points.push([x, y]);
  }
  return points;
}

function colourOf(text: string): Colour {
  const value = Number.parseInt(text.slice(1), 16);
  if (!/^#[0-9a-f]{6}$/.test(text)) throw new TypeError(`a colour as #rrggbb, not ${text}`);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** ISO 15948: 8 bits of red, green, blue and alpha, rows without a filter. */
function png(size: number, rows: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const signature = Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  return Buffer.concat([signature, piece('IHDR', header), piece('IDAT', deflateSync(rows, { level: 9 })), piece('IEND', Buffer.alloc(0))]);
}

function piece(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
