// Fields of JSON that is read strictly: what does not fit is a TypeError, and refused whole by who reads.

export type Fields = Readonly<Record<string, unknown>>;
export type Read<Value> = (value: unknown) => Value;

export const misfit = (what: string) => new TypeError(what);

export function object(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw misfit('an object');
  return value as Fields;
}

export function list<Value>(value: unknown, read: Read<Value>): readonly Value[] {
  if (!Array.isArray(value)) throw misfit('a list');
  return value.map(read);
}

export function text(value: unknown): string {
  if (typeof value !== 'string') throw misfit('text');
  return value;
}

export function hex(value: unknown): string {
  if (typeof value !== 'string' || !/^([0-9a-f]{2})*$/.test(value)) throw misfit('hex');
  return value;
}

export function hex32(value: unknown): string {
  if (hex(value).length !== 64) throw misfit('32 bytes in hex');
  return value as string;
}

export function oneOf<Word extends string>(value: unknown, words: readonly Word[]): Word {
  const word = words.find((one) => one === value);
  if (word === undefined) throw misfit(words.join(' or '));
  return word;
}

export function whole(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw misfit('a whole number');
  return value as number;
}

export function flag(value: unknown): boolean {
  if (typeof value !== 'boolean') throw misfit('a flag');
  return value;
}

export const orNull =
  <Value>(read: Read<Value>): Read<Value | null> =>
  (value) =>
    value === null ? null : read(value);
