// The file sync-states: lists of what devices say of the folders that they sync, put together byte by byte.
import { acceptList, type Entry, listOf, refuseList, rubbish } from './kept-lists.ts';
import { fixed, hex, type VectorCase, type VectorFile } from './reference.ts';

type State = {
  readonly device: Uint8Array;
  readonly root: Uint8Array;
  readonly folder: string;
  readonly drivePath: string;
  readonly state: number;
  readonly holds: readonly number[];
};

const words = ['ended', 'working', 'in-step', 'attention', 'paused', 'stopped'];
const saidMs = 1_790_000_000_000;
const root = (name: string): Uint8Array => fixed(name).subarray(0, 16);
const first: State = {
  device: fixed('syncing device'),
  root: root('a root'),
  folder: '/home/léa/Photos',
  drivePath: '/photos',
  state: 2,
  holds: [0, 0, 0, 0],
};
const second: State = { ...first, root: root('another root'), folder: '/data', drivePath: '/', state: 3, holds: [12, 2, 1, 3] };

export function makeSyncStates(): VectorFile {
  const parts = fieldsOf(first);
  const accept = (name: string, ...entries: readonly Entry[]): VectorCase => acceptList('states', name, entries);
  const broken = (name: string, fields: readonly (readonly number[])[]) => accept(name, { bytes: map(fields) });
  const field = (at: number, bytes: readonly number[]) => parts.map((part, i) => (i === at ? bytes : part));
  const long = 'a'.repeat(1_024);
  return {
    about: 'What devices say of the folders that they sync, what nobody can read among it, and what is no such list.',
    spec: 'drive.md',
    cases: [
      accept('no folders'),
      accept('a folder in step', said(first)),
      accept('two folders of one device, one that needs a person', said(first), said(second)),
      accept('one root on two devices', said(first), said({ ...first, device: fixed('another device') })),
      ...words.map((word, state) => accept(`a folder that is ${word}`, said({ ...first, state }))),
      accept('the longest path', said({ ...first, folder: long })),
      accept('the largest count', said({ ...first, state: 3, holds: [1_000_000, 0, 0, 0] })),
      broken('a state that is not known', field(5, [0x06, 0x06])),
      broken('a path that is too long', fieldsOf({ ...first, folder: `${long}a` })),
      broken('a folder without a path', fieldsOf({ ...first, folder: '' })),
      broken('a folder of the drive without a path', fieldsOf({ ...first, drivePath: '' })),
      broken('a count that is too large', fieldsOf({ ...first, holds: [1_000_001, 0, 0, 0] })),
      broken('three counts', fieldsOf({ ...first, holds: [0, 0, 0] })),
      broken('five counts', fieldsOf({ ...first, holds: [0, 0, 0, 0, 0] })),
      broken('a count below zero', field(6, [0x07, 0x84, 0x20, 0, 0, 0])),
      broken('a device’s id that is too short', fieldsOf({ ...first, device: first.device.subarray(1) })),
      broken('a root’s id that is too long', fieldsOf({ ...first, root: first.device })),
      broken('a time before 1970', field(2, [0x03, 0x20])),
      broken('a time that no date can say', field(2, [0x03, ...uint(8_640_000_000_000_001)])),
      broken('no time', parts.filter((_, i) => i !== 2)),
      broken('a key that is not known', [...parts, [0x08, 0x00]]),
      accept('a folder twice', said(second), { bytes: map(fieldsOf({ ...second, state: 2 })) }),
      accept('folders between which stands what nobody can read', rubbish[0] as Entry, said(first), rubbish[1] as Entry, said(second)),
      refuseList('nothing', 'form', []),
      refuseList('another version', 'version', [0x82, 0x02, 0x80]),
      refuseList('a list without its version', 'form', [0x81, 0x80]),
      refuseList('bytes behind the list', 'form', [0x82, 0x01, 0x80, 0x00]),
      refuseList('a list cut short', 'form', listOf(1, [said(first)]).slice(0, -1)),
      refuseList('a path that is no UTF-8', 'form', listOf(1, [{ bytes: map(field(3, [0x04, 0x61, 0xff])) }])),
      refuseList('257 folders', 'form', [0x82, 0x01, 0x99, 0x01, 0x01, ...Array.from({ length: 257 }, () => 0x07)]),
    ],
  };
}

function said(one: State): Entry {
  const { device, folder, drivePath, state, holds } = one;
  return { bytes: map(fieldsOf(one)), told: [hex(device), hex(one.root), saidMs, folder, drivePath, words[state], holds] };
}

function map(entries: readonly (readonly number[])[]): number[] {
  return [0xa0 + entries.length, ...entries.flat()];
}

function fieldsOf(one: State): number[][] {
  return [
    [0x01, 0x58, one.device.length, ...one.device],
    [0x02, ...(one.root.length < 24 ? [0x40 + one.root.length] : [0x58, one.root.length]), ...one.root],
    [0x03, ...uint(saidMs)],
    [0x04, ...textOf(one.folder)],
    [0x05, ...textOf(one.drivePath)],
    [0x06, one.state],
    [0x07, 0x80 + one.holds.length, ...one.holds.flatMap(uint)],
  ];
}

function textOf(text: string): number[] {
  const bytes = [...new TextEncoder().encode(text)];
  const { length } = bytes;
  const head = length < 24 ? [0x60 + length] : length < 256 ? [0x78, length] : [0x79, length >> 8, length & 255];
  return [...head, ...bytes];
}

/** In the shortest form. */
function uint(value: number): number[] {
  if (value < 24) return [value];
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return value < 2 ** 32 ? [0x1a, ...bytes.subarray(4)] : [0x1b, ...bytes];
}
