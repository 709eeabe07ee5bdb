// The kit as a picture, for phones whose owner keeps pictures rather than files.
import { sealDots } from '../../parts/seal.ts';
import type { Kit } from '../port.ts';
import { kitFacts, type KitWords, withKitText, wrap } from './kit-file.ts';

const [width, height, edge] = [1240, 1754, 90];

export async function kitPng(kit: Kit, words: KitWords, qr: readonly (readonly boolean[])[]): Promise<Uint8Array<ArrayBuffer>> {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const pen = canvas.getContext('2d');
  if (!pen) throw new TypeError('no canvas');
  const write = (text: string, x: number, y: number, font: string, fill = '#12161f'): void => {
    pen.font = font;
    pen.fillStyle = fill;
    pen.fillText(text, x, y, width - x - edge);
  };
  pen.fillStyle = '#ffffff';
  pen.fillRect(0, 0, width, height);
  drawSeal(pen, kit.fingerprint, width - edge - 200, edge, 200);
  write(words.title, edge, 150, '800 64px Bricolage, sans-serif');
  kitFacts(kit, words).forEach(([label, value], i) => {
    write(label, edge, 240 + i * 50, '400 26px Instrument, sans-serif', '#5e636e');
    write(value, edge + 220, 240 + i * 50, '600 28px JBMono, monospace');
  });
  write(words.wordsTitle, edge, 510, '700 32px Instrument, sans-serif');
  kit.words.forEach((word, i) => {
    const [x, y] = [edge + (i % 3) * 360, 570 + Math.floor(i / 3) * 56];
    write(String(i + 1), x, y, '400 22px JBMono, monospace', '#5e636e');
    write(word, x + 46, y, '600 34px JBMono, monospace');
  });
  const cell = Math.floor(440 / qr.length);
  pen.fillStyle = '#000000';
  qr.forEach((row, j) =>
    row.forEach((on, i) => {
      if (on) pen.fillRect(edge + i * cell, 1050 + j * cell, cell, cell);
    }),
  );
  wrap(words.notes, 48).forEach((line, i) => write(line, edge, 1560 + i * 36, '400 26px Instrument, sans-serif'));
  const blob = await new Promise<Blob | null>((resolve) => {
    canvas.toBlob(resolve, 'image/png');
  });
  if (!blob) throw new TypeError('no picture');
  return withKitText(new Uint8Array(await blob.arrayBuffer()), kit.words);
}

function drawSeal(pen: CanvasRenderingContext2D, fingerprint: Uint8Array, x: number, y: number, side: number): void {
  const cell = side / 8;
  for (const dot of sealDots(fingerprint)) {
    pen.fillStyle = dot.shape === 'signal' ? '#f9d60c' : '#12161f';
    pen.beginPath();
    if (dot.shape === 'dot') pen.arc(x + (dot.x + 0.5) * cell, y + (dot.y + 0.5) * cell, cell * 0.42, 0, 7);
    else pen.rect(x + dot.x * cell + 1, y + dot.y * cell + 1, cell - 2, cell - 2);
    pen.fill();
  }
}
