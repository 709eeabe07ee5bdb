// Proof of what is owed, as functions: closed once a day, published to anybody, and to each account its own. spec/liabilities.md.
import type { Database } from '@reprise/database';
import { type Bytes, type Clock, parseHex, u64 } from '@reprise/kit';
import type { Network } from '@reprise/lightning';
import { importSigningKey } from '@reprise/protocol/formats';
import type { LiabilityEpoch } from '@reprise/protocol/liabilities';
import { keyFrom } from '../held-secret.ts';
import { labels } from '../labels.ts';
import { closeEpoch, closeIfDue, type EpochParts, latestRow } from './close-epoch.ts';
import { OwnLines } from './own-lines.ts';

export type LiabilityPorts = {
  readonly database: Database;
  readonly clock: Clock;
  readonly network: Network;
  /** 32 random bytes that are not in the database. */
  readonly fileKey: Bytes;
  readonly read?: NonNullable<EpochParts['read']>;
};

export type Liabilities = Awaited<ReturnType<typeof openLiabilities>>;
export type Published = {
  readonly latest: number;
  /** As they were signed, in order. */
  readonly epochs: readonly Bytes[];
};

const epochsMax = 400;
const coinsMax = 20_000;
const [pointBytes, coinBytes] = [33, 41];

/** The database is migrated. */
export async function openLiabilities({ fileKey, ...ports }: LiabilityPorts) {
  const { database } = ports;
  const key = await importSigningKey(keyFrom(fileKey, labels.liabilities));
  const parts: EpochParts = { ...ports, key, saltKey: keyFrom(fileKey, labels.liabilitySalt) };
  const own = new OwnLines(parts);
  return {
    network: ports.network,
    /** Of Ed25519, 32 bytes. */
    publicKey: key.publicKey,
    close: (reserves: LiabilityEpoch['reserves']) => closeEpoch(parts, reserves),
    closeIfDue: (reserves: () => Promise<LiabilityEpoch['reserves']>) => closeIfDue(parts, reserves),
    /** @returns when the latest was closed, ms since 1970 */
    latestAt: async (): Promise<number | undefined> => (await latestRow(database.db))?.at,
    /** @param from the first that is wanted */
    epochs: async (from: number): Promise<Published> => {
      const rows = await database.db
        .selectFrom('liability_epochs')
        .select('sealed')
        .where('number', '>=', from)
        .orderBy('number')
        .limit(epochsMax)
        .execute();
      return { latest: (await latestRow(database.db))?.number ?? 0, epochs: rows.map(({ sealed }) => sealed) };
    },
    /** 33 bytes of a point and u64 satoshis for each coin. @param from how many of them are known */
    coins: async (keyset: string, list: 'promised' | 'spent', from: number): Promise<Bytes> => {
      const rows = await database.db
        .selectFrom('liability_coins')
        .select(['point', 'amount'])
        .where('keyset', '=', keyset)
        .where('list', '=', list)
        .where('position', '>=', from)
        .orderBy('position')
        .limit(coinsMax)
        .execute();
      const coins = new Uint8Array(rows.length * coinBytes);
      for (const [at, { point, amount }] of rows.entries()) {
        coins.set(parseHex(point) as Bytes, at * coinBytes);
        coins.set(u64(amount), at * coinBytes + pointBytes);
      }
      return coins;
    },
    own: (account: string) => own.read(account),
  };
}
