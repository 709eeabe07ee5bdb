import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takenIn } from './exif.ts';
import { isDrawable, pictureSize } from './picture-size.ts';

const hex = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'));
const ascii = (text: string): string => Buffer.from(text, 'latin1').toString('hex');

test('each kind of picture says its size before it is decoded', () => {
  const png = hex(`89504e470d0a1a0a 0000000d 49484452 00000320 00000190 0806000000`);
  const gif = hex('474946383961 2003 9001 000000000000000000000000000000000000000000000000');
  const bmp = hex('424d 00000000 00000000 00000000 28000000 20030000 70feffff 0000 0000 00000000');
  const jpeg = hex(`ffd8 ffe0 0010 ${'00'.repeat(14)} ffff db 0004 0000 ffc2 0011 08 0190 0320 03 000000000000000000`);
  const lossy = hex(`52494646 00000000 57454250 56503820 00000000 000000 9d012a 2003 9001 00000000`);
  const lossless = hex(`52494646 00000000 57454250 5650384c 00000000 2f 1fc36300 00000000000000`);
  const extended = hex(`52494646 00000000 57454250 56503858 0a000000 00000000 1f0300 8f0100`);
  const avif = hex(`00000018 66747970 61766966 00000000 ${'00'.repeat(8)} 00000014 69737065 00000000 00000320 00000190 ${'00'.repeat(16)}`);
  for (const head of [png, gif, bmp, jpeg, lossy, lossless, extended, avif])
    assert.deepEqual(pictureSize(head), { width: 800, height: 400 });
});

test('what is no picture, is cut short or runs in a circle has no size', () => {
  const texts = [
    '',
    'ff',
    'ffd8',
    'ffd8ffe0ffff',
    'ffd8ffda0008',
    'ffd8ffe00000',
    '89504e470d0a1a0a',
    ascii('<html><body>hello, this is a document</body></html>'),
  ];
  for (const text of texts) assert.equal(pictureSize(hex(text)), null, text);
  assert.equal(pictureSize(new Uint8Array(262_144).fill(0xff)), null);
});

test('a picture that would unfold to gigabytes is not drawn', () => {
  assert.equal(isDrawable({ width: 8_192, height: 8_192 }), true);
  assert.equal(isDrawable({ width: 8_193, height: 8_192 }), false);
  assert.equal(isDrawable({ width: 40_000, height: 10 }), false);
  assert.equal(isDrawable({ width: 0, height: 10 }), false);
});

/** A TIFF block with one date, in either order of bytes. */
function block(date: string, little: boolean): string {
  const n = (value: number, bytes: number): string => {
    const text = value.toString(16).padStart(2 * bytes, '0');
    return little ? (text.match(/../g) ?? []).toReversed().join('') : text;
  };
  const header = `${little ? '49492a00' : '4d4d002a'}${n(8, 4)}`;
  const first = `${n(1, 2)}${n(0x8769, 2)}${n(4, 2)}${n(1, 4)}${n(26, 4)}${n(0, 4)}`;
  const below = `${n(1, 2)}${n(0x9003, 2)}${n(2, 2)}${n(20, 4)}${n(44, 4)}${n(0, 4)}`;
  return `${header}${first}${below}${ascii(date)}00`;
}

test('the date a camera wrote is found in JPEG, PNG and WebP, whatever the order of its bytes', () => {
  const wanted = Date.UTC(2024, 6, 14, 23, 30, 1) / 1000;
  for (const little of [true, false]) {
    const tiff = block('2024:07:14 23:30:01', little);
    assert.equal(takenIn(hex(`ffd8ffe1ffff${ascii('Exif')}0000${tiff}${'00'.repeat(20)}`)), wanted);
    assert.equal(takenIn(hex(`89504e470d0a1a0a${ascii('eXIf')}${tiff}${'00'.repeat(20)}`)), wanted);
    assert.equal(takenIn(hex(`52494646000000005745425000000000${ascii('EXIF')}00001000${tiff}${'00'.repeat(20)}`)), wanted);
  }
});

test('a date that is no day, and a block that leads beyond itself, say nothing', () => {
  for (const date of [
    '2024:02:30 10:00:00',
    '2024:13:01 10:00:00',
    '0000:00:00 00:00:00',
    '2024-07-14T10:00:00',
    '2024:07:14 24:00:00',
    '1700:01:01 00:00:00',
  ])
    assert.equal(takenIn(hex(`${ascii('Exif')}0000${block(date, true)}${'00'.repeat(20)}`)), null, date);
  assert.equal(takenIn(hex(`${ascii('Exif')}0000 49492a00 ffffffff ${'00'.repeat(20)}`)), null);
  assert.equal(takenIn(hex(`${ascii('Exif')}0000 49492a00 08000000 ffff ${'6987040001000000080000006987'.repeat(4)}`)), null);
  assert.equal(takenIn(new Uint8Array(262_144).fill(0x45)), null);
  assert.equal(takenIn(hex('')), null);
});
