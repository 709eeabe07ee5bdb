// The picture of the quay: noise that becomes an arrow. At rest it stands half-way; while a parcel goes up the share sent decides.
import { dotsPath } from './seal.ts';

export const side = 20;
type Cell = {
  readonly x: number;
  readonly y: number;
  readonly round: boolean;
  readonly arrow: boolean;
  readonly rest: boolean;
  readonly order: number;
};

const cells: readonly Cell[] = makeCells();

/** `share` null: the picture at rest; else 0 (all noise) to 1 (the arrow alone). Path data on a 160×160 ground. */
export function arrowPath(share: number | null): string {
  return dotsPath(
    cells.filter((cell) => (share === null ? cell.rest : cell.arrow ? cell.order < share : cell.rest && cell.order >= share)),
  );
}

/** The part of the arrow that is still to come, drawn faint under the rest. */
export function ghostPath(share: number): string {
  return dotsPath(cells.filter((cell) => cell.arrow && cell.order >= share));
}

function makeCells(): readonly Cell[] {
  const random = randomFrom(12345);
  const found: Cell[] = [];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const arrow = inArrow(x, y);
      const keep = arrow || random() % 100 < (y > 12 ? (46 * (y - 11)) / 9 : 6);
      const miss = arrow && y > 13 && random() % 100 < 38;
      if (!keep) continue;
      // The arrow fills from its foot upward with some scatter, and the noise goes out in no order at all.
      const order = arrow ? Math.min(0.995, Math.max(0, (17 - y) / 17 + ((random() % 100) - 50) / 400)) : (random() % 100) / 101;
      found.push({ x, y, arrow, rest: !miss, round: random() % 4 === 0, order });
    }
  }
  return found;
}

function inArrow(x: number, y: number): boolean {
  const dx = Math.abs(x - 9.5);
  return (y >= 9 && y <= 17 && dx <= 2.6) || (y >= 2 && y < 9 && dx <= (y - 1.5) * 1.05);
}

function randomFrom(seed: number): () => number {
  let h = seed;
  return () => (h = Math.imul(h ^ (h >>> 15), 2246822519) ^ (Math.imul(h ^ (h >>> 13), 3266489917) + 7)) >>> 0;
}
