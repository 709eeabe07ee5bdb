import assert from 'node:assert/strict';
import { test } from 'node:test';
import { downloadZip } from 'client-zip';
import { listArchive } from './archive-list.ts';

/** @returns the bytes, and a reader of their ranges that notes how many it gave */
function ranged(bytes: Uint8Array) {
  const given = { bytes: 0 };
  const read = async (start: number, length: number) => {
    const part = bytes.slice(start, start + length);
    given.bytes += part.length;
    return part;
  };
  return { read, given };
}

async function zipOf(files: Readonly<Record<string, Uint8Array | string>>): Promise<Uint8Array> {
  const lastModified = new Date(2024, 1, 29, 13, 37, 42);
  const inputs = Object.entries(files).map(([name, input]) =>
    name.endsWith('/') ? { name, lastModified } : { name, input, lastModified },
  );
  return new Uint8Array(await downloadZip(inputs, { buffersAreUTF8: true }).arrayBuffer());
}

test('names, sizes and times of an archive are read from its end alone', async () => {
  const bytes = await zipOf({
    'b/été.txt': 'x'.repeat(700),
    'big.bin': new Uint8Array(3_000_000),
    'b/': '',
    'a 10.txt': '',
    'a 9.txt': 'nine',
  });
  const { read, given } = ranged(bytes);
  const archive = await listArchive(read, bytes.length);
  const at = new Date(2024, 1, 29, 13, 37, 42).getTime();
  assert.deepEqual(
    archive?.entries.map(({ path, bytes: size, modifiedAt }) => [path, size, modifiedAt]),
    [
      ['a 9.txt', 4, at],
      ['a 10.txt', 0, at],
      ['b/été.txt', 700, at],
      ['big.bin', 3_000_000, at],
    ],
  );
  assert.equal(archive?.more, 0);
  assert.ok(given.bytes < 150_000, `${given.bytes} bytes were read`);
});

test('a directory longer than the tail is fetched as well, and many entries are cut with their number told', async () => {
  const bytes = directoryOf(Array.from({ length: 20_003 }, (_, i) => `folder/file number ${i}.txt`));
  const archive = await listArchive(ranged(bytes).read, bytes.length);
  assert.deepEqual([archive?.entries.length, archive?.more, archive?.entries[9]?.path], [20_000, 3, 'folder/file number 9.txt']);
});

test('an archive behind other bytes and before a comment is found', async () => {
  const bytes = await zipOf({ 'a.txt': 'a' });
  const comment = new TextEncoder().encode('made for Ana');
  const whole = new Uint8Array([...new Uint8Array(5000).fill(7), ...bytes, ...comment]);
  new DataView(whole.buffer).setUint16(5000 + bytes.length - 2, comment.length, true);
  assert.deepEqual(
    (await listArchive(ranged(whole).read, whole.length))?.entries.map(({ path }) => path),
    ['a.txt'],
  );
});

test('names of the first archives, and names that would turn the reading, are shown as what they are', async () => {
  const name = 'nom-X-Y.txt';
  const bytes = await zipOf({ [name]: 'a' });
  const directory = Buffer.from(bytes).lastIndexOf(name);
  bytes[directory + 4] = 0x82; // é in the code page of the first archives
  bytes[directory - 46 + 9] = 0; // nothing says UTF-8
  assert.deepEqual((await listArchive(ranged(bytes).read, bytes.length))?.entries[0]?.path, 'nom-é-Y.txt');
  const turned = await zipOf({ 'a\u202etxt.exe': '', 'b\\c\n.txt': '' });
  assert.deepEqual(
    (await listArchive(ranged(turned).read, turned.length))?.entries.map(({ path }) => path),
    ['a\ufffdtxt.exe', 'b/c\ufffd.txt'],
  );
});

test('sizes beyond four gigabytes and directories that are found by the wide end are read', async () => {
  const bytes = wideArchive(5_000_000_000n);
  assert.deepEqual(
    (await listArchive(ranged(bytes).read, bytes.length))?.entries.map(({ path, bytes: size }) => [path, size]),
    [['film.mov', 5_000_000_000]],
  );
});

test('what is no archive, or a damaged one, is told; no bytes make it fail otherwise', async () => {
  const bytes = await zipOf({ 'a.txt': 'a', 'b.txt': 'b' });
  for (const wrong of [new Uint8Array(0), new Uint8Array(300), bytes.subarray(0, bytes.length - 1), bytes.subarray(0, 40)])
    assert.equal(await listArchive(ranged(wrong).read, wrong.length), null);
  const wide = wideArchive(1n);
  for (const whole of [bytes, wide])
    for (let at = 0; at < whole.length; at++)
      for (const value of [0, 0x7f, 0xff]) {
        const changed = whole.slice();
        changed[at] = value;
        const archive = await listArchive(ranged(changed).read, changed.length);
        assert.ok(archive === null || archive.entries.length <= 2);
      }
});

/** The end of an archive of empty files, which is all that is read of it. */
function directoryOf(names: readonly string[]): Uint8Array {
  const entries = names.map((name) => {
    const entry = Buffer.alloc(46 + name.length);
    entry.writeUInt32LE(0x02014b50);
    entry.writeUInt16LE(name.length, 28);
    entry.write(name, 46, 'latin1');
    return entry;
  });
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(names.length, 10);
  end.writeUInt32LE(directory.length, 12);
  return new Uint8Array(Buffer.concat([directory, end]));
}

/** One entry whose size stands in the wide field, below a wide end. */
function wideArchive(size: bigint): Uint8Array {
  const name = new TextEncoder().encode('film.mov');
  const entry = new DataView(new ArrayBuffer(46 + name.length + 12));
  entry.setUint32(0, 0x02014b50, true);
  entry.setUint32(24, 0xffffffff, true);
  entry.setUint16(28, name.length, true);
  entry.setUint16(30, 12, true);
  new Uint8Array(entry.buffer).set(name, 46);
  entry.setUint16(46 + name.length, 1, true);
  entry.setUint16(48 + name.length, 8, true);
  entry.setBigUint64(50 + name.length, size, true);
  const end64 = new DataView(new ArrayBuffer(56));
  end64.setUint32(0, 0x06064b50, true);
  end64.setBigUint64(32, 1n, true);
  end64.setBigUint64(40, BigInt(entry.byteLength), true);
  const locator = new DataView(new ArrayBuffer(20));
  locator.setUint32(0, 0x07064b50, true);
  locator.setBigUint64(8, BigInt(entry.byteLength), true);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(10, 0xffff, true);
  end.setUint32(12, 0xffffffff, true);
  return new Uint8Array([entry, end64, locator, end].flatMap((part) => [...new Uint8Array(part.buffer)]));
}
