// The port behind which sealed bytes rest: packs are written once, read by place, and deleted whole (spec/storage.md).
import type { Brand, Bytes } from '@reprise/kit';
import type { ObjectId } from '@reprise/protocol';

/** `hot` packs hold what every visit reads (nodes, manifests); `bulk` packs hold content. */
export type PackClass = 'hot' | 'bulk';

/** `<class>-<32 hex digits>`, drawn at random by the store: the name alone says where the pack lies. */
export type PackName = Brand<string, 'PackName'>;

/** The bytes of one object inside a pack. */
export type Location = { readonly pack: PackName; readonly offset: number; readonly length: number };

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
   * One whole object in a buffer of its own, which the caller may keep: the way to serve an object without Range.
   * Behind `withCheck` the bytes have their hash.
   * @throws Failure chunk-corrupt when the bytes are gone, cut or changed
   */
  read(id: ObjectId, at: Location, signal?: AbortSignal): Promise<Bytes>;
  /**
   * Bytes [start, endExclusive) of an object in pieces of at most `rangePieceBytes`, one ahead of the reader at most.
   * @throws Failure range-refused when the range is not inside the object; chunk-corrupt as read()
   */
  readRange(id: ObjectId, at: Location, start: number, endExclusive: number, signal?: AbortSignal): AsyncIterable<Bytes>;
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
