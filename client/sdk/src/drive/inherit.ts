// A later version of a large file, cut so that chunks of the former one are not sent again: found by their ends, proved by sealing them again.
// spec/ropes.md "A later version".
import { chunkBytes } from '@reprise/protocol/formats';
import { type ChunkEnds, endBytes, endsOf, type Extent, inheritCuts } from '@reprise/vault';
import type { Row } from '../rows.ts';
import type { FileSource } from '../source.ts';

/** Ends of chunks by the chunk's id, on the device that has the file. What is in it are hints: it may forget, and be wrong. */
export interface EndsStore {
  /** What was noted of a chunk, by its id. */
  of(id: Uint8Array): ChunkEnds | undefined;
  /** Keeps how chunks begin and end. */
  note(ends: readonly { readonly id: Uint8Array; readonly ends: ChunkEnds }[]): void;
}

/** Cuts a file along the former version's chunks, where they are. @throws Failure source-vanished */
export async function inherit(row: Row, extents: readonly Extent[], ends: EndsStore | undefined): Promise<void> {
  if (extents.length === 0) return;
  const source = await row.item.open();
  try {
    const cuts = await inheritCuts(
      extents,
      row.item.size,
      ({ id }) => ends?.of(id),
      (start, length) => read(source, start, length),
    );
    if (!cuts) return;
    row.cutAs(cuts);
    for (const { start, of } of cuts) if (of) row.known.set(start, of);
  } finally {
    await source.close();
  }
}

/** Of a file that was sent, for the version after it. @throws Failure source-vanished */
export async function noteEnds({ item, extents }: Row, ends: EndsStore): Promise<void> {
  if (item.size <= chunkBytes) return;
  const noted: { readonly id: Uint8Array; readonly ends: ChunkEnds }[] = [];
  const source = await item.open();
  try {
    let start = 0;
    for (const extent of extents) {
      if (!extent) continue;
      const { id, length } = extent;
      if (length >= endBytes && !ends.of(id)) {
        const [head, tail] = [await read(source, start, endBytes), await read(source, start + length - endBytes, endBytes)];
        if (head.length === endBytes && tail.length === endBytes) noted.push({ id, ends: endsOf(head, tail) });
      }
      start += length;
    }
  } finally {
    await source.close();
  }
  ends.note(noted);
}

async function read(source: FileSource, start: number, length: number): Promise<Uint8Array> {
  const into = new Uint8Array(length);
  return into.subarray(0, await source.read(start, into));
}
