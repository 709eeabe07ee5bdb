// The file account-names: lists of what devices and passkeys are called, put together byte by byte.
import { acceptList, type Entry, listOf, refuseList, rubbish } from './kept-lists.ts';
import { fixed, hex, type VectorCase, type VectorFile } from './reference.ts';

const [low, high] = [fixed('a device'), fixed('another device')].toSorted((a, b) => (hex(a) < hex(b) ? -1 : 1)) as [Uint8Array, Uint8Array];
const slot = fixed('slot of a passkey').subarray(0, 16);

export function makeAccountNames(): VectorFile {
  const longest = 'é'.repeat(60);
  const laptop = named(low, 'Laptop');
  const phone = named(high, 'Téléphone');
  const key = named(slot, 'Blue key');
  const accept = (name: string, ...entries: readonly Entry[]): VectorCase => acceptList('names', name, entries);
  return {
    about: 'Names of devices and passkeys, what nobody can read among them, and what is no such list.',
    spec: 'drive.md',
    cases: [
      accept('no names'),
      accept('a device', laptop),
      accept('two devices', laptop, phone),
      accept('two devices, in another order', phone, laptop),
      accept('a passkey alone', key),
      accept('a device and a passkey', laptop, key),
      accept('a slot whose id begins a device’s id', named(low.subarray(0, 16), 'Blue key'), laptop),
      accept('the longest name', named(low, longest)),
      accept('an empty name', unread(named(low, ''))),
      accept('a name that is too long', unread(named(low, `${longest}a`))),
      accept('a name of bytes', { bytes: [0x82, 0x58, 0x20, ...low, 0x41, 0x61] }),
      accept('an id of another length', unread(named(low.subarray(1), 'Laptop'))),
      accept('an id twice', laptop, unread(named(low, 'Phone'))),
      accept('names between which stands what nobody can read', rubbish[0] as Entry, laptop, rubbish[1] as Entry, phone),
      refuseList('nothing', 'form', []),
      refuseList('a list without its version', 'form', [0x81, 0x80]),
      refuseList('a third item', 'form', [0x83, 0x01, 0x80, 0x80]),
      refuseList('bytes behind the list', 'form', [0x82, 0x01, 0x80, 0x00]),
      refuseList('a list in a longer form than it needs', 'form', [0x82, 0x01, 0x98, 0x00]),
      refuseList('another version', 'version', listOf(2, [key])),
      refuseList('a name that is no UTF-8', 'form', listOf(1, [{ bytes: [0x82, 0x58, 0x20, ...low, 0x61, 0xff] }])),
    ],
  };
}

function named(id: Uint8Array, name: string): Entry {
  return { bytes: [0x82, ...bytesOf(id), ...textOf(name)], told: [hex(id), name] };
}

function unread({ bytes }: Entry): Entry {
  return { bytes };
}

function bytesOf(id: Uint8Array): number[] {
  return id.length < 24 ? [0x40 + id.length, ...id] : [0x58, id.length, ...id];
}

function textOf(name: string): number[] {
  const text = new TextEncoder().encode(name);
  return text.length < 24 ? [0x60 + text.length, ...text] : [0x78, text.length, ...text];
}
