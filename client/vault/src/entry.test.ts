import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Bytes, systemRandom } from '@reprise/kit';
import { type DcborValue, decodeDcbor, encodeDcbor, Failure } from '@reprise/protocol/formats';
import fc from 'fast-check';
import { type Content, decodeEntry, type Entry, encodeEntry } from './entry.ts';
import { nameProblem } from './names.ts';

/** Records as literals make them, for deepEqual. */
const plainRecord = <Fields extends object>(fields: { [Name in keyof Fields]: fc.Arbitrary<Fields[Name]> }): fc.Arbitrary<Fields> =>
  fc.record(fields, { noNullPrototype: true }) as fc.Arbitrary<Fields>;
const bytes = (length: number): fc.Arbitrary<Bytes> => fc.uint8Array({ minLength: length, maxLength: length }) as fc.Arbitrary<Bytes>;
const ref = plainRecord({ id: bytes(32), key: bytes(32), length: fc.integer({ min: 1, max: 1_048_576 }) });
const extent = plainRecord({
  id: bytes(32),
  key: bytes(32),
  sealedLength: fc.constant(4_148),
  offset: fc.constant(0),
  length: fc.nat(4_096),
});
const content: fc.Arbitrary<Content> = fc.oneof(
  plainRecord({ kind: fc.constant('file' as const), extents: fc.array(extent, { maxLength: 4 }) }),
  plainRecord({ kind: fc.constantFrom('manifest' as const, 'directory' as const), ref }),
  plainRecord({ kind: fc.constant('symlink' as const), target: fc.string({ minLength: 1, maxLength: 50 }) }),
  plainRecord({ kind: fc.constant('mount' as const), space: bytes(32) }),
  plainRecord({ kind: fc.constant('unknown' as const), number: fc.integer({ min: 5, max: 99 }), value: fc.integer() }),
);
const entry: fc.Arbitrary<Entry> = fc
  .record({
    name: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }).filter((name) => nameProblem(name) === undefined),
    fid: bytes(16),
    content,
    mtimeNs: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    executable: fc.boolean(),
    digest: fc.option(bytes(32)),
    thumb: fc.option(ref),
    ext: fc
      .array(fc.tuple(fc.integer({ min: 100, max: 120 }), fc.integer()), { maxLength: 3 })
      .map((pairs) => new Map<number, DcborValue>(pairs)),
  })
  .map((one) => {
    const isFile = one.content.kind === 'file' || one.content.kind === 'manifest';
    const size = one.content.kind === 'file' ? one.content.extents.reduce((sum, part) => sum + part.length, 0) : 0;
    return { ...one, size, executable: isFile && one.executable, digest: isFile ? one.digest : null };
  });

test('an entry comes back from its bytes, field by field', () => {
  fc.assert(fc.property(entry, (one) => assert.deepEqual(decodeEntry(decodeDcbor(encodeDcbor(encodeEntry(one)))), one)));
});

test('a changed byte gives another readable entry or a failure, never anything else', () => {
  fc.assert(
    fc.property(entry, fc.nat(), fc.integer({ min: 1, max: 255 }), (one, at, mask) => {
      const encoded = encodeDcbor(encodeEntry(one));
      const index = at % encoded.length;
      encoded[index] = (encoded[index] as number) ^ mask;
      try {
        assert.deepEqual(encodeDcbor(encodeEntry(decodeEntry(decodeDcbor(encoded)))), encoded);
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        assert.ok(error instanceof Failure && ['bad-object', 'bad-name', 'limit-exceeded'].includes(error.code), String(error));
      }
    }),
    { numRuns: 2_000 },
  );
});

test('what could not be read is not written', () => {
  const file = {
    name: 'a',
    fid: systemRandom(16),
    content: { kind: 'file', extents: [] },
    size: 0,
    mtimeNs: 0n,
    executable: false,
    digest: null,
    thumb: null,
    ext: new Map(),
  } as const;
  assert.throws(() => encodeEntry({ ...file, name: 'a/b' }), { code: 'bad-name' });
  assert.throws(() => encodeEntry({ ...file, size: 1 }), { code: 'bad-object' });
  assert.throws(() => encodeEntry({ ...file, content: { kind: 'symlink', target: 'x'.repeat(641) } }), { code: 'bad-object' });
  assert.throws(() => encodeEntry({ ...file, ext: new Map([[99, 0]]) }), { code: 'bad-object' });
  assert.throws(() => encodeEntry({ ...file, mtimeNs: 2n ** 63n }), { code: 'bad-object' });
});
