// The files padme, sizes, dcbor, names and batch.
import { fixed, hash, hex, ascii, mod251, u32, type VectorCase, type VectorFile } from './reference.ts';

const chunk = 4_194_304;

/** Padmé by the definition, in bigint. */
function padme(length: number): number {
  if (length < 2) return length;
  const bits = (value: bigint): bigint => BigInt(value.toString(2).length);
  const whole = BigInt(length);
  const exponent = bits(whole) - 1n;
  const shift = exponent - bits(exponent);
  const step = 1n << (shift > 0n ? shift : 0n);
  return Number(((whole + step - 1n) / step) * step);
}

function sealedLength(plain: number): number {
  return 36 + plain + 16 * Math.ceil(plain / 262_144);
}

export function makePadme(): VectorFile {
  const lengths = new Set([0, 1, 2, 3, 9, 100, 1_000, 1_023, 1_024, 1_025, 4_095, 4_096, 4_097, 65_537, 10_000_000, 100_000_000_000]);
  for (let exponent = 2; exponent <= 44; exponent++) for (const offset of [-1, 0, 1]) lengths.add(2 ** exponent + offset);
  const cases = [...lengths]
    .sort((a, b) => a - b)
    .map((length): VectorCase => ({ name: `${length}`, verdict: 'accepted', length, padded: padme(length) }));
  return { about: 'Padmé around every power of two up to 2^44.', spec: 'ropes.md#padding', cases };
}

export function makeSizes(): VectorFile {
  const plains = new Set<number>();
  for (let plain = 1_024; plain <= chunk; plain++) if (plain % 131_072 === 0 || padme(plain) === plain) plains.add(plain);
  const allowed = [...plains].map(sealedLength);
  const accept = (plain: number): VectorCase => ({
    name: `P ${plain}`,
    verdict: 'accepted',
    plainLength: plain,
    sealedLength: sealedLength(plain),
  });
  const refuse = (name: string, sealed: number, plain: number | null): VectorCase => ({
    name,
    verdict: 'refused',
    code: 'bad-object',
    step: plain === null ? 'length' : 'allowed',
    sealedLength: sealed,
    plainLength: plain,
  });
  const cases = [
    { name: 'all allowed lengths', verdict: 'accepted', allowed } as VectorCase,
    ...[1_024, 4_096, 131_072, 262_144, 270_336, 393_216, 524_288, 1_835_008, chunk].map(accept),
    refuse('nothing', 0, null),
    refuse('header and tag alone', 52, null),
    refuse('one byte', 53, 1),
    refuse('below the floor', sealedLength(1_023), 1_023),
    refuse('no Padmé value', sealedLength(1_025), 1_025),
    refuse('one byte off a step', sealedLength(262_145), 262_145),
    refuse('a last segment of a tag alone', 36 + 262_160 + 16, null),
    refuse('a last segment of part of a tag', 36 + 262_160 + 3, null),
    refuse('one byte beyond the longest', sealedLength(chunk) + 1, null),
    refuse('17 segments', 36 + 17 * 262_160, null),
  ];
  return { about: 'Lengths of sealed objects, and the 289 that a server takes.', spec: 'cae-1.md#sizes', cases };
}

/** [hex, what it is] */
const canonical: readonly (readonly [string, string])[] = [
  ['00', '0'],
  ['01', '1'],
  ['17', '23'],
  ['1818', '24'],
  ['18ff', '255'],
  ['190100', '256'],
  ['19ffff', '65535'],
  ['1a00010000', '65536'],
  ['1affffffff', '2^32-1'],
  ['1b0000000100000000', '2^32'],
  ['1b001fffffffffffff', '2^53-1'],
  ['1b0020000000000000', '2^53'],
  ['1bffffffffffffffff', '2^64-1'],
  ['20', '-1'],
  ['37', '-24'],
  ['3818', '-25'],
  ['38ff', '-256'],
  ['390100', '-257'],
  ['3b001ffffffffffffe', '-(2^53-1)'],
  ['3b001fffffffffffff', '-2^53'],
  ['3bffffffffffffffff', '-2^64'],
  ['40', 'no bytes'],
  ['4400010203', 'bytes'],
  [`5818${'ab'.repeat(24)}`, '24 bytes'],
  [`590100${'cd'.repeat(256)}`, '256 bytes'],
  ['60', 'no text'],
  ['6161', '"a"'],
  ['63e282ac', '"€"'],
  ['64f09f9982', 'an emoji'],
  ['63efbbbf', 'U+FEFF alone'],
  ['64efbbbf61', 'U+FEFF before "a"'],
  ['6100', 'NUL in text'],
  ['6365cc81', 'text that is not NFC'],
  [`7823efbbbf${'61'.repeat(32)}`, 'U+FEFF before 32 letters'],
  ['80', 'no items'],
  ['83010203', '[1, 2, 3]'],
  ['8180', '[[]]'],
  [`9818${'00'.repeat(24)}`, '24 items'],
  ['a0', 'empty map'],
  ['a10102', '{1: 2}'],
  ['a2000001f6', '{0: 0, 1: null}'],
  ['a217001818 00'.replace(' ', ''), '{23: 0, 24: 0}'],
  ['a218ff0019010000', '{255: 0, 256: 0}'],
  ['a11b001fffffffffffff00', 'the largest key'],
  ['f4', 'false'],
  ['f5', 'true'],
  ['f6', 'null'],
  [`${'81'.repeat(16)}00`, '16 arrays around a number'],
];

/** [hex, why] */
const nonCanonical: readonly (readonly [string, string])[] = [
  ['', 'nothing'],
  ['1800', '0 in two bytes'],
  ['1817', '23 in two bytes'],
  ['190000', '0 in three bytes'],
  ['1900ff', '255 in three bytes'],
  ['1a0000ffff', '65535 in five bytes'],
  ['1b00000000ffffffff', '2^32-1 in nine bytes'],
  ['3800', '-1 in two bytes'],
  ['3817', '-24 in two bytes'],
  ['3900ff', '-256 in three bytes'],
  ['3a0000ffff', '-65536 in five bytes'],
  ['3b00000000ffffffff', '-2^32 in nine bytes'],
  ['5800', 'length 0 of bytes in two bytes'],
  ['5801aa', 'length 1 of bytes in two bytes'],
  ['590001aa', 'length 1 of bytes in three bytes'],
  ['5a00000001aa', 'length 1 of bytes in five bytes'],
  ['5b0000000000000001aa', 'length 1 of bytes in nine bytes'],
  ['780161', 'length 1 of text in two bytes'],
  ['79000161', 'length 1 of text in three bytes'],
  ['980100', 'length 1 of an array in two bytes'],
  ['99000100', 'length 1 of an array in three bytes'],
  ['b8010000', 'length 1 of a map in two bytes'],
  ['b900010000', 'length 1 of a map in three bytes'],
  ['5f41aaff', 'bytes of indefinite length'],
  ['5fff', 'no bytes of indefinite length'],
  ['7f6161ff', 'text of indefinite length'],
  ['9f00ff', 'array of indefinite length'],
  ['9fff', 'empty array of indefinite length'],
  ['bf0000ff', 'map of indefinite length'],
  ['bfff', 'empty map of indefinite length'],
  ['ff', 'a break alone'],
  ['81ff', 'a break in an array'],
  ['f90000', 'half float 0'],
  ['f93c00', 'half float 1'],
  ['f97e00', 'half float NaN'],
  ['f97c00', 'half float infinity'],
  ['fa3f800000', 'single float 1'],
  ['fb3ff0000000000000', 'double float 1'],
  ['fb3ff199999999999a', 'double float 1.1'],
  ['fb7ff8000000000000', 'double float NaN'],
  ['f7', 'undefined'],
  ['e0', 'simple value 0'],
  ['f3', 'simple value 19'],
  ['f820', 'simple value 32'],
  ['f8ff', 'simple value 255'],
  ['f814', 'false in two bytes'],
  ['f800', 'simple value 0 in two bytes'],
  ['c000', 'tag 0'],
  ['c11a514b67b0', 'tag 1, a time'],
  ['c24101', 'tag 2, a large number'],
  ['c249010000000000000000', '2^64 as a large number'],
  ['c340', 'tag 3'],
  ['d81801', 'tag 24'],
  ['d9d9f700', 'tag 55799, a CBOR document'],
  ['1c', 'reserved 28'],
  ['1d', 'reserved 29'],
  ['1e', 'reserved 30'],
  ['1f', 'an indefinite integer'],
  ['3f', 'an indefinite negative integer'],
  ['5c', 'reserved length of bytes'],
  ['fc', 'reserved simple'],
  ['18', 'cut in the argument'],
  ['19ff', 'cut in the argument of two bytes'],
  ['1bffffffffffffff', 'cut in the argument of eight bytes'],
  ['41', 'cut in bytes'],
  ['42aa', 'cut in bytes after one'],
  ['62c3', 'cut in text'],
  ['81', 'cut in an array'],
  ['8200', 'cut in an array after one'],
  ['a1', 'cut in a map'],
  ['a100', 'cut after a key'],
  ['5bffffffffffffffff', '2^64-1 bytes announced'],
  ['9bffffffffffffffff', '2^64-1 items announced'],
  ['bbffffffffffffffff', '2^64-1 pairs announced'],
  ['9affffffff00', '2^32-1 items announced'],
  ['7bffffffffffffffff', '2^64-1 bytes of text announced'],
  ['0000', 'a second value after the end'],
  ['a000', 'a byte after a map'],
  ['00ff', 'a break after the end'],
  ['f6f6', 'null twice'],
  ['61ff', 'text of the byte ff'],
  ['62c328', 'text with a bad second byte'],
  ['62c080', 'NUL in two bytes'],
  ['63eda080', 'an unpaired surrogate'],
  ['66eda080edb080', 'a surrogate pair in six bytes'],
  ['64f4908080', 'beyond U+10FFFF'],
  ['63e08080', 'an overlong form'],
  ['6180', 'a continuation byte alone'],
  ['a201000000', 'keys unsorted'],
  ['a21818001700', 'keys unsorted by length'],
  ['a219010000 18ff00'.replace(' ', ''), 'keys unsorted, 256 before 255'],
  ['a200000001', 'a key twice'],
  ['a2000000f6', 'a key twice with another value'],
  ['a12000', 'key -1'],
  ['a1616100', 'a text key'],
  ['a1410000', 'a key of bytes'],
  ['a18000', 'an array as key'],
  ['a1f400', 'false as key'],
  ['a1f600', 'null as key'],
  ['a1a000', 'a map as key'],
  ['a11b002000000000000000', 'key 2^53'],
  ['a1180000', 'a key in a longer form'],
  [`${'81'.repeat(17)}00`, '17 arrays around a number'],
  ['81'.repeat(100_000).slice(0, 4_000), 'arrays without end'],
  [`${'a100'.repeat(17)}00`, '17 maps around a number'],
  ['821800 00'.replace(' ', ''), 'a longer form inside an array'],
  ['a1001800', 'a longer form inside a map'],
];

export function makeDcbor(): VectorFile {
  const accepted = canonical.map(([bytes, name]): VectorCase => ({ name, verdict: 'accepted', bytes }));
  const refused = nonCanonical.map(
    ([bytes, name]): VectorCase => ({ name: `refused: ${name}`, verdict: 'refused', code: 'bad-object', step: 'dcbor', bytes }),
  );
  return {
    about: 'Canonical and other encodings. An accepted one encodes to the same bytes again.',
    spec: 'conventions.md#dcbor',
    cases: [...accepted, ...refused],
  };
}

export function makeNames(): VectorFile {
  const accept = (name: string, text: string): VectorCase => ({ name, verdict: 'accepted', text });
  const refuse = (name: string, step: string, text: string): VectorCase => ({ name, verdict: 'refused', code: 'bad-name', step, text });
  return {
    about: 'The grammar of names. `step` is the reason.',
    spec: 'directories.md#names',
    cases: [
      accept('plain', 'report.pdf'),
      accept('one letter', 'a'),
      accept('space alone', ' '),
      accept('three dots', '...'),
      accept('hidden', '.profile'),
      accept('dot at the end', 'a.'),
      accept('reserved elsewhere', 'CON'),
      accept('colon', 'a:b'),
      accept('backslash', 'a\\b'),
      accept('line break', 'a\nb'),
      accept('composed accent', 'caf\u00e9'),
      accept('emoji', '\u{1f642}'),
      accept('right-to-left override', 'a\u202etxt.exe'),
      accept('U+FEFF', '\ufeffa'),
      accept('255 bytes', 'a'.repeat(255)),
      accept('255 bytes in three-byte letters', '\u20ac'.repeat(85)),
      accept('Hangul syllable', '\ud55c'),
      refuse('empty', 'empty', ''),
      refuse('dot', 'dots', '.'),
      refuse('two dots', 'dots', '..'),
      refuse('slash', 'slash', 'a/b'),
      refuse('slash alone', 'slash', '/'),
      refuse('climbing', 'slash', '../a'),
      refuse('NUL', 'nul', 'a\0b'),
      refuse('decomposed accent', 'not-normal', 'cafe\u0301'),
      refuse('Hangul letters', 'not-normal', '\u1112\u1161\u11ab'),
      refuse('Kelvin sign', 'not-normal', '\u212a'),
      refuse('high surrogate', 'surrogate', 'a\ud800'),
      refuse('low surrogate', 'surrogate', '\udc00a'),
      refuse('surrogates the wrong way round', 'surrogate', '\udc00\ud800'),
      refuse('256 bytes', 'too-long', 'a'.repeat(256)),
      refuse('256 bytes, the last letter of two', 'too-long', `${'a'.repeat(254)}\u00e9`),
    ],
  };
}

export function makeBatch(): VectorFile {
  const frame = (content: Uint8Array): { id: string; bytes: string } => ({ id: hex(hash(content)), bytes: hex(content) });
  const encode = (frames: readonly { id: string; bytes: string }[]): string =>
    frames.map(({ id, bytes }) => `${hex(u32(bytes.length / 2))}${id}${bytes}`).join('');
  const accept = (name: string, frames: readonly { id: string; bytes: string }[]): VectorCase => ({
    name,
    verdict: 'accepted',
    body: { hex: encode(frames) },
    frames,
    written: encode(frames),
  });
  const refuse = (name: string, step: string, body: unknown, change: Record<string, unknown> = {}): VectorCase => ({
    name,
    verdict: 'refused',
    code: 'bad-object',
    step,
    body,
    ...change,
  });
  const [one, two, three] = [frame(ascii('one')), frame(mod251(300)), frame(fixed('frame', 77))];
  const absent = { id: hex(fixed('absent')), bytes: '' };
  return {
    about:
      'Bodies of frames. The parser checks the form; hashes are compared by who uses a frame. `repeat` gives the body that many times.',
    spec: 'batches.md',
    cases: [
      accept('no frame', []),
      accept('one frame', [one]),
      accept('three frames', [one, two, three]),
      accept('the same frame twice', [one, one]),
      accept('an absent object', [absent]),
      accept('absent between others', [one, absent, two]),
      refuse('cut in the length', 'end', { hex: '0000' }),
      refuse('cut in the id', 'end', { hex: encode([one]).slice(0, 40) }),
      refuse('header without its bytes', 'end', { hex: encode([one]).slice(0, 72) }),
      refuse('one byte short', 'end', { hex: encode([one, two]).slice(0, -2) }),
      refuse('one byte more', 'end', { hex: `${encode([one])}00` }),
      refuse('a frame longer than an object', 'frame', { hex: `${hex(u32(4_194_597))}${one.id}` }),
      refuse('a length of 2^32-1', 'frame', { hex: `ffffffff${one.id}00` }),
      refuse('8,193 frames', 'frames', { hex: encode([absent]) }, { repeat: 8_193 }),
      refuse('longer than a batch', 'body', { hex: encode([frame(new Uint8Array(2_048))]) }, { repeat: 8_100 }),
    ],
  };
}
