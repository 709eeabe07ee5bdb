import assert from 'node:assert/strict';
import { test } from 'node:test';
import decodeQR from 'qr/decode.js';
import { qrLines } from './qr-lines.ts';

test('a code drawn in half blocks is read back by a reader of codes', () => {
  const text = 'hAFYIJ'.repeat(23);
  const rows = qrLines(text).flatMap((line) => {
    const cells = [...line.replace('\u001b[30;107m', '').replace('\u001b[0m', '')];
    return [cells.map((cell) => cell === '█' || cell === '▀'), cells.map((cell) => cell === '█' || cell === '▄')];
  });
  assert.equal(decodeQR(pictureOf(rows)), text);
});

/** Each cell as four by four pixels, black on white. */
function pictureOf(rows: readonly (readonly boolean[])[]) {
  const [width, height] = [(rows[0]?.length ?? 0) * 4, rows.length * 4];
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) if (rows[y >> 2]?.[x >> 2]) data.fill(0, (y * width + x) * 4, (y * width + x) * 4 + 3);
  return { width, height, data };
}
