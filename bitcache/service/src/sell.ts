// The transaction of purchases that take money which is here already: coins, or a balance. Those that come at the same time share one.
// spec/paid-links.md "Purchase".
import { Together, violationOf } from '@reprise/database';
import type { Bytes } from '@reprise/kit';
import { type AccountCode, AccountsOf, type Journal, LedgerFailure, type Operation, operationId, shardOf } from '@reprise/ledger';
import { storeTaken, type Taking } from '@reprise/mint';
import { ServiceFailure } from './failures.ts';
import { sha256Hex } from './held-secret.ts';
import type { Current } from './offers.ts';
import type { ServiceParts } from './ports.ts';
import type { Terms } from './quotes.ts';
import { type Granted, type Sale, windowOf, writeSales } from './sales.ts';

export type Purchase = {
  readonly operation: Operation;
  readonly way: 'coins' | 'balance';
  /** The offer as it was just read. */
  readonly current: Current;
  readonly terms: Terms;
  readonly buyerKey: Bytes;
  readonly credential: string;
  /** @param to where the price goes */
  journal(on: AccountsOf, to: AccountCode): Journal | null;
  /** Null: of a balance. */
  readonly taking: Taking | null;
};

/** Everything that costs is done. */
type Ready = Pick<Purchase, 'operation' | 'taking'> & { readonly sale: Sale; readonly journal: Journal | null };

/** Of one process: `false` for what had happened before, with the same content. */
export type Counter = Together<Ready, boolean>;

/** Four coins each and their change fill statements of the largest size. */
const groupMax = 64;

export function openCounter(service: ServiceParts): Counter {
  return new Together({ write: (ready) => writeReady(service, ready), isOfOne, groupMax });
}

/**
 * The half is sealed before the transaction begins.
 * @returns `other` if the operation has happened with other content, `known` if with the same: its answer is in the rows that it wrote
 * @throws ServiceFailure bad-buyer-key, ended, sold-out; LedgerFailure overdrawn; a violation of `unique` for coins and outputs that are
 *   there: then nothing has happened
 */
export async function sell(service: ServiceParts, counter: Counter, purchase: Purchase): Promise<Granted | 'known' | 'other'> {
  const { ledger, clock, settings, agent } = service;
  const { operation, way, current, terms, buyerKey, credential, taking } = purchase;
  const { id: offer, seller } = current;
  const { version, hash, sats: price } = terms;
  const now = clock.now();
  const given = await agent.seal({ offer, version, hash, buyerKey, at: now });
  const op = operationId(operation);
  const on = new AccountsOf(shardOf(op, settings.shards));
  const journal = purchase.journal(on, on.code('pending', offer));
  await ledger.open(journal?.legs.map(({ account }) => account) ?? []);
  const windowMs = await windowOf(service, seller);
  const sale = { op, offer, version, way, price, credential, buyerKeyHash: sha256Hex(buyerKey), given, windowMs, now };
  try {
    return (await counter.write({ operation, taking, sale, journal })) ? { sale: op, ...given } : 'known';
  } catch (error) {
    if (error instanceof LedgerFailure && error.code === 'operation-differs') return 'other';
    throw error;
  }
}

/** One transaction: operations, coins, sales, legs of all, or nothing. @returns false for one alone that had happened */
async function writeReady(service: ServiceParts, ready: readonly Ready[]): Promise<readonly boolean[]> {
  const { ledger, database } = service;
  const now = ready[0]?.sale.now ?? 0;
  return database.transaction(async (queries) => {
    const operations = ready.map(({ operation }) => operation);
    if (ready.length > 1) await ledger.claimAll(queries, operations, now);
    else if (!(await ledger.claim(queries, operations[0] as Operation, now))) return [false];
    await storeTaken(
      queries,
      ready.flatMap(({ taking, sale }) => taking?.rows(sale.op) ?? []),
    );
    const written = await writeSales(
      queries,
      service,
      ready.map(({ sale }) => sale),
    );
    if (written !== 'written') throw new ServiceFailure(written);
    const journals = ready.flatMap(({ sale, journal }) => (journal ? [{ operation: sale.op, journal }] : []));
    await ledger.postAll(queries, journals, now);
    return ready.map(() => true);
  });
}

/** Coins that somebody else spent, an offer that ended, a balance that is too low: the others of the group are not touched by it. */
function isOfOne(error: unknown): boolean {
  return error instanceof LedgerFailure || error instanceof ServiceFailure || violationOf(error) !== undefined;
}
