// The books: operations claimed once, journals posted inside the transaction of whatever they pay for, balances that only legs can move.
// spec/ledger.md.
import { createHash } from 'node:crypto';
import { type Database, type InTransaction, insertRows, violationOf } from '@reprise/database';
import { assert, type Bytes, equalBytes } from '@reprise/kit';
import { type AccountCode, factsOf } from './chart.ts';
import { LedgerFailure } from './failures.ts';
import type { Journal } from './journal.ts';

/** A change of money, by what makes it the one it is: the payment hash of an invoice, a payout and its attempt. */
export type Operation = {
  readonly kind: string;
  readonly key: string;
  /** SHA-256 of what was asked: the same key with another one is refused. */
  readonly requestHash: Bytes;
};
/** 16 bytes in hex. */
export type OperationId = string;

/** SHA-256 of kind, a zero byte and key, cut to 16 bytes. */
export function operationId({ kind, key }: Pick<Operation, 'kind' | 'key'>): OperationId {
  return createHash('sha256').update(kind).update('\0').update(key).digest('hex').slice(0, 32);
}

export class Ledger {
  readonly #database: Database;
  /** Accounts are opened for ever: what was read once stays true. */
  readonly #ids = new Map<AccountCode, number>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Opens what a journal needs. Before the transaction that posts it: accounts stay, whatever becomes of that. */
  async open(codes: Iterable<AccountCode>): Promise<void> {
    const unknown = [...new Set(codes)].filter((code) => !this.#ids.has(code)).sort();
    if (unknown.length === 0) return;
    const rows = unknown.map((code) => {
      const { kind, floor } = factsOf(code);
      return { code, kind, has_floor: floor ? (1 as const) : (0 as const) };
    });
    await this.#database.transaction((queries) => insertRows(queries, 'ledger_accounts', rows, 'ignore'));
    const opened = await this.#database.db.selectFrom('ledger_accounts').select(['id', 'code']).where('code', 'in', unknown).execute();
    for (const { id, code } of opened) this.#ids.set(code, id);
  }

  /**
   * First thing in a transaction that moves money.
   * @returns false if the operation has happened: then its answer is in the rows that it wrote
   * @throws LedgerFailure operation-differs
   */
  async claim(queries: InTransaction, operation: Operation, now: number): Promise<boolean> {
    const { kind, key, requestHash } = operation;
    const id = operationId(operation);
    const claimed = await insertRows(queries, 'ledger_operations', [{ id, kind, key, request_hash: requestHash, at: now }], 'ignore');
    if (claimed === 1) return true;
    const row = await queries.selectFrom('ledger_operations').select('request_hash').where('id', '=', id).executeTakeFirstOrThrow();
    if (!equalBytes(row.request_hash, requestHash)) throw new LedgerFailure('operation-differs', { kind });
    return false;
  }

  /**
   * Posts the journal of an operation that this transaction has claimed; its accounts are open.
   * @throws LedgerFailure overdrawn; the transaction must not go on
   */
  async post(queries: InTransaction, operation: OperationId, { kind, legs }: Journal, now: number): Promise<void> {
    const rows = legs.map(({ account, amount }) => ({ account: this.#idOf(account), amount: amount as bigint }));
    // One order of locks everywhere, hence no deadlocks.
    rows.sort((a, b) => a.account - b.account);
    try {
      await insertRows(
        queries,
        'ledger_postings',
        rows.map((row, seq) => ({ journal: operation, seq, legs: rows.length, ...row })),
      );
    } catch (error) {
      if (violationOf(error) === 'check') throw new LedgerFailure('overdrawn', { kind }, { cause: error });
      throw error;
    }
    await insertRows(queries, 'ledger_journals', [{ id: operation, legs: rows.length, kind, at: now }]);
  }

  #idOf(code: AccountCode): number {
    const id = this.#ids.get(code);
    assert(id !== undefined, `the account ${code} is not open`);
    return id;
  }
}
