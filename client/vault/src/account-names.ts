// What a person calls the devices and the passkeys of an account, in `.reprise/names`. spec/drive.md "Names of devices and passkeys".
import { type Bytes, encodeUtf8, formatHex, parseHex } from '@reprise/kit';
import { decodeDcbor, encodeDcbor, Failure, readArray, readBytes, readText, readTuple, readUint } from '@reprise/protocol/formats';

/** By the id in hex of a device (32 bytes; an app credential is one), or of a passkey's slot (16 bytes). */
export type AccountNames = ReadonlyMap<string, string>;

export const namesFileName = 'names';
/** UTF-8 of one name. */
const nameBytesMax = 120;
/** An account certifies 4,096 devices in all. */
const namesMax = 4_096;
const deviceLetters = 64;
const passkeyLetters = 32;

/** @throws Failure limit-exceeded */
export function encodeAccountNames(names: AccountNames): Bytes {
  if (names.size > namesMax) throw new Failure('limit-exceeded', { limit: 'names of devices and passkeys' });
  if (![...names.values()].every(isName)) throw new Failure('limit-exceeded', { limit: 'name of a device or a passkey' });
  const ascending = [...names].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return encodeDcbor([versionOf(names), ascending.map(([id, name]) => [parseHex(id) as Bytes, name])]);
}

/** @throws Failure bad-object */
export function decodeAccountNames(bytes: Uint8Array): AccountNames {
  const [version, items] = readTuple(decodeDcbor(bytes), 2);
  const names = new Map<string, string>();
  let last = '';
  for (const item of readArray(items, namesMax)) {
    const [given, text] = readTuple(item, 2);
    const id = formatHex(readBytes(given));
    const name = readText(text);
    const isRight = id > last && (id.length === deviceLetters || id.length === passkeyLetters) && isName(name);
    if (!isRight) throw new Failure('bad-object', { reason: 'names of devices and passkeys' });
    names.set(id, name);
    last = id;
  }
  const right = versionOf(names);
  readUint(version, right, right);
  return names;
}

/** The first one knew devices alone. */
function versionOf(names: AccountNames): 1 | 2 {
  return [...names.keys()].some((id) => id.length === passkeyLetters) ? 2 : 1;
}

function isName(name: string): boolean {
  return name !== '' && encodeUtf8(name).length <= nameBytesMax;
}
