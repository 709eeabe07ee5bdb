// What a mint said it owed, day by day. spec/liabilities.md.
import type { Bytes } from '@reprise/kit';
import type { ColumnType } from 'kysely';
import type { Optional } from './columns.ts';

export interface LiabilityTables {
  readonly liability_epochs: LiabilityEpochsTable;
  readonly liability_coins: LiabilityCoinsTable;
  readonly liability_lines: LiabilityLinesTable;
}

interface LiabilityEpochsTable {
  readonly number: number;
  readonly at: number;
  /** As it was published. */
  readonly sealed: Bytes;
  /** What the lists of coins are gone on with. */
  readonly peaks: Bytes;
}

/** Coins that an epoch has counted, in the order in which they were added. */
interface LiabilityCoinsTable {
  readonly keyset: string;
  readonly list: 'promised' | 'spent';
  readonly position: number;
  /** B_ of what was promised, Y of what was spent, in hex. */
  readonly point: string;
  /** Satoshis. */
  readonly amount: number;
}

/** What an epoch counts besides coins; kept for the latest few. */
interface LiabilityLinesTable {
  readonly epoch: number;
  readonly position: number;
  /** What stands in the tree in place of the name. */
  readonly key: string;
  readonly name: string;
  /** The account that may see it. */
  readonly owner: Optional<string>;
  /** Thousandths of a satoshi; read as text. */
  readonly amount: ColumnType<never, bigint, never>;
}
