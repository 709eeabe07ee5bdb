// What the drive keeps about keys that no slot has room for: earlier keys of one's own, and those of other spaces. spec/accounts.md "Keyring".
import { type Bytes, compareBytes, type RandomBytes } from '@reprise/kit';
import {
  badObject,
  type DcborMap,
  decodeDcbor,
  encodeDcbor,
  Failure,
  readArray,
  readBytes,
  readMap,
  readTuple,
  readUint,
} from '@reprise/protocol/formats';
import { type MessageSeal, openMessage, paddedMessageLength, sealMessage } from '../cae.ts';
import { type Engine, kdf, noBytes } from '../engine.ts';
import { kdfLabels, sealLabels } from '../labels.ts';
import type { AccountKeys } from './slots.ts';

export type Keyring = {
  /** X-Wing seeds by their number, those no longer in force too: what was wrapped for them still opens. */
  readonly kemSeeds: ReadonlyMap<number, Bytes>;
  /** Epoch keys of spaces other than the home, ascending by space and epoch. */
  readonly epochKeys: readonly { readonly space: Bytes; readonly epoch: number; readonly key: Bytes }[];
  /** Keys from 100 up, carried for later versions. */
  readonly ext: DcborMap;
};

export const emptyKeyring: Keyring = { kemSeeds: new Map(), epochKeys: [], ext: new Map() };

type Master = Pick<AccountKeys, 'amk'>;
/** The keys in force, and those that are to come while the account is secured. */
export type MasterKeys = readonly [Master] | readonly [Master, Master];

/** For the account alone: who holds the key of an epoch, as a tool does, opens none of it. */
export type KeyringPlace = { readonly engine: Engine /** The home, 32 bytes. */; readonly space: Bytes };

/** A segment holds it, with room for its padding. */
const ringBytesMax = 200_000;

/** @returns the content of the drive's file `.reprise/keyring` @throws Failure limit-exceeded */
export async function sealKeyring(
  { engine, space }: KeyringPlace,
  masters: MasterKeys,
  ring: Keyring,
  random: RandomBytes,
): Promise<Bytes> {
  const message = encodeKeyring(ring);
  if (message.length > ringBytesMax) throw new Failure('limit-exceeded', { limit: 'keys of a keyring' });
  const sealed: Bytes[] = [];
  for (const master of masters) {
    const seal = await sealOf(engine, master, space);
    sealed.push(await sealMessage(engine, seal, message, paddedMessageLength(message.length), random));
  }
  return encodeDcbor([2, sealed]);
}

/**
 * @throws Failure bad-object for what is no keyring, reject for one of another account, space or master key
 */
export async function openKeyring({ engine, space }: KeyringPlace, master: Master, bytes: Uint8Array): Promise<Keyring> {
  const sealed = readSealed(bytes);
  const seal = await sealOf(engine, master, space);
  let failed: unknown;
  for (const one of sealed) {
    try {
      return decodeKeyring(await openMessage(engine, seal, one));
    } catch (error) {
      if (!(error instanceof Failure && error.code === 'reject')) throw error;
      failed = error;
    }
  }
  throw failed;
}

function readSealed(bytes: Uint8Array): readonly Bytes[] {
  const [version, sealed] = readTuple(decodeDcbor(bytes), 2);
  readUint(version, 2, 2);
  const seals = readArray(sealed, 2).map((one) => readBytes(one));
  if (seals.length === 0) throw badObject('a keyring that nothing opens');
  return seals;
}

async function sealOf(engine: Engine, { amk }: Master, space: Bytes): Promise<MessageSeal> {
  return { label: sealLabels.keyring, key: await kdf(engine, amk, kdfLabels.keyring, noBytes, 32), context: space };
}

/** @returns what is sealed */
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
