// The transaction of a purchase that takes money which is here already: coins, or a balance. spec/paid-links.md "Purchase".
import type { InTransaction } from '@reprise/database';
import type { Bytes } from '@reprise/kit';
import {
  type AccountCode,
  AccountsOf,
  type Journal,
  LedgerFailure,
  type Operation,
  type OperationId,
  operationId,
  shardOf,
} from '@reprise/ledger';
import { ServiceFailure } from './failures.ts';
import { sha256Hex } from './held-secret.ts';
import type { OfferId, ServiceParts } from './ports.ts';
import type { Terms } from './quotes.ts';
import { windowOf, writeSale } from './sales.ts';

export type Purchase = {
  readonly operation: Operation;
  readonly way: 'coins' | 'balance';
  readonly offer: OfferId;
  readonly terms: Terms;
  readonly buyerKey: Bytes;
  readonly credential: string;
  /** @param to where the price goes */
  journal(on: AccountsOf, to: AccountCode): Journal | null;
  /** Rows that come before the sale. */
  store(queries: InTransaction, op: OperationId): Promise<void>;
};

/**
 * The half is sealed before the transaction begins.
 * @returns `other` if the operation has happened with other content
 * @throws ServiceFailure bad-buyer-key, ended, sold-out; LedgerFailure overdrawn; and what `store` throws: then nothing has happened
 */
export async function sell(service: ServiceParts, purchase: Purchase): Promise<'sold' | 'other'> {
  const { ledger, database, clock, settings, agent } = service;
  const { operation, way, offer, terms, buyerKey, credential } = purchase;
  const { version, hash, sats: price } = terms;
  const now = clock.now();
  const given = await agent.seal({ offer, version, hash, buyerKey, at: now });
  const op = operationId(operation);
  const on = new AccountsOf(shardOf(op, settings.shards));
  const journal = purchase.journal(on, on.code('pending', offer));
  await ledger.open(journal?.legs.map(({ account }) => account) ?? []);
  const windowMs = await windowOf(service, offer);
  const sale = { op, offer, version, way, price, credential, buyerKeyHash: sha256Hex(buyerKey), given, windowMs, now };
  try {
    await database.transaction(async (queries) => {
      if (!(await ledger.claim(queries, operation, now))) return;
      await purchase.store(queries, op);
      const written = await writeSale(queries, service, sale);
      if (written !== 'written') throw new ServiceFailure(written);
      if (journal) await ledger.post(queries, op, journal, now);
    });
    return 'sold';
  } catch (error) {
    if (error instanceof LedgerFailure && error.code === 'operation-differs') return 'other';
    throw error;
  }
}
