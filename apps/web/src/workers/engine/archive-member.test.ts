import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { crc32 } from '../../engine/crc32.ts';
import type { ArchiveEntry } from '../../engine/port.ts';
import { listArchive } from './archive-list.ts';
import { memberBytes } from './archive-member.ts';

type Given = {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly isDeflated?: boolean;
  /** What stands in the archive instead of what is true. */
  readonly packed?: Uint8Array;
  readonly size?: number;
  readonly crc?: number;
  readonly flags?: number;
  readonly localMethod?: number;
};

/** An archive, written after APPNOTE 4.3. @param before bytes in front of everything, of which it does not know */
function archiveOf(files: readonly Given[], before = 0): Uint8Array {
  const parts: Buffer[] = [Buffer.alloc(before, 7)];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, bytes, isDeflated = false, size = bytes.length, crc = crc32(bytes), flags = 0x800, localMethod, ...rest } of files) {
    const packed = rest.packed ?? (isDeflated ? deflateRawSync(bytes) : bytes);
    const method = isDeflated ? 8 : 0;
    const facts = (chosen: number) => {
      const buffer = Buffer.alloc(26);
      buffer.writeUInt16LE(20, 0);
      buffer.writeUInt16LE(flags, 2);
      buffer.writeUInt16LE(chosen, 4);
      buffer.writeUInt32LE(crc, 10);
      buffer.writeUInt32LE(packed.length, 14);
      buffer.writeUInt32LE(size, 18);
      buffer.writeUInt16LE(Buffer.byteLength(name), 22);
      return buffer;
    };
    // An extra field that only the local header has: what is behind it is not where the directory alone would put it.
    const local = facts(localMethod ?? method);
    local.writeUInt16LE(5, 24);
    parts.push(Buffer.from('504b0304', 'hex'), local, Buffer.from(name), Buffer.alloc(5), Buffer.from(packed));
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(at, 10);
    directory.push(Buffer.from('504b01021400', 'hex'), facts(method), tail, Buffer.from(name));
    at += 4 + 26 + Buffer.byteLength(name) + 5 + packed.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(at, 16);
  return new Uint8Array(Buffer.concat([...parts, listed, end]));
}

async function memberOf(archive: Uint8Array, path: string): Promise<ArchiveEntry> {
  const listed = await listArchive(async (start, length) => archive.slice(start, start + length), archive.length);
  const found = listed?.entries.find((entry) => entry.path === path);
  assert.ok(found, `${path} is listed`);
  return found;
}

/** @param step bytes of the archive that come at a time, from the very place on, to its end */
async function take(archive: Uint8Array, member: ArchiveEntry, step = 1_000) {
  const given = { bytes: 0 };
  const read = async function* (start: number) {
    for (let at = start; at < archive.length; at += step) {
      const piece = archive.slice(at, at + step);
      given.bytes += piece.length;
      yield piece;
    }
  };
  const parts: Uint8Array[] = [];
  let failure: unknown = null;
  try {
    for await (const piece of memberBytes(read, member)) parts.push(piece);
  } catch (error) {
    failure = error;
  }
  return { bytes: new Uint8Array(Buffer.concat(parts)), failure, readBytes: given.bytes };
}

const text = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => 97 + ((i * i) % 23));

test('files come out as they went in, packed or not, whatever pieces the archive comes in, and no more is read than they need', async () => {
  const [long, short] = [text(300_000), text(10)];
  const files = [
    { name: 'é/packed.txt', bytes: long, isDeflated: true },
    { name: 'plain.txt', bytes: long },
    { name: 'empty.txt', bytes: new Uint8Array(0) },
    { name: 'empty packed.txt', bytes: new Uint8Array(0), isDeflated: true },
    { name: 'short.txt', bytes: short, isDeflated: true },
    { name: 'behind.bin', bytes: new Uint8Array(2_000_000).fill(3) },
  ];
  for (const before of [0, 5_000]) {
    const archive = archiveOf(files, before);
    for (const { name, bytes } of files.slice(0, -1)) {
      const member = await memberOf(archive, name);
      for (const step of [7, 1_000, 1_000_000]) {
        const taken = await take(archive, member, step);
        assert.equal(taken.failure, null, `${name} in pieces of ${step}`);
        assert.deepEqual(taken.bytes, bytes);
        assert.ok(taken.readBytes < (member.inside?.packed ?? 0) + 100 + step, 'what lies behind it is not read');
      }
    }
  }
});

test('what is sealed with a password or packed in another way is listed, and has no way out', async () => {
  const archive = archiveOf([
    { name: 'a', bytes: text(5), flags: 0x801 },
    { name: 'b', bytes: text(5), isDeflated: true },
  ]);
  assert.equal((await memberOf(archive, 'a')).inside, null);
  const other = Buffer.from(archive);
  other.writeUInt16LE(14, other.lastIndexOf(Buffer.from('504b0102', 'hex')) + 10);
  assert.equal((await memberOf(new Uint8Array(other), 'b')).inside, null);
});

test('a file that is not what the archive says of it is refused, and its last bytes are not given', async () => {
  const bytes = text(100_000);
  const packed = deflateRawSync(bytes);
  const wrong: Readonly<Record<string, Given>> = {
    'another check': { name: 'x', bytes, crc: 1 },
    'another check, packed': { name: 'x', bytes, isDeflated: true, crc: 1 },
    'one byte more than said': { name: 'x', bytes, isDeflated: true, size: bytes.length - 1 },
    'one byte less than said': { name: 'x', bytes, isDeflated: true, size: bytes.length + 1 },
    'a plain file of another length': { name: 'x', bytes, size: bytes.length + 1 },
    'no DEFLATE at all': { name: 'x', bytes, isDeflated: true, packed: new Uint8Array(5_000).fill(255) },
    'a stream that does not end': { name: 'x', bytes, isDeflated: true, packed: packed.subarray(0, -20) },
    'bytes behind the end of the stream': { name: 'x', bytes, isDeflated: true, packed: Buffer.concat([packed, Buffer.alloc(10)]) },
    'another way of packing at the file itself': { name: 'x', bytes, isDeflated: true, localMethod: 0 },
  };
  for (const [name, given] of Object.entries(wrong)) {
    const archive = archiveOf([given]);
    const taken = await take(archive, await memberOf(archive, 'x'));
    assert.equal((taken.failure as { code?: string } | null)?.code, 'archive-damaged', name);
    assert.ok(taken.bytes.length < bytes.length || taken.bytes.length === 0, `${name}: nothing whole was given`);
  }
});

test('a place in the archive that holds no file is refused', async () => {
  const archive = archiveOf([
    { name: 'x', bytes: text(1_000), isDeflated: true },
    { name: 'y', bytes: text(10) },
  ]);
  const member = await memberOf(archive, 'x');
  assert.ok(member.inside);
  for (const at of [1, member.inside.at + 4, archive.length - 10, archive.length + 10]) {
    const taken = await take(archive, { ...member, inside: { ...member.inside, at } });
    assert.equal((taken.failure as { code?: string } | null)?.code, 'archive-damaged', `at ${at}`);
  }
});

test('a bomb is stopped where it outgrows what was said, and one that says too much is not begun', async () => {
  const zeros = deflateRawSync(new Uint8Array(400_000_000));
  const small = archiveOf([{ name: 'x', bytes: new Uint8Array(0), size: 5_000, isDeflated: true, packed: zeros }]);
  const taken = await take(small, await memberOf(small, 'x'), 100_000);
  assert.equal((taken.failure as { code?: string } | null)?.code, 'archive-damaged');
  assert.equal(taken.bytes.length, 0);
  assert.ok(taken.readBytes < zeros.length, 'the rest of it was not even read');
  const large = archiveOf([{ name: 'x', bytes: new Uint8Array(0), size: 4_000_000_000, isDeflated: true, packed: zeros }]);
  const begun = await take(large, await memberOf(large, 'x'));
  assert.deepEqual([(begun.failure as { code?: string } | null)?.code, begun.readBytes], ['archive-damaged', 0]);
});

test('what the network refuses is told as that', async () => {
  const archive = archiveOf([{ name: 'x', bytes: text(300_000), isDeflated: true }]);
  const member = await memberOf(archive, 'x');
  const failing = async function* (start: number) {
    yield archive.slice(start, start + 60);
    throw Object.assign(new Error('gone'), { code: 'network' });
  };
  await assert.rejects(Array.fromAsync(memberBytes(failing, member)), { code: 'network' });
});
