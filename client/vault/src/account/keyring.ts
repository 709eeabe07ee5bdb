// What the drive keeps about keys that no slot has room for: earlier keys of one's own, and those of other spaces. spec/accounts.md "Keyring".
import { type Bytes, compareBytes } from '@reprise/kit';
import { type DcborMap, decodeDcbor, encodeDcbor, readArray, readBytes, readMap, readTuple, readUint } from '@reprise/protocol/formats';

export type Keyring = {
  /** X-Wing seeds by their number, those no longer in force too: what was wrapped for them still opens. */
  readonly kemSeeds: ReadonlyMap<number, Bytes>;
  /** Epoch keys of spaces other than the home, ascending by space and epoch. */
  readonly epochKeys: readonly { readonly space: Bytes; readonly epoch: number; readonly key: Bytes }[];
  /** Keys from 100 up, carried for later versions. */
  readonly ext: DcborMap;
};

export const emptyKeyring: Keyring = { kemSeeds: new Map(), epochKeys: [], ext: new Map() };

/** @returns the content of the drive's file `.reprise/keyring` */
export function encodeKeyring({ kemSeeds, epochKeys, ext }: Keyring): Bytes {
  const sorted = epochKeys.toSorted((a, b) => compareBytes(a.space, b.space) || a.epoch - b.epoch);
  return encodeDcbor(
    new Map([
      ...ext,
      [1, 1],
      [2, [...kemSeeds].toSorted(([a], [b]) => a - b)],
      [3, sorted.map(({ space, epoch, key }) => [space, epoch, key])],
    ]),
  );
}

/** @throws Failure bad-object */
export function decodeKeyring(bytes: Uint8Array): Keyring {
  const map = readMap(decodeDcbor(bytes), [1, 2, 3]);
  readUint(map.get(1), 1, 1);
  return {
    kemSeeds: new Map(
      readArray(map.get(2)).map((item) => {
        const [number, seed] = readTuple(item, 2);
        return [readUint(number, 2 ** 32 - 1), readBytes(seed, 32)] as const;
      }),
    ),
    epochKeys: readArray(map.get(3)).map((item) => {
      const [space, epoch, key] = readTuple(item, 3);
      return { space: readBytes(space, 32), epoch: readUint(epoch, 2 ** 32 - 1), key: readBytes(key, 32) };
    }),
    ext: new Map([...map].filter(([key]) => key >= 100)),
  };
}
