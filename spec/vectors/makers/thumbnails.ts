// The file thumbnail.
import { bytes, fixed, hash, hex, sealA, type VectorCase, type VectorFile } from './reference.ts';

const jpeg = 'ffd8ffe0';
const webp = '524946460a0b0c0d57454250';
const label = 'rp1/obj/thumb';

type Given = { readonly begins: string; readonly length: number };
type Change = {
  readonly label?: string;
  /** Of the reference. */
  readonly length?: number;
  /** [place in the padded plaintext, byte to put there] */
  readonly put?: readonly [number, number];
};

export function makeThumbnail(): VectorFile {
  const photo = { begins: jpeg, length: 20_000 };
  return {
    about: 'Thumbnails: sealed from a picture, opened again, and what is refused.',
    spec: 'thumbnails.md',
    cases: [
      accept('a JPEG', 'image/jpeg', photo),
      accept('a WebP', 'image/webp', { begins: webp, length: 9_000 }),
      accept('one step of padding, all used', 'image/webp', { begins: webp, length: 16_384 }),
      accept('one byte more', 'image/jpeg', { begins: jpeg, length: 16_385 }),
      accept('as long as may be', 'image/jpeg', { begins: jpeg, length: 262_144 }),
      refuse('a PNG', 'form', 'bad-object', { begins: '89504e470d0a1a0a', length: 500 }),
      refuse('a document', 'form', 'bad-object', { begins: '3c68746d6c3e', length: 500 }),
      refuse('a RIFF file of sound', 'form', 'bad-object', { begins: '524946460a0b0c0d57415645', length: 500 }),
      refuse('two bytes', 'form', 'bad-object', { begins: 'ffd8', length: 2 }),
      refuse('a picture that is too long', 'limit', 'bad-object', { begins: jpeg, length: 262_145 }),
      refuse('padding that is not zero', 'padding', 'bad-object', photo, { put: [32_767, 1] }),
      refuse('a reference one byte short', 'padding', 'bad-object', photo, { length: 19_999 }),
      refuse('a reference to a longer object', 'length', 'reject', photo, { length: 32_769 }),
      refuse('label of a chunk', 'commitment', 'reject', photo, { label: 'rp1/obj/data' }),
      refuse('label of a node', 'commitment', 'reject', photo, { label: 'rp1/obj/node' }),
    ],
  };
}

function accept(name: string, type: string, given: Given): VectorCase {
  return { name, verdict: 'accepted', type, ...sealed(given, {}) };
}

function refuse(name: string, step: string, code: string, given: Given, change: Change = {}): VectorCase {
  return { name, verdict: 'refused', step, code, ...sealed(given, change) };
}

function sealed({ begins, length }: Given, change: Change): Record<string, unknown> {
  const plain = new Uint8Array(16_384 * Math.ceil(length / 16_384));
  for (let j = 0; j < length; j++) plain[j] = j % 251;
  plain.set(bytes(begins));
  const edits = change.put ? [{ put: hex(Uint8Array.of(change.put[1])), at: change.put[0] }] : [];
  if (change.put) plain[change.put[0]] = change.put[1];
  const key = fixed('thumbnail key');
  const object = sealA(change.label ?? label, key, plain);
  return {
    label: change.label ?? label,
    key: hex(key),
    picture: { begins, mod251: length },
    length: change.length ?? length,
    ...(edits.length > 0 && { edits }),
    sealedLength: object.length,
    id: hex(hash(object)),
  };
}
