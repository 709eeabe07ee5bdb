// A purchase with coins: verified, change signed and the half sealed first; then one transaction. spec/paid-links.md "Purchase".
import type { Bytes } from '@reprise/kit';
import { AccountsOf, LedgerFailure, operationId, shardOf } from '@reprise/ledger';
import type { BlindSignature, Offered } from '@reprise/mint';
import { ServiceFailure } from './failures.ts';
import { hashOf, sha256Hex } from './held-secret.ts';
import { assertOpen, currentOf } from './offers.ts';
import type { OfferId, ServiceParts } from './ports.ts';
import { termsOf } from './quotes.ts';
import { type Granted, grantOf, windowOf, writeSale } from './sales.ts';

export type CoinPurchase = {
  readonly offer: OfferId;
  readonly buyerKey: Bytes;
  /** Text of a quote; null: the price of now. */
  readonly quote: string | null;
  /** `inputs`, and blank `outputs` for what is above the price, as the NUTs write them. */
  readonly coins: Readonly<Record<string, unknown>>;
};
export type Bought = Granted & { /** What was above the price. */ readonly change: readonly BlindSignature[] };

/**
 * The same coins with the same buyer key give the same answer, however often and whatever became of the offer.
 * @throws MintFailure for coins and outputs; ServiceFailure bad-buyer-key, other-buyer-key, too-little, bad-quote, and as `quotePrice`:
 *   then nothing was spent
 */
export async function buyWithCoins(service: ServiceParts, purchase: CoinPurchase): Promise<Bought> {
  const buyerKeyHash = sha256Hex(purchase.buyerKey);
  const offered = await service.mint.offerCoins(purchase.coins);
  const paid = { offer: purchase.offer, credential: offered.credential, buyerKeyHash };
  const recall = async (): Promise<Bought | undefined> => {
    const known = await grantOf(service, paid);
    return known && { ...known, change: await service.mint.givenBy(known.sale) };
  };
  const known = await recall();
  if (known) return known;
  try {
    if (await buy(service, purchase, offered, buyerKeyHash)) return (await recall()) as Bought;
  } catch (error) {
    // The same request may have been faster.
    const meanwhile = await recall();
    if (meanwhile) return meanwhile;
    throw error;
  }
  throw new ServiceFailure('other-buyer-key');
}

async function buy(
  service: ServiceParts,
  { offer, buyerKey, quote }: CoinPurchase,
  offered: Offered,
  buyerKeyHash: string,
): Promise<boolean> {
  const { agent, ledger, database, clock, settings } = service;
  if (!(await agent.accepts(buyerKey))) throw new ServiceFailure('bad-buyer-key');
  assertOpen(await currentOf(database.db, offer), clock.now());
  const { version, hash, sats } = await termsOf(service, offer, quote);
  if (offered.sum < sats) throw new ServiceFailure('too-little', { missing: String(sats - offered.sum) });
  const taking = await offered.take(sats);
  const now = clock.now();
  const given = await agent.seal({ offer, version, hash, buyerKey, at: now });
  const { credential } = offered;
  const operation = { kind: 'purchase', key: `${offer}/${credential}`, requestHash: hashOf(buyerKeyHash) };
  const op = operationId(operation);
  const on = new AccountsOf(shardOf(op, settings.shards));
  const journal = taking.journal(on, on.code('pending', offer));
  await ledger.open(journal?.legs.map(({ account }) => account) ?? []);
  const windowMs = await windowOf(service, offer);
  const sale = { op, offer, version, way: 'coins', price: sats, credential, buyerKeyHash, given, windowMs, now } as const;
  try {
    await database.transaction(async (queries) => {
      if (!(await ledger.claim(queries, operation, now))) return;
      await taking.store(queries, op);
      const written = await writeSale(queries, service, sale);
      if (written !== 'written') throw new ServiceFailure(written);
      if (journal) await ledger.post(queries, op, journal, now);
    });
    return true;
  } catch (error) {
    if (error instanceof LedgerFailure && error.code === 'operation-differs') return false;
    throw await taking.collision(error);
  }
}
