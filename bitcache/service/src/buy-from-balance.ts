// A purchase from the balance of an account: earnings that were released. spec/paid-links.md "Purchase".
import { type Bytes, encodeUtf8 } from '@reprise/kit';
import { type AccountCode, type AccountsOf, events, LedgerFailure, type Operation, satToMsat } from '@reprise/ledger';
import { accountOf } from './account-code.ts';
import { lackOf } from './balance.ts';
import { ServiceFailure } from './failures.ts';
import { hashOf, sha256Hex } from './held-secret.ts';
import { assertOpen } from './offers.ts';
import type { OfferId, ServiceParts } from './ports.ts';
import { termsOf } from './quotes.ts';
import { type Granted, grantOf } from './sales.ts';
import { sell } from './sell.ts';

export type BalancePurchase = {
  /** Whose balance pays: the caller knows that it asks. */
  readonly account: string;
  /** Drawn by the buyer for this purchase, 1 to 64 characters of `[0-9A-Za-z_-]`: asked again with it, nothing is paid again. */
  readonly key: string;
  readonly offer: OfferId;
  readonly buyerKey: Bytes;
  /** Text of a quote; null: the price of now. */
  readonly quote: string | null;
};

/** @throws ServiceFailure balance-too-low, frozen, key-reused, bad-buyer-key, other-buyer-key, bad-quote, and as `quotePrice`: then nothing was paid */
export async function buyFromBalance(service: ServiceParts, purchase: BalancePurchase): Promise<Granted> {
  const { account, key, offer, buyerKey } = purchase;
  if (!/^[0-9A-Za-z_-]{1,64}$/.test(key)) throw new ServiceFailure('key-reused');
  const operationKey = `balance/${account}/${key}`;
  const paid = { offer, credential: sha256Hex(encodeUtf8(operationKey)), buyerKeyHash: sha256Hex(buyerKey) };
  const known = await grantOf(service, paid);
  if (known) return known;
  const operation = { kind: 'purchase', key: operationKey, requestHash: hashOf(offer, paid.buyerKeyHash) };
  const outcome = await buy(service, { purchase, operation, credential: paid.credential }).catch((error: unknown) => ({ error }));
  if (typeof outcome !== 'string' && 'sale' in outcome) return outcome;
  // The same request may have been faster.
  const granted = await grantOf(service, paid);
  if (granted) return granted;
  throw typeof outcome === 'string' ? new ServiceFailure('key-reused') : outcome.error;
}

type Asked = { readonly purchase: BalancePurchase; readonly operation: Operation; readonly credential: string };

async function buy(service: ServiceParts, { purchase, operation, credential }: Asked): Promise<Granted | 'known' | 'other'> {
  const { account, offer, buyerKey, quote } = purchase;
  const current = await service.counter.offers.add(offer);
  assertOpen(service, current, service.clock.now());
  const terms = await termsOf(service, current, quote);
  const buyer = accountOf(account);
  const journal = (_: AccountsOf, to: AccountCode) => events.boughtFromBalance(buyer, to, satToMsat(terms.sats));
  try {
    return await sell(service, { operation, way: 'balance', payer: account, current, terms, buyerKey, credential, journal, taking: null });
  } catch (error) {
    if (!(error instanceof LedgerFailure && error.code === 'overdrawn')) throw error;
    throw new ServiceFailure('balance-too-low', { missing: await lackOf(service, account, terms.sats) }, { cause: error });
  }
}
