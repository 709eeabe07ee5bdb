// A purchase with coins: verified, change signed and the half sealed first; then one transaction. spec/paid-links.md "Purchase".
import type { Bytes } from '@reprise/kit';
import { operationId } from '@reprise/ledger';
import type { BlindSignature, Offered } from '@reprise/mint';
import { ServiceFailure } from './failures.ts';
import { hashOf, sha256Hex } from './held-secret.ts';
import { assertOpen } from './offers.ts';
import type { OfferId, ServiceParts } from './ports.ts';
import { termsOf } from './quotes.ts';
import { type Granted, grantOf } from './sales.ts';
import { sell } from './sell.ts';

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
  try {
    const bought = await buy(service, { purchase, offered, buyerKeyHash });
    if (bought === 'known') return (await recall()) as Bought;
    if (bought !== 'other') return bought;
  } catch (error) {
    // Coins that bought are refused like others that are spent; and the same request may have been faster.
    const meanwhile = await recall();
    if (meanwhile) return meanwhile;
    throw error;
  }
  throw new ServiceFailure('other-buyer-key');
}

type Shown = { readonly purchase: CoinPurchase; readonly offered: Offered; readonly buyerKeyHash: string };

/** @returns `other` if these coins bought for another key */
async function buy(service: ServiceParts, { purchase, offered, buyerKeyHash }: Shown): Promise<Bought | 'known' | 'other'> {
  const { offer, buyerKey, quote } = purchase;
  const current = await service.counter.offers.add(offer);
  assertOpen(service, current, service.clock.now());
  const terms = await termsOf(service, current, quote);
  if (offered.sum < terms.sats) throw new ServiceFailure('too-little', { missing: String(terms.sats - offered.sum) });
  const taking = await offered.take(terms.sats);
  const { credential } = offered;
  const operation = { kind: 'purchase', key: `${offer}/${credential}`, requestHash: hashOf(buyerKeyHash) };
  try {
    const { journal, change } = taking;
    const sold = await sell(service, { operation, way: 'coins', payer: null, current, terms, buyerKey, credential, journal, taking });
    return typeof sold === 'string' ? sold : { ...sold, change };
  } catch (error) {
    throw await taking.collision(error, operationId(operation));
  }
}
