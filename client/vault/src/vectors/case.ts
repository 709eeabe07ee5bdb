// One case of a vector file, and how its fields are read and compared: spec/vectors/README.md.
import { type Bytes, concatBytes, formatHex, parseHex } from '@reprise/kit';
import type { Engine } from '../engine.ts';

export type Case = Readonly<Record<string, unknown>> & { readonly name: string; readonly verdict: 'accepted' | 'refused' };

/** Runs a case: throws a Failure where the format refuses, a Mismatch where a result differs from the vector's. */
export type Judge = (engine: Engine, one: Case, byName: ReadonlyMap<string, Case>) => Promise<void> | void;

/** The implementation and the vector disagree; never counted as a refusal. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch';
}

export function hexField(one: Case, field: string): Bytes {
  const bytes = parseHex(textField(one, field));
  if (!bytes) throw new Mismatch(`${one.name}: ${field} is not hex`);
  return bytes;
}

export function textField(one: Case, field: string): string {
  const value = one[field];
  if (typeof value !== 'string') throw new Mismatch(`${one.name}: ${field} is not text`);
  return value;
}

export function numberField(one: Case, field: string): number {
  const value = one[field];
  if (typeof value !== 'number') throw new Mismatch(`${one.name}: ${field} is not a number`);
  return value;
}

export function listField<Item>(one: Case, field: string): readonly Item[] {
  const value = one[field];
  if (!Array.isArray(value)) throw new Mismatch(`${one.name}: ${field} is not a list`);
  return value as readonly Item[];
}

/** Bytes given as `{hex}`, as `{mod251: length}` (byte j is j mod 251), or as `{zeros: length}`. */
export function bytesField(one: Case, field: string): Bytes {
  const value = one[field] as { readonly hex?: string; readonly mod251?: number; readonly zeros?: number };
  if (value.mod251 !== undefined) return Uint8Array.from({ length: value.mod251 }, (_, j) => j % 251);
  if (value.zeros !== undefined) return new Uint8Array(value.zeros);
  return hexField({ ...one, [field]: value.hex }, field);
}

/** Compares a result with a field, once both are JSON. */
export function expectField(one: Case, field: string, actual: unknown): void {
  const [wanted, got] = [JSON.stringify(one[field]), JSON.stringify(toJson(actual))];
  if (wanted !== got) throw new Mismatch(`${one.name}: ${field} is ${got}, the vector says ${wanted}`);
}

/** Bytes become hex, integers beyond JSON's become decimal text, maps become lists of pairs. */
export function toJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return formatHex(value);
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Map) return [...value].map(toJson);
  if (Array.isArray(value)) return value.map(toJson);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toJson(inner)]));
}

export type Edit =
  | { readonly flip: number; readonly mask: number }
  | { readonly cut: number }
  | { readonly append: string }
  | { readonly appendZeros: number }
  | { readonly put: string; readonly at: number }
  | { readonly splice: readonly (readonly [number, number])[] };

/** Edits bytes in order: flip a bit, cut to a length, append, overwrite, or put together anew from [start, end) parts. */
export function applyEdits(bytes: Bytes, edits: readonly Edit[]): Bytes {
  return edits.reduce<Bytes>((current, edit) => applyEdit(current, edit), bytes);
}

function applyEdit(bytes: Bytes, edit: Edit): Bytes {
  if ('cut' in edit) return bytes.slice(0, edit.cut);
  if ('append' in edit) return concatBytes(bytes, parseHex(edit.append) as Bytes);
  if ('appendZeros' in edit) return concatBytes(bytes, new Uint8Array(edit.appendZeros));
  if ('splice' in edit) return concatBytes(...edit.splice.map(([start, end]) => bytes.subarray(start, end)));
  const edited = bytes.slice();
  if ('flip' in edit) edited[edit.flip] = (edited[edit.flip] as number) ^ edit.mask;
  else edited.set(parseHex(edit.put) as Bytes, edit.at);
  return edited;
}

/** Random bytes as the vector lists them, in the order they are drawn. */
export function fixedRandom(one: Case, field: string): (length: number) => Bytes {
  const list = [...listField<string>(one, field)];
  return (length) => {
    const bytes = parseHex(list.shift() ?? '');
    if (bytes?.length !== length) throw new Mismatch(`${one.name}: ${field} does not give ${length} bytes here`);
    return bytes;
  };
}
