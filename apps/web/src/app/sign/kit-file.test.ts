import assert from 'node:assert/strict';
import { test } from 'node:test';
import encodeQR from 'qr';
import { deflateSync, crc32 as nodeCrc32 } from 'node:zlib';
import { crc32 } from '../../engine/crc32.ts';
import type { Kit } from '../port.ts';
import { kitPdf, kitText, readKit, withKitText, type KitWords } from './kit-file.ts';
import { toWinAnsi } from './pdf.ts';

const words =
  'abandon ability able about above absent absorb abstract absurd abuse access accident account accuse achieve acid acoustic acquire across act action actor actress actual'.split(
    ' ',
  );
const kit: Kit = {
  name: 'Inès (Atelier)',
  identifier: 'K7QM-2RTX',
  origin: 'https://reprise.example',
  madeAt: 0,
  words,
  fingerprint: new Uint8Array(32),
};
const labels: KitWords = {
  title: 'Kit de secours',
  name: 'Nom',
  identifier: 'Identifiant',
  server: 'Serveur',
  made: 'Fait le',
  date: '21 nov. 2026',
  wordsTitle: 'Vingt-quatre mots',
  notes: ['Gardez cette page.'],
};

test('the PDF of a kit is read again word for word, and its table points at its objects', () => {
  const file = kitPdf(kit, labels, encodeQR(kitText(words), 'raw'));
  assert.deepEqual(readKit(file), words);
  const text = Buffer.from(file).toString('latin1');
  const start = Number(/startxref\n(\d+)/.exec(text)?.[1]);
  assert.equal(text.slice(start, start + 4), 'xref');
  const places = [...text.slice(start).matchAll(/^(\d{10}) 00000 n $/gm)].map((found) => Number(found[1]));
  assert.equal(places.length, 7);
  places.forEach((place, i) => assert.ok(text.startsWith(`${i + 1} 0 obj\n`, place), `object ${i + 1}`));
  const length = Number(/<< \/Length (\d+) >>/.exec(text)?.[1]);
  const stream = text.indexOf('stream\n') + 7;
  assert.equal(text.slice(stream + length, stream + length + 10), '\nendstream');
  assert.match(text, /\(Inès \\\(Atelier\\\)\) Tj/);
});

test('a PNG keeps being one with the words in it', () => {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(nodeCrc32(body), body.length + 4);
    return out;
  };
  const png = Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0])),
    chunk('IDAT', deflateSync(Buffer.from([0, 0]))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
  const made = withKitText(png, words);
  assert.deepEqual(readKit(made), words);
  const types: string[] = [];
  const view = new DataView(made.buffer);
  for (let at = 8; at < made.length; ) {
    const length = view.getUint32(at);
    types.push(Buffer.from(made.subarray(at + 4, at + 8)).toString());
    assert.equal(view.getUint32(at + 8 + length), nodeCrc32(made.subarray(at + 4, at + 8 + length)));
    at += 12 + length;
  }
  assert.deepEqual(types, ['IHDR', 'IDAT', 'tEXt', 'IEND']);
  assert.equal(crc32(Buffer.from('123456789')), 0xcbf43926);
});

test('a file that is no kit has no words', () => {
  assert.equal(readKit(Buffer.from('%PDF-1.4 reprise-kit:1:abandon ability')), null);
  assert.equal(readKit(new Uint8Array(0)), null);
});

test('a name the standard faces cannot show does not break the page', () => {
  assert.equal(toWinAnsi('Zoë – 雪’'), 'Zoë \x96 ?\x92');
});
