// The port behind which sealed bytes rest: packs are written once, read by place, and deleted whole (spec/storage.md).
import type { Brand, Bytes } from '@reprise/kit';
import { Failure, type ObjectId } from '@reprise/protocol';

/** `hot` packs hold what every visit reads (nodes, manifests); `bulk` packs hold content. */
export type PackClass = 'hot' | 'bulk';

/** `<class>-<32 hex digits>`, drawn at random by the store: the name alone says where the pack lies. */
export type PackName = Brand<string, 'PackName'>;

/** The bytes of one object inside a pack. */
export type Location = { readonly pack: PackName; readonly offset: number; readonly length: number };

/** Bytes of an object, counted from its beginning. */
export type Range = { readonly start: number; readonly endExclusive: number };

export type WritePiece = (piece: Uint8Array) => Promise<void>;

export interface PackWriter {
  /** The name that commit() makes durable; known beforehand so that rows can be prepared. */
  readonly pack: PackName;
  /** Bytes written so far, which is the offset of the next write. */
  readonly bytes: number;
  /**
   * Appends. The bytes may be reused by the caller once the promise resolves. One write at a time.
   * @throws Failure disk-full, and then nothing of the pack is left
   */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Durable when it resolves: file and folder entry are on the disk, and survive a power cut.
   * @throws Failure disk-full, and then nothing of the pack is left
   */
  commit(): Promise<PackName>;
  /** Leaves nothing behind. After commit() it does nothing, so `finally { await writer.abort() }` is right. */
  abort(): Promise<void>;
}

export type StoredPack = {
  readonly pack: PackName;
  readonly packClass: PackClass;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
};

export type Space = { readonly freeBytes: number; readonly totalBytes: number };

export interface ChunkStore extends AsyncDisposable {
  /** @throws Failure disk-full when less than the store's reserve is free */
  beginPack(packClass: PackClass): Promise<PackWriter>;
  /**
   * One whole object in a buffer of its own, which the caller may keep: for small objects, and for who must look at the bytes.
   * Behind `withCheck` the bytes have their hash.
   * @throws Failure chunk-corrupt when the bytes are gone, cut or changed
   */
  read(id: ObjectId, at: Location, signal?: AbortSignal): Promise<Bytes>;
  /**
   * Hands bytes [start, endExclusive) of an object to `write`, in pieces of at most `rangePieceBytes`, each once the one before is written.
   * A piece is lent: `write` resolves when it may be overwritten, and rejects when nobody wants more. Over HTTP that is
   *
   *     const write: WritePiece = (piece) => new Promise((done, fail) => outgoing.write(piece, (error) => (error ? fail(error) : done())));
   *
   * on Node's own response (a web stream does not tell when bytes have left). It is the fastest way to serve an object, whole or in part,
   * about twice as fast as buffers of their own, and holds one piece for each reader however slow (docs/decisions/verify-on-read.md).
   * @throws Failure range-refused when the range is not inside the object; chunk-corrupt as read(); what `write` throws
   */
  sendRange(id: ObjectId, at: Location, range: Range, write: WritePiece, signal?: AbortSignal): Promise<void>;
  /** As sendRange(), in buffers that the caller may keep. Leaving the loop early releases the pack. */
  readRange(id: ObjectId, at: Location, range: Range, signal?: AbortSignal): AsyncIterable<Bytes>;
  /** Deleting what is not there is no error. A reader that began before gets whole bytes or chunk-corrupt. */
  deletePack(pack: PackName): Promise<void>;
  /** Committed packs only, in no order: to find packs that no row names. */
  listPacks(): AsyncIterable<StoredPack>;
  free(): Promise<Space>;
}

export const rangePieceBytes = 524_288;

const packNamePattern = /^(hot|bulk)-[0-9a-f]{32}$/;

export function isPackName(text: string): text is PackName {
  return packNamePattern.test(text);
}

export function packClassOf(pack: PackName): PackClass {
  return pack.startsWith('hot-') ? 'hot' : 'bulk';
}

/** @throws Failure range-refused; an empty range is inside */
export function refuseOutside(at: Location, { start, endExclusive }: Range): void {
  const ordered = Number.isSafeInteger(start) && Number.isSafeInteger(endExclusive) && 0 <= start && start <= endExclusive;
  if (!ordered || endExclusive > at.length) throw new Failure('range-refused', { bytes: at.length });
}
