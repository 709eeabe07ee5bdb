// The lists that an account keeps for itself in `.reprise`. Whoever may write to the drive may have put anything into one: an entry that nobody can
// read keeps no other from being read, is counted, and stays as it is when the list is written anew. spec/drive.md "What the account keeps for itself".
import type { Bytes } from '@reprise/kit';
import { type DcborValue, decodeDcbor, encodeDcbor, Failure, readArray, readTuple, readUint } from '@reprise/protocol/formats';

/** How a list is written: `[version, [entry …]]`. */
export type ListFormat<Item> = {
  /** Of the file in `.reprise`. */
  readonly name: string;
  readonly version: number;
  /** Most entries, those that cannot be read among them. */
  readonly itemsMax: number;
  /** What `limit-exceeded` names. */
  readonly limit: string;
  readonly encode: (item: Item) => DcborValue;
  /** @throws Failure bad-object */
  readonly decode: (value: DcborValue) => Item;
  /** What no two of them share: the first stands, and the others are as those that cannot be read. */
  readonly keyOf: (item: Item) => string;
};

export type KeptList<Item> = {
  readonly items: readonly Item[];
  /** Entries that nobody can read, as they were found. */
  readonly unread: readonly DcborValue[];
};

/** What cannot be read comes last. @throws Failure limit-exceeded */
export function encodeKeptList<Item>(format: ListFormat<Item>, { items, unread }: KeptList<Item>): Bytes {
  if (items.length + unread.length > format.itemsMax) throw new Failure('limit-exceeded', { limit: format.limit });
  return encodeDcbor([format.version, [...items.map(format.encode), ...unread]]);
}

/** @throws Failure bad-object for what is no list of this version */
export function decodeKeptList<Item>(format: ListFormat<Item>, bytes: Uint8Array): KeptList<Item> {
  const [version, values] = readTuple(decodeDcbor(bytes), 2);
  readUint(version, format.version, format.version);
  const items = new Map<string, Item>();
  const unread: DcborValue[] = [];
  for (const value of readArray(values, format.itemsMax)) {
    const item = readable(format, value);
    const key = item === null ? null : format.keyOf(item);
    if (item === null || key === null || items.has(key)) unread.push(value);
    else items.set(key, item);
  }
  return { items: [...items.values()], unread };
}

function readable<Item>({ decode }: ListFormat<Item>, value: DcborValue): Item | null {
  try {
    return decode(value);
  } catch (error) {
    if (error instanceof Failure && error.code === 'bad-object') return null;
    throw error;
  }
}

/** The last moment that a date can say, ms since 1970 (ECMA-262 "Time Values"). */
const momentMax = 8_640_000_000_000_000;

/** ms since 1970, which a person can be shown as a date. @throws Failure bad-object */
export function readMoment(value: DcborValue | undefined): number {
  return readUint(value, momentMax);
}
