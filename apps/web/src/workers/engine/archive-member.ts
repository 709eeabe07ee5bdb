// One file out of a zip archive: its bytes are read from where the archive says they are, unpacked by the platform, counted and checked. What the archive
// says is a stranger's word: it is believed as far as the bytes bear it out. PKWARE APPNOTE 6.3.10, sections 4.3.7 and 4.4.4; RFC 1951.
import type { Bytes } from '@reprise/kit';
import { crc32 } from '../../engine/crc32.ts';
import type { ArchiveEntry } from '../../engine/port.ts';
import { EngineError } from '../../engine/rpc.ts';

/** Bytes of the archive from a place on, in order; it may end at any time. */
export type ReadFrom = (start: number) => AsyncIterable<Uint8Array>;

const headerMark = 0x04034b50;
const headerBytes = 30;
const encryptedFlag = 1;
const methods = { stored: 0, deflated: 8 } as const;
/** What DEFLATE makes of a byte at most; and of an empty stream. */
const growthMax = 1_032;
const slack = 64;
/** So much is given to the unpacker at a time that what comes out of it fits in memory, whatever it is. */
const feedBytes = 16_384;

/**
 * The bytes of one file, in order. The last of them are handed out once the whole was right.
 * @throws EngineError damaged: no file is there, or another than the archive said
 */
export async function* memberBytes(read: ReadFrom, { bytes, inside }: ArchiveEntry): AsyncGenerator<Bytes, void, void> {
  if (!inside || bytes > growthMax * inside.packed + slack || (inside.method === 'stored' && bytes !== inside.packed)) throw damaged();
  const packed = packedBytes(read, inside);
  let [done, check] = [0, 0];
  let held: Bytes | null = null;
  for await (const piece of inside.method === 'stored' ? packed : inflated(packed)) {
    done += piece.length;
    if (done > bytes) throw damaged();
    check = crc32(piece, check);
    if (held) yield held;
    held = piece.slice();
  }
  if (done !== bytes || check !== inside.crc) throw damaged();
  if (held) yield held;
}

/** What stands behind the file's own header, as long as the directory says. */
async function* packedBytes(
  read: ReadFrom,
  { at, packed, method }: NonNullable<ArchiveEntry['inside']>,
): AsyncGenerator<Bytes, void, void> {
  let head = new Uint8Array(0);
  let left = packed;
  let isOpen = false;
  for await (const piece of read(at)) {
    let rest: Uint8Array = piece;
    if (!isOpen) {
      head = joined(head, piece);
      const start = dataStart(head, method);
      if (start === null || start > head.length) continue;
      isOpen = true;
      rest = head.subarray(start);
    }
    const wanted = rest.subarray(0, left);
    left -= wanted.length;
    for (let i = 0; i < wanted.length; i += feedBytes) yield wanted.slice(i, i + feedBytes);
    if (left === 0) return;
  }
  if (!isOpen || left > 0) throw damaged();
}

/** @returns null while the header is not whole. @throws EngineError damaged for what is no such header */
function dataStart(head: Uint8Array, method: keyof typeof methods): number | null {
  if (head.length < headerBytes) return null;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const isAsSaid = view.getUint32(0, true) === headerMark && view.getUint16(8, true) === methods[method];
  if (!isAsSaid || (view.getUint16(6, true) & encryptedFlag) !== 0) throw damaged();
  return headerBytes + view.getUint16(26, true) + view.getUint16(28, true);
}

async function* inflated(packed: AsyncGenerator<Bytes, void, void>): AsyncGenerator<Bytes, void, void> {
  const unpacker = new DecompressionStream('deflate-raw');
  const [writer, reader] = [unpacker.writable.getWriter(), unpacker.readable.getReader()];
  const feeding = feed(packed, writer);
  // Whoever reads learns of it; without a reader it is nobody's failure.
  feeding.catch(() => undefined);
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(async () => {
        // The network may be why: that is told as what it is.
        await feeding;
        throw damaged();
      });
      if (done) break;
      yield value as Bytes;
    }
    await feeding;
  } finally {
    await reader.cancel().catch(() => undefined);
    await packed.return();
  }
}

/** What the unpacker refuses is told by its other end; what fails here is the archive's bytes. */
async function feed(packed: AsyncIterable<Bytes>, writer: WritableStreamDefaultWriter<BufferSource>): Promise<void> {
  try {
    for await (const piece of packed) {
      const isTaken = await writer.ready.then(
        () => true,
        () => false,
      );
      if (!isTaken) return;
      writer.write(piece).catch(() => undefined);
    }
  } catch (error) {
    await writer.abort(error).catch(() => undefined);
    throw error;
  }
  await writer.close().catch(() => undefined);
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

function damaged(): EngineError {
  return new EngineError({ code: 'archive-damaged', facts: {} });
}
