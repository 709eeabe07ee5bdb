import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { concatBytes, systemRandom } from '@reprise/kit';
import { chunkBytes } from '@reprise/protocol/formats';
import fc from 'fast-check';
import { type ChunkEnds, endBytes, endsOf, inheritCuts, type InheritedCut } from './rope-inherit.ts';
import { type Extent, planRun, ropeLength } from './rope.ts';

const mib = 1_048_576;

/** A writer that has no key: a chunk's id is a name, and what it holds is kept beside it. */
class Writer {
  readonly held = new Map<Extent['id'], Uint8Array>();
  readonly ends = new Map<Extent['id'], ChunkEnds>();
  knowsEnds = true;

  /** @returns the rope of the bytes, and how many of them had to be sent, with padding */
  async write(bytes: Uint8Array, former: readonly Extent[] = []): Promise<{ extents: Extent[]; sentBytes: number; kept: number }> {
    const found = await inheritCuts(
      former,
      bytes.length,
      ({ id }) => (this.knowsEnds ? this.ends.get(id) : undefined),
      async (start, length) => bytes.subarray(start, start + length),
    );
    const cuts: readonly InheritedCut[] = found ?? planRun(bytes.length);
    let [sentBytes, kept] = [0, 0];
    const extents = cuts.map((cut): Extent => {
      const own = bytes.subarray(cut.start, cut.start + cut.length);
      if (cut.of && Buffer.compare(this.held.get(cut.of.id) as Uint8Array, own) === 0) {
        kept++;
        return cut.of;
      }
      sentBytes += cut.paddedLength;
      const id = systemRandom(32);
      this.held.set(id, own.slice());
      if (own.length >= endBytes) this.ends.set(id, endsOf(own, own));
      return { id, key: systemRandom(32), sealedLength: cut.sealedLength, offset: 0, length: cut.length };
    });
    assert.deepEqual(Buffer.compare(this.read(extents), bytes), 0, 'the rope is the file');
    const starts = cuts.map(({ start }) => start);
    assert.equal(new Set(starts).size, starts.length, 'no two cuts begin at one place');
    return { extents, sentBytes, kept };
  }

  read(extents: readonly Extent[]): Uint8Array {
    return concatBytes(...extents.map(({ id }) => this.held.get(id) as Uint8Array));
  }
}

const inserted = (bytes: Uint8Array, at: number, more: Uint8Array): Uint8Array =>
  concatBytes(bytes.subarray(0, at), more, bytes.subarray(at));
const without = (bytes: Uint8Array, at: number, length: number): Uint8Array =>
  concatBytes(bytes.subarray(0, at), bytes.subarray(at + length));

describe('a later version', () => {
  const first = randomBytes(19 * mib + 12_345);
  const changes: readonly [name: string, change: (bytes: Uint8Array) => Uint8Array, most: number][] = [
    ['of the same bytes sends nothing', (bytes) => bytes.slice(), 0],
    ['with 1,000 bytes more in front sends these', (bytes) => inserted(bytes, 0, randomBytes(1_000)), 4_096],
    ['with a byte more at the end sends that', (bytes) => inserted(bytes, bytes.length, randomBytes(1)), 4_096],
    ['with 1,000 bytes more in a chunk sends that chunk', (bytes) => inserted(bytes, 6 * mib, randomBytes(1_000)), 4.6 * mib],
    ['without 5,000 bytes sends the chunk they were in', (bytes) => without(bytes, 9 * mib, 5_000), 4 * mib],
    ['without bytes on both sides of a boundary sends two', (bytes) => without(bytes, chunkBytes - 50, 100), 8.5 * mib],
    ['without its first chunk sends nothing', (bytes) => bytes.slice(chunkBytes), 0],
    ['without the end of a chunk sends what is left of it', (bytes) => bytes.slice(0, 17 * mib), mib],
    ['with an overwritten byte sends its chunk', (bytes) => overwritten(bytes, 10 * mib, 1), 4 * mib],
    ['overwritten over a boundary sends two', (bytes) => overwritten(bytes, 2 * chunkBytes - 9, 20), 8 * mib],
    [
      'whose halves are swapped sends nothing',
      (bytes) => concatBytes(bytes.subarray(2 * chunkBytes), bytes.subarray(0, 2 * chunkBytes)),
      0,
    ],
    ['of other bytes sends them all', (bytes) => randomBytes(bytes.length), 20 * mib],
  ];
  for (const [name, change, most] of changes)
    test(name, async () => {
      const writer = new Writer();
      const { extents } = await writer.write(first);
      const { sentBytes } = await writer.write(change(first), extents);
      assert.ok(sentBytes <= most, `${sentBytes} bytes were sent`);
    });

  test('finds what stands where it stood if nothing was noted of it', async () => {
    const writer = new Writer();
    const { extents } = await writer.write(first);
    writer.knowsEnds = false;
    assert.ok((await writer.write(overwritten(first, 10 * mib, 1), extents)).sentBytes <= 4 * mib);
  });

  test('uses each chunk once: what merely repeats is sent', async () => {
    const writer = new Writer();
    const bytes = randomBytes(2 * chunkBytes);
    const { extents } = await writer.write(bytes);
    const { sentBytes } = await writer.write(concatBytes(bytes, bytes), extents);
    assert.equal(sentBytes, 2 * chunkBytes);
  });

  test('of one byte without end is cut in bounded time', async () => {
    const writer = new Writer();
    const { extents } = await writer.write(new Uint8Array(12 * mib));
    const { sentBytes } = await writer.write(concatBytes(randomBytes(1_000), new Uint8Array(12 * mib)), extents);
    assert.ok(sentBytes <= 12 * mib + 65_536);
  });

  test('keeps the padding that follows a chunk, and drops none of the rest', async () => {
    const writer = new Writer();
    const cuts = planRun(2 ** 30 + 1);
    assert.ok(
      cuts.some(({ length }) => length === 0),
      'a run this long ends with chunks of padding',
    );
    const bytes = randomBytes(3 * chunkBytes);
    const { extents } = await writer.write(bytes);
    const padding = { ...(extents[0] as Extent), id: systemRandom(32), length: 0 };
    writer.held.set(padding.id, new Uint8Array(0));
    const former = [extents[0], extents[1], padding, padding, extents[2]] as Extent[];
    const { extents: later } = await writer.write(inserted(bytes, 0, randomBytes(10)), former);
    assert.deepEqual(later.slice(1), former);
  });

  test('is the file, whatever was done to it, and a hundred versions leave no crumbs', { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat(2 ** 30)), async (dice) => {
        const below = (bound: number): number => (dice.next().value as number) % bound;
        const writer = new Writer();
        let bytes: Uint8Array = randomBytes(6 * mib + below(4 * mib));
        let { extents } = await writer.write(bytes);
        for (let version = 0; version < 100; version++) {
          const at = below(3) === 0 ? 0 : below(bytes.length);
          const length = 1 + below([100, 5_000, 300_000][below(3)] as number);
          if (below(3) > 0) bytes = inserted(bytes, at, randomBytes(length));
          else if (below(2) === 0) bytes = without(bytes, at, length);
          else bytes = overwritten(bytes, at, length);
          ({ extents } = await writer.write(bytes, extents));
          assert.equal(ropeLength(extents), bytes.length);
          // What a reader refuses is far above.
          const most = 16 * Math.ceil(bytes.length / chunkBytes);
          assert.ok(extents.length <= most, `${extents.length} extents in ${bytes.length} bytes`);
        }
      }),
      { numRuns: 1 },
    );
  });
});

function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

function overwritten(bytes: Uint8Array, at: number, length: number): Uint8Array {
  const copy = bytes.slice();
  copy.set(randomBytes(Math.min(length, bytes.length - at)), at);
  return copy;
}
