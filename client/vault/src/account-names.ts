// What a person calls the devices and the passkeys of an account, in `.reprise/names`. spec/drive.md "Names of devices and passkeys".
import { type Bytes, encodeUtf8, formatHex, parseHex } from '@reprise/kit';
import { Failure, readBytes, readText, readTuple } from '@reprise/protocol/formats';
import type { ListFormat } from './kept-list.ts';

/** By the id in hex of a device (32 bytes; an app credential is one), or of a passkey's slot (16 bytes). */
export type AccountNames = ReadonlyMap<string, string>;

/** UTF-8 of one name. */
const nameBytesMax = 120;
const deviceLetters = 64;
const passkeyLetters = 32;

/** Entries are ids and names. */
export const namesList: ListFormat<readonly [id: string, name: string]> = {
  name: 'names',
  version: 1,
  // An account certifies 4,096 devices in all.
  itemsMax: 4_096,
  limit: 'names of devices and passkeys',
  encode: ([id, name]) => {
    if (!isName(name)) throw new Failure('limit-exceeded', { limit: 'name of a device or a passkey' });
    return [parseHex(id) as Bytes, name];
  },
  decode: (value) => {
    const [given, text] = readTuple(value, 2);
    const [id, name] = [formatHex(readBytes(given)), readText(text)];
    const isRight = (id.length === deviceLetters || id.length === passkeyLetters) && isName(name);
    if (!isRight) throw new Failure('bad-object', { reason: 'a name of a device or a passkey' });
    return [id, name];
  },
  keyOf: ([id]) => id,
};

function isName(name: string): boolean {
  return name !== '' && encodeUtf8(name).length <= nameBytesMax;
}
