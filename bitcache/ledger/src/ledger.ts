// The books: operations claimed once, journals posted inside the transaction of whatever they pay for, balances that only legs can move.
// spec/ledger.md.
import { createHash } from 'node:crypto';
import { among, type Database, type InTransaction, insertRows, Together, violationOf } from '@reprise/database';
import { assert, type Bytes, equalBytes } from '@reprise/kit';
import { type AccountCode, type AccountKind, factsOf } from './chart.ts';
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

/** A journal, by the operation that it is of. */
export type Posted = { readonly operation: OperationId; readonly journal: Journal };

type NewAccount = { readonly code: AccountCode; readonly kind: AccountKind; readonly has_floor: 0 | 1 };

function newAccount(code: AccountCode): NewAccount {
  const { kind, floor } = factsOf(code);
  return { code, kind, has_floor: floor ? 1 : 0 };
}

/** Lists of accounts that are opened in one transaction. */
const openingsMax = 256;

export class Ledger {
  /** Accounts are opened for ever: what was read once stays true. */
  readonly #ids = new Map<AccountCode, number>();
  readonly #openings: Together<readonly NewAccount[], boolean>;

  constructor(database: Database) {
    this.#openings = new Together({
      work: async (lists) => {
        await this.#openAll(database, new Map(lists.flat().map((row) => [row.code, row])));
        return lists.map(() => true);
      },
      isOfOne: () => false,
      groupMax: openingsMax,
    });
  }

  /** Opens what a journal needs. Before the transaction that posts it: accounts stay, whatever becomes of that. */
  async open(codes: Iterable<AccountCode>): Promise<void> {
    const unknown = [...codes].filter((code) => !this.#ids.has(code));
    if (unknown.length > 0) await this.#openings.add(unknown.map(newAccount));
  }

  async #openAll(database: Database, accounts: ReadonlyMap<AccountCode, NewAccount>): Promise<void> {
    const codes = [...accounts.keys()].sort();
    const rows = codes.map((code) => accounts.get(code) as NewAccount);
    await database.transaction((queries) => insertRows(queries, 'ledger_accounts', rows, 'ignore'));
    const known = among(database.db, codes);
    const opened = await database.db.selectFrom('ledger_accounts').select(['id', 'code']).where('code', 'in', known).execute();
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

  /** Claims several at once. @throws LedgerFailure operation-happened if one of them has; the transaction must not go on */
  async claimAll(queries: InTransaction, operations: readonly Operation[], now: number): Promise<void> {
    const rows = operations.map((operation) => {
      const { kind, key, requestHash } = operation;
      return { id: operationId(operation), kind, key, request_hash: requestHash, at: now };
    });
    const claimed = await insertRows(queries, 'ledger_operations', rows, 'ignore');
    if (claimed < rows.length) throw new LedgerFailure('operation-happened', { kind: rows[0]?.kind ?? '' });
  }

  /**
   * Posts the journal of an operation that this transaction has claimed; its accounts are open.
   * @throws LedgerFailure overdrawn; the transaction must not go on
   */
  async post(queries: InTransaction, operation: OperationId, journal: Journal, now: number): Promise<void> {
    await this.postAll(queries, [{ operation, journal }], now);
  }

  /** Posts several at once. @throws LedgerFailure overdrawn, as `post`, for all of them */
  async postAll(queries: InTransaction, posted: readonly Posted[], now: number): Promise<void> {
    const rows = posted.flatMap(({ operation, journal: { legs } }) => {
      const sorted = legs.map(({ account, amount }) => ({ account: this.#idOf(account), amount: amount as bigint }));
      sorted.sort((a, b) => a.account - b.account);
      return sorted.map((row, seq) => ({ journal: operation, seq, legs: legs.length, ...row }));
    });
    // One order of locks everywhere, hence no deadlocks.
    rows.sort((a, b) => a.account - b.account);
    try {
      await insertRows(queries, 'ledger_postings', rows);
    } catch (error) {
      if (violationOf(error) === 'check') throw new LedgerFailure('overdrawn', { kind: posted[0]?.journal.kind ?? '' }, { cause: error });
      throw error;
    }
    const journals = posted.map(({ operation, journal: { kind, legs } }) => ({ id: operation, legs: legs.length, kind, at: now }));
    await insertRows(queries, 'ledger_journals', journals);
  }

  #idOf(code: AccountCode): number {
    const id = this.#ids.get(code);
    assert(id !== undefined, `the account ${code} is not open`);
    return id;
  }
}
