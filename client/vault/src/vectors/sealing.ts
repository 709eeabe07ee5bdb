// Judges CAE-1 and key derivation: vector files cae-a, cae-b, cae-range, salamander, kdf.
import { type Bytes, equalBytes } from '@reprise/kit';
import { sha256 } from '@reprise/protocol/formats';
import { openMessage, openObject, openSegments, sealMessage, sealObject } from '../cae.ts';
import { type Engine, kdf } from '../engine.ts';
import type { KdfLabel, ObjectLabel, SealLabel } from '../labels.ts';
import {
  applyEdits,
  bytesField,
  type Case,
  type Edit,
  expectField,
  hexField,
  listField,
  Mismatch,
  numberField,
  textField,
} from './case.ts';

/** Seals and opens; or opens an edited object of another case. */
export async function judgeCaeA(engine: Engine, one: Case, byName: ReadonlyMap<string, Case>): Promise<void> {
  const base = one['of'] === undefined ? one : find(byName, textField(one, 'of'));
  const plain = bytesField(base, 'plain');
  const sealed = await sealObject(engine, objectLabel(base), hexField(base, 'key'), plain);
  if (one === base) {
    expectField(one, 'id', sealed.id);
    expectField(one, 'sealedLength', sealed.bytes.length);
    if (one['object'] !== undefined) expectField(one, 'object', sealed.bytes);
  }
  const bytes = applyEdits(sealed.bytes, (one['edits'] ?? []) as readonly Edit[]);
  const ref = {
    key: hexField(one, 'key'),
    id: one['rehash'] === true ? await sha256(bytes) : sealed.id,
    sealedLength: numberField(one, 'sealedLength'),
  };
  expectBytes(one, await openObject(engine, objectLabel(one), ref, bytes), plain);
}

export async function judgeCaeB(engine: Engine, one: Case): Promise<void> {
  const seal = { label: textField(one, 'label') as SealLabel, key: hexField(one, 'key'), context: hexField(one, 'context') };
  const message = one.verdict === 'accepted' ? bytesField(one, 'message') : new Uint8Array();
  if (one.verdict === 'accepted') {
    const sealed = await sealMessage(engine, seal, message, numberField(one, 'paddedLength'), () => hexField(one, 'salt'));
    if (one['sealed'] !== undefined) expectField(one, 'sealed', sealed);
    expectField(one, 'sealedHash', await sha256(sealed));
    expectBytes(one, await openMessage(engine, seal, sealed), message);
  } else await openMessage(engine, seal, hexField(one, 'sealed'));
}

/** Opens a range of the segments of an object that another case describes. */
export async function judgeCaeRange(engine: Engine, one: Case, byName: ReadonlyMap<string, Case>): Promise<void> {
  const base = one['of'] === undefined ? one : find(byName, textField(one, 'of'));
  const plain = bytesField(base, 'plain');
  const { bytes } = await sealObject(engine, objectLabel(base), hexField(base, 'key'), plain);
  const [start, end] = listField<number>(one, 'bytes') as [number, number];
  const part = applyEdits(bytes.slice(start, end), (one['edits'] ?? []) as readonly Edit[]);
  const [first, count] = listField<number>(one, 'segments') as [number, number];
  const ref = { key: hexField(one, 'key'), sealedLength: numberField(one, 'sealedLength') };
  const opened = await openSegments(engine, objectLabel(one), ref, { first, count }, part);
  expectField(one, 'plainHash', await sha256(opened));
}

/** One ciphertext that AES-GCM opens under two keys. The raw segment must open under both, or the fixture proves nothing. */
export async function judgeSalamander(engine: Engine, one: Case): Promise<void> {
  const segment = hexField(one, 'segment');
  for (const field of ['encryptionKey1', 'encryptionKey2']) {
    const raw = await engine.openSegments({ encryptionKey: hexField(one, field), info: hexField(one, 'info') }, segment, 0, true);
    expectField(one, field === 'encryptionKey1' ? 'plain1' : 'plain2', raw);
  }
  const [label, key, bytes] = [textField(one, 'label'), hexField(one, 'key'), hexField(one, 'sealed')];
  if (textField(one, 'mode') === 'A') {
    await openObject(engine, label as ObjectLabel, { key, id: await sha256(bytes), sealedLength: bytes.length }, bytes);
  } else await openMessage(engine, { label: label as SealLabel, key, context: hexField(one, 'context') }, bytes);
}

export async function judgeKdf(engine: Engine, one: Case): Promise<void> {
  const label = textField(one, 'label') as KdfLabel;
  expectField(one, 'output', await kdf(engine, hexField(one, 'key'), label, hexField(one, 'context'), numberField(one, 'length')));
}

function objectLabel(one: Case): ObjectLabel {
  return textField(one, 'label') as ObjectLabel;
}

function find(byName: ReadonlyMap<string, Case>, name: string): Case {
  const found = byName.get(name);
  if (!found) throw new Mismatch(`no case is called ${name}`);
  return found;
}

function expectBytes(one: Case, got: Bytes, wanted: Bytes): void {
  if (!equalBytes(got, wanted)) throw new Mismatch(`${one.name}: another plaintext came out`);
}
