// A purchase that takes money which is here already: coins, or a balance. spec/paid-links.md "Purchase".
import type { Bytes } from '@reprise/kit';
import { type AccountCode, AccountsOf, type Journal, LedgerFailure, type Operation, operationId, shardOf } from '@reprise/ledger';
import type { Taking } from '@reprise/mint';
import { sha256Hex } from './held-secret.ts';
import type { Current } from './offers.ts';
import type { ServiceParts } from './ports.ts';
import type { Terms } from './quotes.ts';
import { type Granted, windowOf } from './sales.ts';

export type Purchase = {
  readonly operation: Operation;
  readonly way: 'coins' | 'balance';
  /** The account whose balance pays; null: coins do. */
  readonly payer: string | null;
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

/**
 * The half is sealed before the transaction begins.
 * @returns `other` if the operation has happened with other content, `known` if with the same: its answer is in the rows that it wrote
 * @throws ServiceFailure bad-buyer-key, ended, sold-out, frozen; LedgerFailure overdrawn; a violation of `unique` for coins and outputs that are
 *   there: then nothing has happened
 */
export async function sell(service: ServiceParts, purchase: Purchase): Promise<Granted | 'known' | 'other'> {
  const { ledger, clock, settings, agent, counter } = service;
  const { operation, way, payer, current, terms, buyerKey, credential, taking } = purchase;
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
    const isNew = await counter.purchases.add({ operation, payer, taking, sale, journal, invoice: null });
    return isNew ? { sale: op, ...given } : 'known';
  } catch (error) {
    if (error instanceof LedgerFailure && error.code === 'operation-differs') return 'other';
    throw error;
  }
}
