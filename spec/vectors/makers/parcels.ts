// The file parcels: lists of what was sent without an account and is kept by one, put together byte by byte.
import { fixed, hex, type VectorCase, type VectorFile } from './reference.ts';

type Parcel = { readonly secret: Uint8Array; readonly space: Uint8Array; readonly title: string; readonly keptMs: number };

const first: Parcel = { secret: fixed('parcel secret'), space: fixed('parcel space'), title: 'Été 2026', keptMs: 1_790_000_000_000 };
const second: Parcel = { secret: fixed('other secret'), space: fixed('other space'), title: '', keptMs: 0 };

export function makeParcels(): VectorFile {
  const entries = fieldsOf(first);
  const broken = (name: string, step: string, parts: readonly (readonly number[])[]) => refuse(name, step, listOf([map(parts)]));
  return {
    about: 'Lists of parcels that an account keeps, and what is no such list.',
    spec: 'drive.md',
    cases: [
      accept('an empty list', []),
      accept('one parcel', [first]),
      accept('two parcels, one without a title', [first, second]),
      accept('the latest time there is', [{ ...first, keptMs: Number.MAX_SAFE_INTEGER }]),
      refuse('nothing', 'form', []),
      refuse('another version', 'version', [0x82, 0x02, 0x80]),
      refuse('a list without its version', 'form', [0x81, 0x80]),
      refuse('a third item', 'form', [0x83, 0x01, 0x80, 0x80]),
      refuse('bytes behind the list', 'form', [0x82, 0x01, 0x80, 0x00]),
      refuse('a list cut short', 'form', listOf([map(entries)]).slice(0, -1)),
      refuse('a list in a longer form than it needs', 'form', [0x82, 0x01, 0x98, 0x00]),
      refuse('a version in a longer form than it needs', 'form', [0x82, 0x18, 0x01, 0x80]),
      broken('a secret that is too short', 'parcel', fieldsOf({ ...first, secret: first.secret.subarray(1) })),
      broken('a space that is too long', 'parcel', fieldsOf({ ...first, space: new Uint8Array(33) })),
      broken('a parcel without a space', 'parcel', entries.filter((_, i) => i !== 1)),
      broken('a parcel without a time', 'parcel', entries.slice(0, 3)),
      broken('a key that is not known', 'parcel', [...entries, [0x05, 0x00]]),
      broken('keys in another order', 'parcel', [entries[1] ?? [], entries[0] ?? [], ...entries.slice(2)]),
      broken('a key twice', 'parcel', [entries[0] ?? [], ...entries]),
      broken('a title of bytes', 'parcel', entries.map((entry, i) => (i === 2 ? [0x03, 0x41, 0x61] : entry))),
      broken('a title that is no UTF-8', 'parcel', entries.map((entry, i) => (i === 2 ? [0x03, 0x61, 0xff] : entry))),
      broken('a time before 1970', 'parcel', entries.map((entry, i) => (i === 3 ? [0x04, 0x20] : entry))),
      broken('a time that is no integer', 'parcel', entries.map((entry, i) => (i === 3 ? [0x04, 0xfb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0] : entry))),
      refuse('a parcel that is an array', 'parcel', listOf([[0x80]])),
    ],
  };
}

function accept(name: string, parcels: readonly Parcel[]): VectorCase {
  const list = listOf(parcels.map((parcel) => map(fieldsOf(parcel))));
  const told = parcels.map(({ secret, space, title, keptMs }) => [hex(secret), hex(space), title, keptMs]);
  return { name, verdict: 'accepted', list: hex(Uint8Array.from(list)), parcels: told };
}

function refuse(name: string, step: string, list: readonly number[]): VectorCase {
  return { name, verdict: 'refused', step, code: 'bad-object', list: hex(Uint8Array.from(list)) };
}

function listOf(parcels: readonly (readonly number[])[]): number[] {
  return [0x82, 0x01, 0x80 + parcels.length, ...parcels.flat()];
}

function map(entries: readonly (readonly number[])[]): number[] {
  return [0xa0 + entries.length, ...entries.flat()];
}

function fieldsOf({ secret, space, title, keptMs }: Parcel): number[][] {
  const text = new TextEncoder().encode(title);
  return [
    [0x01, 0x58, secret.length, ...secret],
    [0x02, 0x58, space.length, ...space],
    [0x03, 0x60 + text.length, ...text],
    [0x04, ...uint(keptMs)],
  ];
}

/** In the shortest form. */
function uint(value: number): number[] {
  if (value < 24) return [value];
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return [0x1b, ...bytes];
}
