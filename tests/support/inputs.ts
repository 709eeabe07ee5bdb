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

/** A tone of `seconds`, 16 bits, one channel, 8 kHz: any browser plays it. */
export function writeTone(path: string, seconds: number): string {
  const rate = 8000;
  const samples = Buffer.alloc(2 * rate * seconds);
  for (let n = 0; n < rate * seconds; n++) samples.writeInt16LE(Math.round(8000 * Math.sin((2 * Math.PI * 440 * n) / rate)), 2 * n);
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + samples.length, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(2 * rate, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(samples.length, 40);
  writeFileSync(path, Buffer.concat([header, samples]));
  return path;
}

/** A PDF of one page that says `words`. */
export function writePdf(path: string, words: string): string {
  const content = `BT /F1 24 Tf 40 100 Td (${words}) Tj ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 200] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let text = '%PDF-1.4\n';
  const offsets = objects.map((object, n) => {
    const at = text.length;
    text += `${n + 1} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const table = offsets.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('');
  const end = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`;
  writeFileSync(path, `${text}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}${end}`, 'latin1');
  return path;
}
