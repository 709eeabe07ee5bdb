// The books. spec/ledger.md.
import type { Bytes } from '@reprise/kit';
import type { ColumnType } from 'kysely';

export interface LedgerTables {
  readonly ledger_accounts: LedgerAccountsTable;
  readonly ledger_operations: LedgerOperationsTable;
  readonly ledger_journals: LedgerJournalsTable;
  readonly ledger_postings: LedgerPostingsTable;
}

/** An account of the books. Balances are read as text: they may exceed 2^53. */
interface LedgerAccountsTable {
  readonly id: ColumnType<number, never, never>;
  readonly code: string;
  readonly kind: 'asset' | 'liability' | 'income' | 'expense' | 'equity';
  readonly has_floor: 0 | 1;
  /** Thousandths of a satoshi, in the account's own direction; changed by triggers only. */
  readonly posted: ColumnType<never, never, never>;
}

/** What changed money, claimed before it does. */
interface LedgerOperationsTable {
  /** 16 bytes in hex. */
  readonly id: string;
  readonly kind: string;
  readonly key: string;
  readonly request_hash: Bytes;
  readonly at: number;
}

interface LedgerJournalsTable {
  readonly id: string;
  readonly legs: number;
  readonly kind: string;
  readonly at: number;
}

interface LedgerPostingsTable {
  readonly journal: string;
  readonly seq: number;
  readonly legs: number;
  readonly account: number;
  /** Debit above zero, credit below. */
  readonly amount: ColumnType<never, bigint, never>;
}
