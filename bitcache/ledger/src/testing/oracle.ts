// The books as anybody would keep them on paper: a map of balances. What the database does is compared with it. For tests only.
import { type AccountCode, factsOf, isDebitKind } from '../chart.ts';
import type { Journal } from '../journal.ts';

export class Oracle {
  readonly #balances = new Map<AccountCode, bigint>();
  readonly #operations = new Map<string, string>();

  balance(code: AccountCode): bigint {
    return this.#balances.get(code) ?? 0n;
  }

  /** All accounts that were ever part of a journal that was posted. */
  balances(): ReadonlyMap<AccountCode, bigint> {
    return this.#balances;
  }

  apply(operation: string, request: string, { legs }: Journal): 'posted' | 'known' | 'overdrawn' | 'differs' {
    const known = this.#operations.get(operation);
    if (known !== undefined) return known === request ? 'known' : 'differs';
    const after = new Map<AccountCode, bigint>();
    for (const { account, amount } of legs) {
      const { kind, floor } = factsOf(account);
      const balance = this.balance(account) + (isDebitKind(kind) ? amount : -amount);
      if (floor && balance < 0n) return 'overdrawn';
      after.set(account, balance);
    }
    for (const [account, balance] of after) this.#balances.set(account, balance);
    this.#operations.set(operation, request);
    return 'posted';
  }
}
