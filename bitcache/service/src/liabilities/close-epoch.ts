// Says what is owed, once a day: what is new is added to the lists, and their roots are chained and signed. spec/liabilities.md "Epochs".
import { createHash, createHmac } from 'node:crypto';
import { type Database, type InTransaction, insertRows, type Row, violationOf } from '@reprise/database';
import { type Bytes, type Clock, concatBytes, encodeUtf8, formatHex, parseHex, u64 } from '@reprise/kit';
import type { Network } from '@reprise/lightning';
import { decodeDcbor, encodeDcbor, type SigningKey } from '@reprise/protocol/formats';
import {
  type EpochKeyset,
  type LiabilityEpoch,
  lineKey,
  openEpoch,
  type ReadEpoch,
  sealEpoch,
  type Sha256,
  SumList,
  type SumRoot,
  SumTree,
} from '@reprise/protocol/liabilities';
import { type Coin, type HeldLine, type Holdings, readHoldings } from './holdings.ts';

export type EpochParts = {
  readonly database: Database;
  readonly clock: Clock;
  readonly network: Network;
  readonly key: SigningKey;
  /** 32 bytes: salts of lines come from it. */
  readonly saltKey: Bytes;
  /** What is owed; tests lie here. */
  readonly read?: (queries: InTransaction) => Promise<Holdings>;
};

export const sha256: Sha256 = (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest());

/** Lines of older epochs are forgotten: nobody asks where he stood last month. */
const epochsWithLines = 3;

/** @param reserves as the node says @param isDue asked of the latest there is @returns the number of the epoch; undefined where it was not due */
export async function closeEpoch(
  parts: EpochParts,
  reserves: LiabilityEpoch['reserves'],
  isDue: (before: Row<'liability_epochs'> | undefined) => boolean = () => true,
): Promise<number | undefined> {
  const { database, read = readHoldings } = parts;
  try {
    return await database.transaction(async (queries) => {
      const before = await latestRow(queries);
      if (!isDue(before)) return undefined;
      const holdings = await read(queries);
      const number = (before?.number ?? 0) + 1;
      const lists = new Lists(before?.peaks);
      const added = [...lists.add('promised', holdings.promised), ...lists.add('spent', holdings.spent)];
      const lines = placed(parts.saltKey, number, holdings.lines);
      const previous = before ? openOwn(parts, before) : null;
      const epoch: LiabilityEpoch = {
        number,
        at: Math.max(parts.clock.now(), (previous?.at ?? 0) + 1),
        previous: previous?.hash ?? null,
        network: parts.network,
        keysets: holdings.keysets.map((id) => lists.keyset(id)),
        lines: new SumTree(sha256, lines.map(leafOf)).root,
        reserves,
      };
      const sealed = await sealEpoch(parts.key, epoch);
      await insertRows(queries, 'liability_epochs', [{ number, at: epoch.at, sealed, peaks: lists.written() }]);
      await insertRows(queries, 'liability_coins', added);
      await insertRows(
        queries,
        'liability_lines',
        lines.map(({ key, name, owner, amount }, position) => ({ epoch: number, position, key, name, owner, amount })),
      );
      await queries
        .deleteFrom('liability_lines')
        .where('epoch', '<=', number - epochsWithLines)
        .execute();
      return number;
    });
  } catch (error) {
    if (violationOf(error) === 'unique') return undefined;
    throw error;
  }
}

const dayMs = 86_400_000;

/** Every hour, in each process: one epoch for each day (UTC) on which somebody looked. */
export async function closeIfDue(parts: EpochParts, reserves: () => Promise<LiabilityEpoch['reserves']>): Promise<number | undefined> {
  const isDue = (before: Row<'liability_epochs'> | undefined) =>
    !before || Math.floor(before.at / dayMs) < Math.floor(parts.clock.now() / dayMs);
  // The node is asked outside of any transaction.
  return isDue(await latestRow(parts.database.db)) ? closeEpoch(parts, await reserves(), isDue) : undefined;
}

export async function latestRow(queries: Database['db']): Promise<Row<'liability_epochs'> | undefined> {
  return queries.selectFrom('liability_epochs').selectAll().orderBy('number', 'desc').limit(1).executeTakeFirst();
}

/** @throws Error for what another file key has signed */
export function openOwn({ key }: Pick<EpochParts, 'key'>, { sealed }: Row<'liability_epochs'>): ReadEpoch {
  const epoch = openEpoch(sha256, key.publicKey, sealed);
  if (epoch === 'signature') throw new Error('an epoch of liabilities was signed with another file key');
  return epoch;
}

export type PlacedLine = HeldLine & { /** In hex. */ readonly key: string };

/** In the order of hidden names, which says nothing. */
function placed(saltKey: Bytes, epoch: number, lines: readonly HeldLine[]): readonly PlacedLine[] {
  const keyed = lines.map((line) => ({
    ...line,
    key: formatHex(lineKey(sha256, epoch, { name: line.name, salt: saltOf(saltKey, epoch, line.name) })),
  }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** 32 bytes; whoever has those of one epoch learns nothing of another. */
export function saltOf(saltKey: Bytes, epoch: number, name: string): Bytes {
  return new Uint8Array(
    createHmac('sha256', saltKey)
      .update(concatBytes(u64(epoch), encodeUtf8(name)))
      .digest(),
  );
}

export function leafOf({ key, amount }: Pick<PlacedLine, 'key' | 'amount'>) {
  return { key: parseHex(key) as Bytes, amount };
}

type List = 'promised' | 'spent';
type CoinRow = Coin & { readonly list: List; readonly position: number };

/** The lists of all keysets, gone on with from where the epoch before left them. */
class Lists {
  readonly #lists = new Map<string, SumList>();

  constructor(peaks: Uint8Array | undefined) {
    const kept = peaks ? (decodeDcbor(peaks) as unknown as readonly (readonly [string, readonly Peak[]])[]) : [];
    for (const [name, of] of kept) this.#lists.set(name, new SumList(sha256, of.map(readPeak)));
  }

  /** Within an epoch by their points, so that their order does not say when. @returns the rows that count them */
  add(list: List, coins: readonly Coin[]): readonly CoinRow[] {
    return coins
      .toSorted((a, b) => (a.point < b.point ? -1 : 1))
      .map((coin) => {
        const sums = this.#of(coin.keyset, list);
        const position = sums.count;
        sums.add({ key: parseHex(coin.point) as Bytes, amount: BigInt(coin.amount) });
        return { keyset: coin.keyset, point: coin.point, amount: Number(coin.amount), list, position };
      });
  }

  keyset(id: string): EpochKeyset {
    return { id, promised: this.#of(id, 'promised').root, spent: this.#of(id, 'spent').root };
  }

  written(): Bytes {
    return encodeDcbor([...this.#lists].map(([name, list]) => [name, list.peaks.map(({ count, sum, hash }) => [count, sum, hash])]));
  }

  #of(keyset: string, list: List): SumList {
    const name = `${keyset}/${list}`;
    const known = this.#lists.get(name) ?? new SumList(sha256);
    this.#lists.set(name, known);
    return known;
  }
}

type Peak = readonly [count: number, sum: number | bigint, hash: Bytes];

function readPeak([count, sum, hash]: Peak): SumRoot {
  return { count, sum: BigInt(sum), hash };
}
