// The files cae-a, cae-b, cae-range, salamander and kdf.
import { createDecipheriv } from 'node:crypto';
import { collide } from './collision.ts';
import {
  ascii,
  bytes,
  derive,
  fixed,
  hash,
  hex,
  mod251,
  nonce,
  padMessage,
  sealA,
  sealB,
  sealSegment,
  u32,
  type VectorCase,
  type VectorFile,
} from './reference.ts';

const counting = Uint8Array.from({ length: 32 }, (_, i) => i);
const dataLabel = 'rp1/obj/data';
const segment = 262_144;
const sealedSegment = segment + 16;

export function makeCaeA(): VectorFile {
  const fox = new Uint8Array(64);
  fox.set(ascii('The quick brown fox'));
  const accepted = [
    acceptA('fox', dataLabel, { hex: hex(fox) }, fox),
    acceptA('three-segments', dataLabel, { mod251: 528_384 }, mod251(528_384)),
    ...[1, segment - 1, segment, segment + 1, 4_194_304].map((length) =>
      acceptA(`P-${length}`, dataLabel, { mod251: length }, mod251(length)),
    ),
    acceptA('zeros', dataLabel, { zeros: 4_096 }, new Uint8Array(4_096)),
    acceptA('node', 'rp1/obj/node', { mod251: 1_024 }, mod251(1_024)),
    acceptA('manifest', 'rp1/obj/manifest', { mod251: 1_024 }, mod251(1_024)),
  ];
  return { about: 'Objects of mode A: sealed, opened whole, and what is refused.', spec: 'cae-1.md', cases: [...accepted, ...refusalsA()] };
}

function acceptA(name: string, label: string, plain: unknown, content: Uint8Array): VectorCase {
  const object = sealA(label, counting, content);
  const short = object.length <= 2_048 ? { object: hex(object) } : {};
  return { name, verdict: 'accepted', label, key: hex(counting), plain, sealedLength: object.length, id: hex(hash(object)), ...short };
}

type Change = {
  readonly edits?: readonly unknown[];
  readonly rehash?: boolean;
  readonly label?: string;
  readonly key?: string;
  readonly sealedLength?: number;
};

function refusalsA(): VectorCase[] {
  const refuse =
    (of: string, length: number) =>
    (name: string, step: string, change: Change): VectorCase => {
      return {
        name: `${of}: ${name}`,
        verdict: 'refused',
        code: 'reject',
        step,
        of,
        label: dataLabel,
        key: hex(counting),
        sealedLength: length,
        ...change,
      };
    };
  const fox = refuse('fox', 116);
  const three = refuse('three-segments', 528_468);
  const second = [36 + sealedSegment, 36 + 2 * sealedSegment] as const;
  const first = [36, second[0]] as const;
  const rest = [second[1], 528_468] as const;
  const header = [0, 36] as const;
  return [
    fox('one byte short', 'length', { edits: [{ cut: 115 }], rehash: true }),
    fox('one byte long', 'length', { edits: [{ append: '00' }], rehash: true }),
    fox('empty', 'length', { edits: [{ cut: 0 }], rehash: true }),
    fox('no plaintext has this length', 'length', { edits: [{ cut: 52 }], rehash: true, sealedLength: 52 }),
    three('a last segment of 16 bytes', 'length', {
      edits: [{ cut: 36 + sealedSegment + 16 }],
      rehash: true,
      sealedLength: 36 + sealedSegment + 16,
    }),
    fox('bit of the ciphertext', 'hash', { edits: [{ flip: 40, mask: 1 }] }),
    fox('bit of the tag', 'hash', { edits: [{ flip: 115, mask: 128 }] }),
    fox('magic of mode B', 'magic', { edits: [{ put: '42', at: 2 }], rehash: true }),
    fox('suite 0', 'magic', { edits: [{ put: '00', at: 3 }], rehash: true }),
    fox('suite 2', 'magic', { edits: [{ put: '02', at: 3 }], rehash: true }),
    ...[4, 20, 35].map((at) => fox(`commitment byte ${at}`, 'commitment', { edits: [{ flip: at, mask: 1 }], rehash: true })),
    fox('another key', 'commitment', { key: hex(fixed('another key')) }),
    fox('label of a node', 'commitment', { label: 'rp1/obj/node' }),
    fox('label of a manifest', 'commitment', { label: 'rp1/obj/manifest' }),
    ...[36, 99, 100, 115].map((at) => fox(`byte ${at} under its own hash`, 'segment', { edits: [{ flip: at, mask: 1 }], rehash: true })),
    three('first two segments swapped', 'segment', { edits: [{ splice: [header, second, first, rest] }], rehash: true }),
    three('second segment twice', 'segment', { edits: [{ splice: [header, second, second, rest] }], rehash: true }),
    three('first segment twice', 'segment', { edits: [{ splice: [header, first, first, rest] }], rehash: true }),
    three('last segment cut off', 'segment', { edits: [{ cut: second[1] }], rehash: true, sealedLength: second[1] }),
    three('last two segments cut off', 'segment', { edits: [{ cut: second[0] }], rehash: true, sealedLength: second[0] }),
    three('second segment left out', 'segment', {
      edits: [{ splice: [header, first, rest] }],
      rehash: true,
      sealedLength: 528_468 - sealedSegment,
    }),
    three('last segment in front', 'segment', { edits: [{ splice: [header, rest, first, second] }], rehash: true }),
    three('one byte between segments lost', 'segment', {
      edits: [
        {
          splice: [
            [0, 1_000],
            [1_001, 528_468],
          ],
        },
      ],
      rehash: true,
      sealedLength: 528_467,
    }),
  ];
}

export function makeCaeB(): VectorFile {
  const slot = { label: 'rp1/seal/slot/password', key: counting, context: ascii('ctx'), salt: new Uint8Array(32).fill(0x5a) };
  const link = { label: 'rp1/seal/link', key: fixed('kept key'), context: fixed('context', 24), salt: fixed('salt') };
  const accepted = [
    acceptB('slot', slot, { hex: hex(ascii('secret')) }, ascii('secret'), 32),
    acceptB('empty message', link, { hex: '' }, new Uint8Array(), 1_024),
    acceptB('message ends with the mark', link, { hex: '0180' }, bytes('0180'), 1_024),
    acceptB('message ends with zeros', link, { hex: '010000' }, bytes('010000'), 1_024),
    acceptB('no room but for the mark', link, { mod251: 1_023 }, mod251(1_023), 1_024),
    acceptB('empty context', { ...link, context: new Uint8Array() }, { hex: 'ff' }, bytes('ff'), 1_024),
    acceptB('largest message', link, { mod251: segment - 1 }, mod251(segment - 1), segment),
  ];
  const sealed = sealB(slot, padMessage(ascii('secret'), 32));
  const flip = (at: number): Uint8Array => sealed.map((byte, i) => (i === at ? byte ^ 1 : byte));
  const refuse = (name: string, step: string, bad: Uint8Array, change: Record<string, unknown> = {}): VectorCase => ({
    name,
    verdict: 'refused',
    code: 'reject',
    step,
    label: slot.label,
    key: hex(slot.key),
    context: hex(slot.context),
    sealed: hex(bad),
    ...change,
  });
  const refused = [
    refuse('empty', 'length', new Uint8Array()),
    refuse('header alone', 'length', sealed.slice(0, 68)),
    refuse('no plaintext', 'length', sealed.slice(0, 84)),
    refuse(
      'magic of mode A',
      'magic',
      flip(2).map((byte, i) => (i === 2 ? 0x41 : byte)),
    ),
    refuse('suite 0', 'magic', flip(3)),
    refuse('salt', 'commitment', flip(4)),
    refuse('commitment', 'commitment', flip(67)),
    refuse('another key', 'commitment', sealed, { key: hex(fixed('another key')) }),
    refuse('another label', 'commitment', sealed, { label: 'rp1/seal/link' }),
    refuse('another context', 'commitment', sealed, { context: hex(ascii('ctX')) }),
    refuse('longer context', 'commitment', sealed, { context: hex(ascii('ctx\0')) }),
    refuse('ciphertext', 'segment', flip(68)),
    refuse('tag', 'segment', flip(sealed.length - 1)),
    refuse('one byte short', 'segment', sealed.slice(0, -1)),
    refuse('one byte long', 'segment', new Uint8Array([...sealed, 0])),
    refuse('two segments', 'segment', sealTwoSegments(slot)),
    refuse('counter 1', 'segment', sealWithNonce(slot, 1, true)),
    refuse('no final flag', 'segment', sealWithNonce(slot, 0, false)),
    refuse('padding of zeros alone', 'padding', sealB(slot, new Uint8Array(32))),
    refuse('padding without the mark', 'padding', sealB(slot, new Uint8Array(32).fill(1, 0, 7))),
    refuse('mark 81', 'padding', sealB(slot, new Uint8Array([1, 0x81, 0, 0]))),
  ];
  return { about: 'Messages of mode B.', spec: 'cae-1.md', cases: [...accepted, ...refused] };
}

type Slot = { readonly label: string; readonly key: Uint8Array; readonly context: Uint8Array; readonly salt: Uint8Array };

function acceptB(name: string, seal: Slot, message: unknown, content: Uint8Array, paddedLength: number): VectorCase {
  const sealed = sealB(seal, padMessage(content, paddedLength));
  const short = sealed.length <= 2_048 ? { sealed: hex(sealed) } : {};
  const { label, key, context, salt } = seal;
  const fields = { label, key: hex(key), context: hex(context), salt: hex(salt), message, paddedLength };
  return { name, verdict: 'accepted', ...fields, sealedHash: hex(hash(sealed)), ...short };
}

function sealWithNonce(seal: Slot, index: number, final: boolean): Uint8Array {
  const { encryptionKey, commitment, info, magic } = derive('B', seal);
  const padded = padMessage(ascii('secret'), 32);
  return new Uint8Array(Buffer.concat([magic, seal.salt, commitment, sealSegment(encryptionKey, info, index, final, padded)]));
}

/** As long as one segment of 48 bytes would be: 16 bytes, their tag, 16 more bytes. */
function sealTwoSegments(seal: Slot): Uint8Array {
  const { encryptionKey, commitment, info, magic } = derive('B', seal);
  const [first, last] = [
    sealSegment(encryptionKey, info, 0, false, mod251(16)),
    sealSegment(encryptionKey, info, 1, true, padMessage(new Uint8Array(), 16)),
  ];
  return new Uint8Array(Buffer.concat([magic, seal.salt, commitment, first, last]));
}

export function makeCaeRange(): VectorFile {
  const plain = mod251(528_384);
  const base: VectorCase = {
    name: 'whole',
    verdict: 'accepted',
    label: dataLabel,
    key: hex(counting),
    plain: { mod251: 528_384 },
    sealedLength: 528_468,
    segments: [0, 3],
    bytes: [36, 528_468],
    plainHash: hex(hash(plain)),
  };
  const start = (i: number): number => Math.min(36 + sealedSegment * i, 528_468);
  const range = (name: string, first: number, count: number, change: Record<string, unknown> = {}): VectorCase => ({
    name,
    verdict: 'accepted',
    of: 'whole',
    label: dataLabel,
    key: hex(counting),
    sealedLength: 528_468,
    segments: [first, count],
    bytes: [start(first), start(first + count)],
    plainHash: hex(hash(plain.subarray(segment * first, segment * (first + count)))),
    ...change,
  });
  const refuse = (name: string, step: string, first: number, count: number, change: Record<string, unknown>): VectorCase => {
    const { plainHash: _, ...rest } = range(name, first, count, change);
    return { ...rest, verdict: 'refused', code: 'reject', step };
  };
  const [s0, s1, s2] = [
    [start(0), start(1)],
    [start(1), start(2)],
    [start(2), start(3)],
  ];
  return {
    about: 'Segments of an object opened without the rest of it. `bytes` are those of the object that the reader is given.',
    spec: 'cae-1.md#open-a-range',
    cases: [
      base,
      range('segment 0', 0, 1),
      range('segment 1', 1, 1),
      range('segment 2', 2, 1),
      range('segments 0 and 1', 0, 2),
      range('segments 1 and 2', 1, 2),
      refuse('segment 1 for segment 0', 'segment', 0, 1, { bytes: s1 }),
      refuse('segment 0 for segment 1', 'segment', 1, 1, { bytes: s0 }),
      refuse('shifted by one byte', 'segment', 1, 1, { bytes: [start(1) + 1, start(2) + 1] }),
      refuse('one byte short', 'range', 1, 1, { bytes: [start(1), start(2) - 1] }),
      refuse('one byte long', 'range', 1, 1, { bytes: [start(1), start(2) + 1] }),
      refuse('nothing', 'range', 1, 1, { bytes: [0, 0] }),
      refuse('two segments for one', 'range', 0, 1, { bytes: [start(0), start(2)] }),
      refuse('the last segment for another', 'range', 1, 1, { bytes: s2 }),
      refuse('beyond the end', 'range', 3, 1, { bytes: s2 }),
      refuse('one too many', 'range', 2, 2, { bytes: s2 }),
      refuse('none', 'range', 1, 0, { bytes: [start(1), start(1)] }),
      refuse('before the start', 'range', -1, 1, { bytes: s0 }),
      refuse('object said to end with segment 1', 'segment', 1, 1, { sealedLength: start(2) }),
      refuse('object said to go on after segment 2', 'segment', 2, 1, {
        sealedLength: 36 + 4 * sealedSegment,
        bytes: [start(2), start(3)],
        edits: [{ appendZeros: sealedSegment - (528_468 - start(2)) }],
      }),
      refuse('a length no object has', 'range', 0, 1, { sealedLength: 51 }),
      refuse('another object’s key', 'segment', 1, 1, { key: hex(fixed('another key')) }),
      refuse('another label', 'segment', 1, 1, { label: 'rp1/obj/node' }),
      refuse('one bit', 'segment', 2, 1, { edits: [{ flip: 77, mask: 4 }] }),
      refuse('the second of two', 'segment', 0, 2, { edits: [{ flip: sealedSegment + 5, mask: 4 }] }),
    ],
  };
}

/** One segment that AES-256-GCM opens under two keys: CAE-1 opens it under the key whose commitment it carries, and no other. */
export function makeSalamander(): VectorFile {
  const keys = [fixed('salamander key 1'), fixed('salamander key 2')] as const;
  const context = fixed('salamander context', 24);
  const cases: VectorCase[] = [];
  for (const mode of ['A', 'B'] as const) {
    const label = mode === 'A' ? dataLabel : 'rp1/seal/link';
    const sealing = mode === 'A' ? { label } : { label, context, salt: fixed('salamander salt') };
    const sides = keys.map((key) => derive(mode, { ...sealing, key })) as [ReturnType<typeof derive>, ReturnType<typeof derive>];
    const sealedSegmentBytes = collide(sides[0].encryptionKey, sides[1].encryptionKey, nonce(0, true), sides[0].info, 64);
    const plain = sides.map((side) => openRaw(side.encryptionKey, side.info, sealedSegmentBytes));
    for (const side of [0, 1] as const) {
      const head =
        mode === 'A' ? [sides[side].magic, sides[side].commitment] : [sides[side].magic, fixed('salamander salt'), sides[side].commitment];
      const sealed = new Uint8Array(Buffer.concat([...head, sealedSegmentBytes]));
      cases.push({
        name: `mode ${mode}, commitment of key ${side + 1}, opened with key ${2 - side}`,
        verdict: 'refused',
        code: 'reject',
        step: 'commitment',
        mode,
        label,
        context: mode === 'A' ? '' : hex(context),
        key: hex(keys[1 - side] as Uint8Array),
        sealed: hex(sealed),
        info: hex(sides[0].info),
        segment: hex(sealedSegmentBytes),
        encryptionKey1: hex(sides[0].encryptionKey),
        encryptionKey2: hex(sides[1].encryptionKey),
        plain1: hex(plain[0] as Uint8Array),
        plain2: hex(plain[1] as Uint8Array),
      });
      if (mode === 'A')
        cases.push({
          ...(cases.at(-1) as VectorCase),
          name: `mode A, commitment of key ${side + 1}, opened with key ${side + 1}`,
          verdict: 'accepted',
          key: hex(keys[side]),
          code: undefined,
          step: undefined,
        });
    }
  }
  return { about: 'One AES-256-GCM ciphertext that opens under two keys, wrapped in both modes.', spec: 'cae-1.md', cases };
}

function openRaw(key: Uint8Array, info: Uint8Array, sealed: Uint8Array): Uint8Array {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce(0, true));
  decipher.setAAD(info);
  decipher.setAuthTag(sealed.subarray(-16));
  return new Uint8Array(Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]));
}

export function makeKdf(kdf: (key: Uint8Array, label: string, context: Uint8Array, length: number) => Uint8Array): VectorFile {
  const linkId = fixed('link id', 16);
  const rows: readonly (readonly [string, Uint8Array, number])[] = [
    ['link-id', new Uint8Array(), 16],
    ['link-token', new Uint8Array(), 32],
    ['link-salt', new Uint8Array(), 16],
    ['link-key', new Uint8Array([...linkId, 0x10]), 32],
    ['link-gate', linkId, 32],
    ['anon-identity', new Uint8Array(), 32],
    ['anon-device', new Uint8Array(), 32],
    ['anon-epoch', new Uint8Array(), 32],
    ['anon-link', u32(7), 32],
    ['wallet-account', new Uint8Array(), 32],
    ['wallet-visitor', new Uint8Array(), 32],
    ['wallet-branch', u32(7), 72],
  ];
  const cases = rows.flatMap(([name, context, length]) => {
    const label = `rp1/kdf/${name}`;
    return [fixed('secret'), ...(name === 'link-key' || name === 'link-gate' ? [fixed('secret and password', 64)] : [])].map(
      (key): VectorCase => ({
        name: `${name}, key of ${key.length} bytes`,
        verdict: 'accepted',
        label,
        key: hex(key),
        context: hex(context),
        length,
        output: hex(kdf(key, label, context, length)),
      }),
    );
  });
  return { about: 'One or two derivations for every label.', spec: 'conventions.md#functions', cases };
}
