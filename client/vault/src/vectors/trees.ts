// Judges ropes, manifests, entries and directories: vector files rope, manifest, entry, directory.
import { type Bytes, formatHex, parseHex } from '@reprise/kit';
import { type DcborValue, decodeDcbor, encodeDcbor, sha256 } from '@reprise/protocol/formats';
import type { SealedObject } from '../cae.ts';
import { buildDirectory, readDirectory } from '../directory.ts';
import { cutByName } from '../directory-cut.ts';
import type { Engine } from '../engine.ts';
import { decodeEntry, type Entry, encodeEntry } from '../entry.ts';
import { buildContent, cutEvenly, type FileContent, readExtents } from '../manifest.ts';
import { coversWholeChunk, decodeExtent, encodeExtent, type Extent, joinExtents, locateRange, planRun, segmentsOf } from '../rope.ts';
import { decodeRef, type NodeReader, type NodeWriter, type Ref } from '../tree-node.ts';
import { bytesField, type Case, expectField, hexField, listField, Mismatch, numberField, textField } from './case.ts';

export function judgeRope(_: Engine, one: Case): void {
  if (one['run'] !== undefined) {
    const cuts = planRun(numberField(one, 'run'));
    expectField(
      one,
      'chunks',
      cuts.map((cut) => [cut.start, cut.length, cut.paddedLength, cut.sealedLength]),
    );
    return;
  }
  const extents = (decodeDcbor(hexField(one, 'extents')) as DcborValue[]).map(decodeExtent);
  expectField(one, 'extents', encodeDcbor(extents.map(encodeExtent)));
  expectField(one, 'whole', extents.map(coversWholeChunk));
  expectField(one, 'joined', encodeDcbor(joinExtents(extents).map(encodeExtent)));
  for (const { start, length, pieces } of listField<{ start: number; length: number; pieces: unknown }>(one, 'reads')) {
    expectField({ ...one, pieces }, 'pieces', locateRange(extents, start, length).map(pieceFacts));
  }
}

function pieceFacts(piece: ReturnType<typeof locateRange>[number]): readonly number[] {
  const { first, count } = segmentsOf(piece);
  return [piece.index, piece.chunkOffset, piece.length, piece.fileOffset, first, count];
}

export function judgeEntry(_: Engine, one: Case): void {
  const bytes = hexField(one, 'bytes');
  const entry = decodeEntry(decodeDcbor(bytes));
  expectField(one, 'bytes', encodeDcbor(encodeEntry(entry)));
  expectField(one, 'entry', entry);
}

/** Extents as a rule makes them: the i-th has id H(u32 i || 0), key H(u32 i || 1), and covers a full chunk. */
async function patternExtents(count: number): Promise<Extent[]> {
  const extents: Extent[] = [];
  for (let i = 0; i < count; i++) {
    const [id, key] = [await patternBytes(i, 0), await patternBytes(i, 1)];
    extents.push({ id, key, sealedLength: 4_194_596, offset: 0, length: 4_194_304 });
  }
  return extents;
}

/** SHA-256(u32 number || u8 use). */
async function patternBytes(number: number, use: number): Promise<Bytes> {
  const bytes = new Uint8Array(5);
  new DataView(bytes.buffer).setUint32(0, number);
  bytes[4] = use;
  return sha256(bytes);
}

export async function judgeManifest(engine: Engine, one: Case): Promise<void> {
  if (one['cut'] !== undefined) {
    expectField(
      one,
      'leaves',
      cutEvenly(Array.from({ length: numberField(one, 'cut') }), 512, 128).map((leaf) => leaf.length),
    );
    return;
  }
  if (one['extents'] === undefined) return readManifest(engine, one);
  const { writer, objects } = await patternWriter(engine, numberField(one, 'extents'));
  const extents = await patternExtents(numberField(one, 'extents'));
  const content = await buildContent(extents, writer);
  expectField(one, 'root', content.kind === 'manifest' ? content.ref : null);
  expectField(one, 'objects', objects.length);
  const size = extents.length * 4_194_304;
  const read = await readExtents(content, size, storeReader(engine, objects));
  if (encodeDcbor(read.map(encodeExtent)).join() !== encodeDcbor(extents.map(encodeExtent)).join())
    throw new Mismatch('other extents came back');
}

async function readManifest(engine: Engine, one: Case): Promise<void> {
  const content: FileContent = { kind: 'manifest', ref: decodeRef(decodeDcbor(hexField(one, 'ref'))) };
  const extents = await readExtents(content, numberField(one, 'size'), storeReader(engine, await givenObjects(one)));
  expectField(one, 'count', extents.length);
}

export async function judgeDirectory(engine: Engine, one: Case): Promise<void> {
  if (one['objects'] !== undefined && Array.isArray(one['objects'])) return readGiven(engine, one);
  const { writer, objects } = await patternWriter(engine, numberField(one, 'seed'));
  const entries = await patternEntries(textField(one, 'pattern'), numberField(one, 'entries'));
  const boundaryKey = hexField(one, 'boundaryKey');
  const names = entries.map((entry) => entry.name).sort();
  if (entries.length > 256)
    expectField(
      one,
      'leaves',
      cutByName(boundaryKey, 0, names, (name) => name).map((leaf) => leaf.length),
    );
  expectField(one, 'root', await buildDirectory(entries.toReversed(), boundaryKey, writer));
  expectField(one, 'objects', objects.length);
  const root = one['root'] as { readonly id: string; readonly key: string; readonly length: number };
  const ref: Ref = { id: parseHex(root.id) as Bytes, key: parseHex(root.key) as Bytes, length: root.length };
  const read: string[] = [];
  for await (const entry of readDirectory(ref, storeReader(engine, objects))) read.push(entry.name);
  if (read.join('/') !== names.join('/')) throw new Mismatch(`${one.name}: other names came back`);
}

async function readGiven(engine: Engine, one: Case): Promise<void> {
  const names: string[] = [];
  const reader = storeReader(engine, await givenObjects(one));
  for await (const entry of readDirectory(decodeRef(decodeDcbor(hexField(one, 'ref'))), reader)) names.push(entry.name);
  expectField(one, 'names', names);
}

/** Empty files named `<pattern>` with `#` replaced by the number in six digits; fid is the start of H(u32 number || 2). */
export async function patternEntries(pattern: string, count: number): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (let i = 0; i < count; i++) {
    const fid = (await patternBytes(i, 2)).slice(0, 16);
    const name = pattern.replace('#', String(i).padStart(6, '0'));
    entries.push({
      name,
      fid,
      content: { kind: 'file', extents: [] },
      size: 0,
      mtimeNs: 1_700_000_000_000_000_000n,
      executable: false,
      digest: null,
      thumb: null,
      ext: new Map(),
    });
  }
  return entries;
}

/** The i-th node sealed gets the key H(u32 (seed·65,536 + i) || 3). */
export async function patternWriter(engine: Engine, seed: number): Promise<{ writer: NodeWriter; objects: SealedObject[] }> {
  const objects: SealedObject[] = [];
  const keys: Bytes[] = [];
  for (let i = 0; i < 128; i++) keys.push(await patternBytes((seed * 65_536 + i) >>> 0, 3));
  const random = (): Bytes => {
    const key = keys.shift();
    if (!key) throw new Mismatch('more nodes than keys');
    return key;
  };
  return { writer: { engine, random, put: (object) => void objects.push(object) }, objects };
}

async function givenObjects(one: Case): Promise<SealedObject[]> {
  const objects: SealedObject[] = [];
  for (const hex of listField<string>(one, 'objects')) {
    const bytes = bytesField({ ...one, hex: { hex } }, 'hex');
    objects.push({ id: await sha256(bytes), bytes });
  }
  return objects;
}

export function storeReader(engine: Engine, objects: readonly SealedObject[]): NodeReader {
  const store = new Map(objects.map(({ id, bytes }) => [formatHex(id), bytes]));
  return { engine, fetch: async (wanted) => wanted.map(({ id }) => store.get(formatHex(id)) ?? new Uint8Array()) };
}
