// The disks in memory, each as strict as what it stands for, and what they lose when the power is cut.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeUtf8, encodeUtf8 } from '@reprise/kit';
import { DiskRefusal, type RefusalReason } from '../../ports.ts';
import { Dice } from '../dice.ts';
import { describeDisk, type DiskUnderTest } from '../disk-conformance.ts';
import { neighbourOn } from './neighbour.ts';
import { type ProfileName, profiles, type VolumeProfile } from './profile.ts';
import { Volume } from './volume.ts';
import { VolumeDisk } from './volume-disk.ts';

const second = 1_000_000_000n;

/** A clock that runs, by a little more than a millisecond a look. */
function makeVolume(name: ProfileName, blocksMax?: number): Volume {
  let now = 1_800_000_000n * second + 7n;
  return new Volume({ profile: profiles[name], now: () => (now += 1_234_567n), ...(blocksMax === undefined ? {} : { blocksMax }) });
}

const windowsNames = ['a:b', 'a\\b', 'what?', 'a*', 'a<b', 'a|b', 'a"b', 'end.', 'end ', 'con', 'CON.txt', 'lpt1', 'tab\tbed'];
const anyNames = ['plain', 'é', '日本', 'a.b.c', ' leading', '%2f', '~x', 'conx', 'a'.repeat(255)];
const long = { bytes: '日'.repeat(86), units: 'é'.repeat(256) };

function expectedOf(profile: VolumeProfile): DiskUnderTest['expected'] {
  const isWindows = profile === profiles.ntfs || profile === profiles.fat;
  return {
    foldsCase: profile.tells !== 'bytes',
    foldsForms: profile.tells === 'forms',
    spells: profile.stores,
    hasHardLinks: profile.hasHardLinks,
    hasLinks: profile.hasLinks,
    hasExecutableBit: profile.hasExecutableBit,
    hasRawNames: profile.holdsAnyBytes,
    mtimeStepNs: profile.mtimeStepNs,
    refusedNames: [...(isWindows ? windowsNames : []), profile.nameUnits === 'utf-8' ? long.bytes : long.units, 'a'.repeat(256)],
    heldNames: [...anyNames, ...(isWindows ? [] : windowsNames), ...(profile.nameUnits === 'utf-16' ? [long.bytes] : [])],
  };
}

for (const name of Object.keys(profiles) as ProfileName[])
  describeDisk({
    name: `${profiles[name].name} in memory`,
    expected: expectedOf(profiles[name]),
    open: async () => {
      const volume = makeVolume(name);
      return { disk: new VolumeDisk(volume), neighbour: neighbourOn(volume), [Symbol.asyncDispose]: async () => {} };
    },
  });

const read = (volume: Volume, path: string): string => decodeUtf8(volume.readFile(path));
const write = (volume: Volume, path: string, text: string) => volume.writeFile(path, encodeUtf8(text));

describe('a volume in memory', () => {
  test('hands the number of a removed node to the next one, where its profile does', () => {
    const [reuses, never] = [makeVolume('ext4'), makeVolume('apfs')];
    for (const [volume, isReused] of [
      [reuses, true],
      [never, false],
    ] as const) {
      const { number } = write(volume, 'a', 'a');
      volume.remove('a');
      assert.equal(write(volume, 'b', 'b').number === number, isReused);
    }
  });

  test('keeps times as coarsely as its profile does', () => {
    const volume = makeVolume('fat');
    write(volume, 'a', 'a');
    assert.equal((volume.look('a')?.mtimeNs ?? 1n) % (2n * second), 0n);
  });

  test('writes nothing of what does not fit, and has the room of what was removed again', () => {
    const volume = makeVolume('ext4', 4);
    write(volume, 'a', 'x'.repeat(3 * 4096));
    const file = volume.makeFile('b');
    refuses(() => volume.writeAt(file, 'b', 0, new Uint8Array(2 * 4096)), 'full');
    assert.equal(file.content.sizeBytes, 0);
    volume.remove('a');
    volume.writeAt(file, 'b', 0, new Uint8Array(4 * 4096));
    assert.equal(volume.blocksFree, 0);
  });

  test('moves, replaces and removes nothing that a program has open, where its profile locks', async () => {
    const volume = makeVolume('ntfs');
    volume.makeFolder('f');
    write(volume, 'f/a', 'a');
    write(volume, 'b', 'b');
    const disk = new VolumeDisk(volume);
    const open = await disk.open('f/a');
    refuses(() => volume.rename('f/a', 'c'), 'locked');
    refuses(() => volume.rename('b', 'f/a', true), 'locked');
    refuses(() => volume.rename('f', 'g'), 'locked');
    refuses(() => volume.remove('f/a'), 'locked');
    await open.close();
    volume.rename('f', 'g');
    const again = await disk.open('g/a');
    disk.end();
    volume.remove('g/a');
    await assert.rejects(again.read(0, 1), /closed/);
  });

  test('keeps through a power cut what was synced, under the names that were', () => {
    for (let seed = 0; seed < 200; seed++) {
      const volume = makeVolume('ext4');
      volume.makeFolder('f');
      volume.syncFile(write(volume, 'f/a', 'first'));
      volume.syncFile(write(volume, 'new', 'second'));
      volume.syncFolder('');
      volume.syncFolder('f');
      volume.rename('new', 'f/a', true);
      volume.cutPower(new Dice(seed));
      const left = ['new', 'f/a'].map((path) => volume.look(path) && read(volume, path));
      assert.ok(left[0] === 'second' ? left[1] === 'first' : left[0] === null && left[1] === 'second', `seed ${seed}: ${left.join()}`);
      volume.syncFolder('f');
    }
  });

  test('a rename is durable once the folder that it leads to is synced', () => {
    for (let seed = 0; seed < 100; seed++) {
      const volume = makeVolume('ext4');
      volume.makeFolder('f');
      volume.syncFile(write(volume, 'a', 'a'));
      volume.syncFolder('');
      volume.rename('a', 'f/b');
      volume.syncFolder('f');
      volume.cutPower(new Dice(seed));
      assert.equal(volume.look('a'), null);
      assert.equal(read(volume, 'f/b'), 'a');
    }
  });

  test('loses in a power cut, by chance, each thing that nobody synced', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 300; seed++) {
      const volume = makeVolume('ext4');
      volume.syncFile(write(volume, 'a', 'before'));
      volume.syncFolder('');
      volume.writeAt(volume.inode('a'), 'a', 0, encodeUtf8('behind'));
      write(volume, 'b', 'new');
      volume.cutPower(new Dice(seed));
      seen.add(`a: ${read(volume, 'a')}`);
      seen.add(`b: ${volume.look('b') ? JSON.stringify(read(volume, 'b')) : 'none'}`);
    }
    const expected = ['a: ', 'a: before', 'a: behind', 'a: \0\0\0\0\0\0', 'b: ""', 'b: "\\u0000\\u0000\\u0000"', 'b: "new"', 'b: none'];
    assert.deepEqual([...seen].toSorted(), expected.toSorted());
  });

  test('may leave a rename in halves where it has no journal, as two files or none', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 200; seed++) {
      const volume = makeVolume('fat');
      volume.makeFolder('f');
      volume.syncFile(write(volume, 'a', 'a'));
      volume.syncAll();
      volume.rename('a', 'f/b');
      volume.cutPower(new Dice(seed));
      seen.add(['a', 'f/b'].map((path) => (volume.look(path) ? 'there' : 'gone')).join(' '));
      const numbers = [...volume.walk()].map(({ inode }) => inode.number);
      assert.equal(new Set(numbers).size, numbers.length);
    }
    assert.deepEqual([...seen].toSorted(), ['gone gone', 'gone there', 'there gone', 'there there']);
  });

  test('hands on no number of a node that is renamed', () => {
    const volume = makeVolume('ext4');
    write(volume, 'before', 'x');
    const free = volume.blocksFree;
    volume.rename('before', 'after');
    write(volume, 'next', '');
    assert.notEqual(volume.inode('next').number, volume.inode('after').number);
    assert.equal(volume.blocksFree, free);
  });

  test('a node that a power cut brings back shares its number with nobody', () => {
    for (let seed = 0; seed < 100; seed++) {
      const volume = makeVolume('ext4');
      volume.syncFile(write(volume, 'a', 'a'));
      volume.syncAll();
      volume.remove('a');
      volume.syncFile(write(volume, 'b', 'b'));
      volume.cutPower(new Dice(seed));
      write(volume, 'c', 'c');
      const numbers = [...volume.walk()].map(({ inode }) => inode.number);
      assert.equal(new Set(numbers).size, numbers.length, `seed ${seed}`);
    }
  });

  test('tells its watchers in which folder something happened', async () => {
    const volume = makeVolume('ext4');
    volume.makeFolder('f');
    const hints: (string | null)[] = [];
    const watching = await new VolumeDisk(volume).watch((folder) => hints.push(folder));
    write(volume, 'f/a', 'a');
    volume.rename('f/a', 'b');
    await watching.close();
    write(volume, 'c', 'c');
    assert.deepEqual([...new Set(hints)].toSorted(), ['', 'f']);
  });
});

function refuses(act: () => unknown, reason: RefusalReason): void {
  assert.throws(act, (error) => error instanceof DiskRefusal && error.reason === reason);
}
