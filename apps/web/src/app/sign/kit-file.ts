// The recovery kit as a file: what a person prints, and what this program reads again. The words stand in it once for the eye and
// once in a line for programs: at the end of the PDF, in a text chunk of the PNG. spec/web.md, sign-up.
import { crc32 } from '../../engine/crc32.ts';
import { sealDots } from '../../parts/seal.ts';
import type { Kit } from '../port.ts';
import { makePdf, pageWidth, type PdfBox, type PdfText } from './pdf.ts';

const mark = 'reprise-kit:1:';

export function kitText(words: readonly string[]): string {
  return mark + words.join(' ');
}

/** As a line of a file: without its end, a letter of whatever follows would be read as part of the last word. */
function kitLine(words: readonly string[]): string {
  return `${kitText(words)}\n`;
}

/** The 24 words of a kit's file, null where there are none. */
export function readKit(file: Uint8Array): readonly string[] | null {
  const text = new TextDecoder('latin1').decode(file);
  const found = new RegExp(`${mark}((?:[a-z]{3,8} ){23}[a-z]{3,8})(?![a-z])`).exec(text);
  return found ? found[1]!.split(' ') : null;
}

/** What is printed beside the figures, in the person's language. */
export interface KitWords {
  readonly title: string;
  readonly name: string;
  readonly identifier: string;
  readonly server: string;
  readonly made: string;
  readonly date: string;
  readonly wordsTitle: string;
  /** Sentences, each on lines of its own. */
  readonly notes: readonly string[];
}

/** What stands above the words: label and value. */
export function kitFacts(kit: Kit, words: KitWords): readonly (readonly [string, string])[] {
  return [
    [words.name, kit.name],
    [words.identifier, kit.identifier],
    [words.server, kit.origin],
    [words.made, words.date],
  ];
}

/** @param qr true = dark, row by row */
export function kitPdf(kit: Kit, words: KitWords, qr: readonly (readonly boolean[])[]): Uint8Array<ArrayBuffer> {
  const texts: PdfText[] = [{ x: 92, y: 78, size: 26, face: 'bold', text: words.title }];
  const boxes: PdfBox[] = [{ x: 56, y: 54, width: 26, height: 26, fill: 'signal' }];
  kitFacts(kit, words).forEach(([label, value], i) => {
    texts.push(
      { x: 56, y: 122 + i * 22, size: 10, face: 'text', text: label },
      { x: 160, y: 122 + i * 22, size: 12, face: 'mono', text: value },
    );
  });
  texts.push({ x: 56, y: 236, size: 13, face: 'bold', text: words.wordsTitle });
  kit.words.forEach((word, i) => {
    const [x, y] = [56 + (i % 3) * 165, 264 + Math.floor(i / 3) * 26];
    texts.push({ x, y, size: 9, face: 'text', text: String(i + 1).padStart(2, ' ') }, { x: x + 22, y, size: 15, face: 'mono', text: word });
  });
  boxes.push(...qrBoxes(qr, 56, 500, 190), ...sealBoxes(kit.fingerprint, pageWidth - 56 - 96, 500, 96));
  wrap(words.notes, 62).forEach((line, i) => texts.push({ x: 56, y: 724 + i * 15, size: 10.5, face: 'text', text: line }));
  return makePdf(texts, boxes, kitLine(kit.words));
}

function qrBoxes(qr: readonly (readonly boolean[])[], x: number, y: number, side: number): readonly PdfBox[] {
  const cell = side / qr.length;
  return qr.flatMap((row, j) =>
    row.flatMap((on, i) => (on ? [{ x: x + i * cell, y: y + j * cell, width: cell + 0.02, height: cell + 0.02, fill: 0 }] : [])),
  );
}

function sealBoxes(fingerprint: Uint8Array, x: number, y: number, side: number): readonly PdfBox[] {
  const cell = side / 8;
  return sealDots(fingerprint).map((dot) => {
    const inset = dot.shape === 'dot' ? cell * 0.2 : cell * 0.06;
    const size = cell - 2 * inset;
    return {
      x: x + dot.x * cell + inset,
      y: y + dot.y * cell + inset,
      width: size,
      height: size,
      fill: dot.shape === 'signal' ? 'signal' : 0,
    };
  });
}

/** @param width characters a line */
export function wrap(sentences: readonly string[], width: number): readonly string[] {
  return sentences.flatMap((sentence) => {
    const lines: string[] = [''];
    for (const word of sentence.split(' ')) {
      const line = lines.at(-1)!;
      if (line !== '' && line.length + word.length + 1 > width * 1.5) lines.push(word);
      else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
    }
    return lines;
  });
}

/** A PNG with the line for programs put in front of its end: RFC 2083, text chunk. */
export function withKitText(png: Uint8Array, words: readonly string[]): Uint8Array<ArrayBuffer> {
  const body = new TextEncoder().encode(`tEXtComment\0${kitLine(words)}`);
  const chunk = new Uint8Array(body.length + 8);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, body.length - 4);
  chunk.set(body, 4);
  view.setUint32(body.length + 4, crc32(body));
  const end = png.length - 12;
  const whole = new Uint8Array(png.length + chunk.length);
  whole.set(png.subarray(0, end));
  whole.set(chunk, end);
  whole.set(png.subarray(end), end + chunk.length);
  return whole;
}
