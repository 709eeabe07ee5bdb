// Illustrations on a 20×20 ground of dots, in the hand of the quay: drawn by rule, so none weighs more than its sentence.
import { dotsPath } from './seal.ts';

export type ArtName = 'cable' | 'clock' | 'cut' | 'spent' | 'lost' | 'removed' | 'mirror' | 'door' | 'wait' | 'crate' | 'seals' | 'coins';
type Point = readonly [number, number];

const near = (a: number, b: number, width = 0.75): boolean => Math.abs(a - b) < width;
const far = ([x, y]: Point, cx: number, cy: number): number => Math.hypot(x - cx, y - cy);
const segment = (p: Point, a: Point, b: Point, width = 0.8): boolean => {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const t = Math.min(1, Math.max(0, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / (dx * dx + dy * dy)));
  return far(p, a[0] + t * dx, a[1] + t * dy) < width;
};
const capsule = (p: Point, a: Point, b: Point, r: number): boolean => {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const t = Math.min(1, Math.max(0, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / (dx * dx + dy * dy)));
  return near(far(p, a[0] + t * dx, a[1] + t * dy), r, 0.62);
};

/** One half of a seal; the other half of the forged one differs from it below. */
const scatter = (x: number, y: number): boolean => Math.imul(x * 31 + y * 17 + x * y * 7 + 5, 2654435761) >>> 28 < 8;

const ink: Readonly<Record<ArtName, (p: Point) => boolean>> = {
  cable: (p) =>
    (p[1] === 10 && (p[0] < 6 || p[0] > 13)) ||
    (p[0] >= 5 && p[0] <= 7 && near(p[1], 10, 3.4)) ||
    ((p[1] === 8 || p[1] === 12) && (p[0] === 8 || p[0] === 9)) ||
    (p[0] >= 12 && p[0] <= 14 && near(p[1], 10, 3.4)),
  clock: (p) => near(far(p, 9.5, 9.5), 8, 0.62) || segment(p, [9.5, 9.5], [9.5, 4.5]) || segment(p, [9.5, 9.5], [13, 11.5]),
  cut: (p) => (capsule(p, [3, 12.5], [6.5, 9], 2.9) || capsule(p, [12.5, 10.5], [16, 7], 2.9)) && !near(p[0], 9.5, 1.1),
  spent: (p) => near(Math.hypot((p[0] - 9.5) / 0.62, p[1] - 9.5), 7.2, 1.15) || segment(p, [11.5, 6.5], [7.5, 12.5], 0.6),
  lost: (p) =>
    (near(far(p, 9.5, 6.5), 4.6, 0.65) && !(p[0] < 9 && p[1] > 6)) ||
    (near(p[0], 9.5, 1) && p[1] >= 11 && p[1] <= 13) ||
    (near(p[0], 9.5, 1) && p[1] >= 16 && p[1] <= 17),
  removed: (p) =>
    ((p[0] === 4 || p[0] === 15) && p[1] >= 2 && p[1] <= 17) ||
    ((p[1] === 2 || p[1] === 17) && p[0] >= 4 && p[0] <= 15) ||
    (p[1] > 4 && p[1] < 15 && p[0] > 5 && p[0] < 14 && p[1] % 3 !== 1),
  mirror: ([x, y]) =>
    y > 2 && y < 17 && (x > 1 && x < 9 ? scatter(8 - x, y) : x > 10 && x < 18 && scatter(x - 11, y + (x > 13 && y > 6 ? 31 : 0))),
  door: (p) =>
    ((p[1] === 5 || p[1] === 14) && p[0] > 0 && p[0] < 19) ||
    ((p[0] === 1 || p[0] === 18) && p[1] >= 5 && p[1] <= 14) ||
    (p[1] >= 9 && p[1] <= 10 && [4, 5, 8, 9].includes(p[0])) ||
    (p[0] === 12 && p[1] > 7 && p[1] < 12),
  wait: (p) =>
    (p[1] >= 15 && p[1] <= 16 && p[0] > 1 && p[0] < 18) ||
    (near(p[0], 9.5, 2.1) && p[1] > 6 && p[1] < 13) ||
    (p[1] >= 2 && p[1] <= 6 && Math.abs(p[0] - 9.5) <= (p[1] - 1.5) * 1.1),
  crate: (p) =>
    ((p[0] === 3 || p[0] === 16) && p[1] >= 8 && p[1] <= 16) ||
    ((p[1] === 16 || p[1] === 12) && p[0] >= 3 && p[0] <= 16) ||
    segment(p, [3, 8], [0.5, 4.5], 0.6) ||
    segment(p, [16, 8], [18.5, 4.5], 0.6),
  coins: ([x, y]) =>
    (y % 3 !== 1 && y > 8 && y < 18 && Math.abs(x - 6.5) < (y % 3 === 2 ? 4 : 5)) ||
    (y % 3 !== 1 && y > 2 && y < 18 && Math.abs(x - 14.5) < (y % 3 === 2 ? 3 : 4)),
  seals: ([x, y]) =>
    y > 5 && y < 14 && ((x > 0 && x < 9 && scatter(Math.abs(4.5 - x) | 0, y)) || (x > 10 && x < 19 && scatter(Math.abs(14.5 - x) | 0, y))),
};

/** Path data on a 160×160 ground. */
export function artPath(name: ArtName): string {
  const dots: { x: number; y: number; round: boolean }[] = [];
  let h = 99;
  for (let y = 0; y < 20; y++) {
    for (let x = 0; x < 20; x++) {
      h = Math.imul(h ^ (h >>> 15), 2246822519) ^ (Math.imul(h ^ (h >>> 13), 3266489917) + 7);
      if (ink[name]([x, y]) || (h >>> 0) % 100 < 3) dots.push({ x, y, round: (h >>> 8) % 4 === 0 });
    }
  }
  return dotsPath(dots);
}
