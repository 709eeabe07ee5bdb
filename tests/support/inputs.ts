// Files that stories send: random, so that nothing can be guessed or shortened, and pictures that browsers really decode.
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';

export function writeRandom(path: string, bytes: number): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, randomBytes(bytes));
  return path;
}

/** A PNG of noise: it decodes, and does not shrink. About 3 × side × side bytes. */
export function writeNoisePicture(path: string, side: number): string {
  const rows = Buffer.alloc(side * (1 + 3 * side));
  for (let y = 0; y < side; y++) randomBytes(3 * side).copy(rows, y * (1 + 3 * side) + 1);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const image = deflateSync(rows, { level: 0 });
  writeFileSync(path, Buffer.concat([signature, pngPart('IHDR', header), pngPart('IDAT', image), pngPart('IEND', Buffer.alloc(0))]));
  return path;
}

function pngPart(kind: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(kind, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}

/** A folder as people have them: nested, with an empty file, an empty folder, and names in several scripts. */
export function writeFolder(folder: string): string {
  const files: readonly (readonly [string, number])[] = [
    ['notes.txt', 1200],
    ['vide.txt', 0],
    ['été à Sète/plage n° 1.jpg', 262_145],
    ['été à Sète/été à Sète/encore.bin', 4_194_305],
    ['音楽/曲 – 最終.flac', 70_000],
    ['emoji 🎈/it’s “quoted” & more.md', 321],
  ];
  for (const [name, bytes] of files) utimesSync(writeRandom(join(folder, name), bytes), 1_700_000_000, 1_700_000_000);
  mkdirSync(join(folder, 'dossier vide'));
  return folder;
}

export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest('hex');
}
