// The file parcels: lists of what was sent without an account and is kept by one, put together byte by byte.
import { acceptList, type Entry, listOf, refuseList, rubbish } from './kept-lists.ts';
import { fixed, hex, type VectorCase, type VectorFile } from './reference.ts';

type Parcel = { readonly secret: Uint8Array; readonly space: Uint8Array; readonly title: string; readonly keptMs: number };

const first: Parcel = { secret: fixed('parcel secret'), space: fixed('parcel space'), title: 'Été 2026', keptMs: 1_790_000_000_000 };
const second: Parcel = { secret: fixed('other secret'), space: fixed('other space'), title: '', keptMs: 0 };

export function makeParcels(): VectorFile {
  const entries = fieldsOf(first);
  const accept = (name: string, ...parcels: readonly Entry[]): VectorCase => acceptList('parcels', name, parcels);
  const broken = (name: string, parts: readonly (readonly number[])[]) => accept(name, { bytes: map(parts) });
  const noCbor = (name: string, parts: readonly (readonly number[])[]) => refuseList(name, 'form', listOf(1, [{ bytes: map(parts) }]));
  const field = (at: number, bytes: readonly number[]) => entries.map((entry, i) => (i === at ? bytes : entry));
  return {
    about: 'Lists of parcels that an account keeps, what nobody can read among them, and what is no such list.',
    spec: 'drive.md',
    cases: [
      accept('an empty list'),
      accept('one parcel', kept(first)),
      accept('two parcels, one without a title', kept(first), kept(second)),
      accept('the latest time there is', kept({ ...first, keptMs: momentMax })),
      broken('a time that no date can say', fieldsOf({ ...first, keptMs: momentMax + 1 })),
      broken('a secret that is too short', fieldsOf({ ...first, secret: first.secret.subarray(1) })),
      broken('a space that is too long', fieldsOf({ ...first, space: new Uint8Array(33) })),
      broken('a parcel without a space', entries.filter((_, i) => i !== 1)),
      broken('a parcel without a time', entries.slice(0, 3)),
      broken('a key that is not known', [...entries, [0x05, 0x00]]),
      broken('a title of bytes', field(2, [0x03, 0x41, 0x61])),
      broken('a time before 1970', field(3, [0x04, 0x20])),
      accept('a parcel that is an array', { bytes: [0x80] }),
      accept('a space twice', kept(first), { bytes: map(fieldsOf({ ...second, space: first.space })) }),
      accept('parcels between which stands what nobody can read', rubbish[0] as Entry, kept(first), rubbish[1] as Entry, kept(second)),
      refuseList('nothing', 'form', []),
      refuseList('another version', 'version', [0x82, 0x02, 0x80]),
      refuseList('a list without its version', 'form', [0x81, 0x80]),
      refuseList('a third item', 'form', [0x83, 0x01, 0x80, 0x80]),
      refuseList('bytes behind the list', 'form', [0x82, 0x01, 0x80, 0x00]),
      refuseList('a list cut short', 'form', listOf(1, [kept(first)]).slice(0, -1)),
      refuseList('a list in a longer form than it needs', 'form', [0x82, 0x01, 0x98, 0x00]),
      refuseList('a version in a longer form than it needs', 'form', [0x82, 0x18, 0x01, 0x80]),
      noCbor('keys in another order', [entries[1] ?? [], entries[0] ?? [], ...entries.slice(2)]),
      noCbor('a key twice', [entries[0] ?? [], ...entries]),
      noCbor('a title that is no UTF-8', field(2, [0x03, 0x61, 0xff])),
      noCbor('a time that is no integer', field(3, [0x04, 0xfb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0])),
    ],
  };
}

/** The last moment that a date can say. */
const momentMax = 8_640_000_000_000_000;

function kept(parcel: Parcel): Entry {
  const { secret, space, title, keptMs } = parcel;
  return { bytes: map(fieldsOf(parcel)), told: [hex(secret), hex(space), title, keptMs] };
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
