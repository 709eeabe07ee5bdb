// The file account-names: lists of what devices and passkeys are called, put together byte by byte.
import { fixed, hex, type VectorCase, type VectorFile } from './reference.ts';

type Named = readonly [id: Uint8Array, name: string];

const [low, high] = [fixed('a device'), fixed('another device')].toSorted((a, b) => (hex(a) < hex(b) ? -1 : 1)) as [Uint8Array, Uint8Array];
const slot = fixed('slot of a passkey').subarray(0, 16);

export function makeAccountNames(): VectorFile {
  const longest = 'é'.repeat(60);
  return {
    about: 'Names of devices and passkeys, and what is no such list.',
    spec: 'drive.md',
    cases: [
      accept('no names', 1, []),
      accept('a device', 1, [[low, 'Laptop']]),
      accept('two devices, in the order of their ids', 1, [[low, 'Laptop'], [high, 'Téléphone']]),
      accept('a passkey alone', 2, [[slot, 'Blue key']]),
      accept('a device and a passkey', 2, sorted([[low, 'Laptop'], [slot, 'Blue key']])),
      accept('a slot whose id begins a device’s id', 2, [[low.subarray(0, 16), 'Blue key'], [low, 'Laptop']]),
      accept('the longest name', 1, [[low, longest]]),
      refuse('nothing', 'form', []),
      refuse('a list without its version', 'form', [0x81, 0x80]),
      refuse('a third item', 'form', [0x83, 0x01, 0x80, 0x80]),
      refuse('bytes behind the list', 'form', [0x82, 0x01, 0x80, 0x00]),
      refuse('a list in a longer form than it needs', 'form', [0x82, 0x01, 0x98, 0x00]),
      refuse('a version to come', 'version', listOf(3, [[slot, 'Blue key']])),
      refuse('version 1 with a passkey', 'version', listOf(1, [[slot, 'Blue key']])),
      refuse('version 2 without one', 'version', listOf(2, [[low, 'Laptop']])),
      refuse('version 2 of no names', 'version', listOf(2, [])),
      refuse('an empty name', 'name', listOf(1, [[low, '']])),
      refuse('a name that is too long', 'name', listOf(1, [[low, `${longest}a`]])),
      refuse('a name of bytes', 'name', [0x82, 0x01, 0x81, 0x82, 0x58, 0x20, ...low, 0x41, 0x61]),
      refuse('a name that is no UTF-8', 'name', [0x82, 0x01, 0x81, 0x82, 0x58, 0x20, ...low, 0x61, 0xff]),
      refuse('an id of another length', 'id', listOf(1, [[low.subarray(1), 'Laptop']])),
      refuse('an id twice', 'order', listOf(1, [[low, 'Laptop'], [low, 'Phone']])),
      refuse('ids in another order', 'order', listOf(1, [[high, 'Laptop'], [low, 'Phone']])),
    ],
  };
}

function accept(name: string, version: 1 | 2, names: readonly Named[]): VectorCase {
  const list = hex(Uint8Array.from(listOf(version, names)));
  return { name, verdict: 'accepted', list, names: names.map(([id, text]) => [hex(id), text]) };
}

function refuse(name: string, step: string, list: readonly number[]): VectorCase {
  return { name, verdict: 'refused', step, code: 'bad-object', list: hex(Uint8Array.from(list)) };
}

function sorted(names: readonly Named[]): Named[] {
  return names.toSorted(([a], [b]) => (hex(a) < hex(b) ? -1 : 1));
}

function listOf(version: number, names: readonly Named[]): number[] {
  return [0x82, version, 0x80 + names.length, ...names.flatMap(([id, name]) => [0x82, ...bytesOf(id), ...textOf(name)])];
}

function bytesOf(id: Uint8Array): number[] {
  return id.length < 24 ? [0x40 + id.length, ...id] : [0x58, id.length, ...id];
}

function textOf(name: string): number[] {
  const text = new TextEncoder().encode(name);
  return text.length < 24 ? [0x60 + text.length, ...text] : [0x78, text.length, ...text];
}
