// The three ways in which a request for a release shows a payment, and the challenge to one that shows none. spec/paid-links.md "Over HTTP".
import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import { type Bytes, parseHex } from '@reprise/kit';
import type { PaymentHash } from '@reprise/lightning';
import type { Bought } from './buy-with-coins.ts';
import { paymentRequest } from './cashu-text.ts';
import { ServiceFailure } from './failures.ts';
import type { OfferId } from './ports.ts';
import type { Payment } from './refunds.ts';
import type { Service } from './service.ts';

export const noStore = {
  'Cache-Control': 'no-store',
  Vary: 'Authorization, X-Cashu, X-Lightning, Accept-Payment, Reprise-Buyer-Key',
} as const;

/** @param buyerKey null for who only looks: then no invoice is made */
export async function challenge(
  service: Service,
  context: Context,
  { offer, buyerKey }: { readonly offer: OfferId; readonly buyerKey: Bytes | null },
): Promise<Response> {
  if (buyerKey) await service.assertBuyerKey(buyerKey);
  const quote = await service.quotePrice(offer, amountIn(context));
  const headers: Record<string, string> = {
    ...noStore,
    'X-Cashu': paymentRequest(quote.sats, mintUrlOf(service, context)),
    'Reprise-Quote': quote.text,
  };
  if (buyerKey && wantsLightning(context)) {
    const { bolt11, token } = await service.makeInvoice({ offer, buyerKey, quote: quote.text });
    headers['WWW-Authenticate'] = `L402 version="0", token="${token}", macaroon="${token}", invoice="${bolt11}"`;
    headers['X-Lightning'] = bolt11;
  }
  return context.json({ code: 'unpaid', sats: String(quote.sats), version: quote.version, network: service.network }, 402, headers);
}

/** What the buyer chose to pay, in the units of the listing; null: its price. */
export function amountIn(context: Context): number | null {
  const text = context.req.query('amount');
  if (text === undefined) return null;
  return /^[1-9]\d{0,15}$/.test(text) ? Number(text) : Number.NaN;
}

function wantsLightning(context: Context): boolean {
  return context.req.header('Accept-Payment') === 'lightning' || context.req.query('pay') === 'lightning';
}

/**
 * The payment over Lightning that a request shows: by our token, with or without a preimage, or by a preimage alone. A preimage is known to
 * every node that carried the payment: alone it is enough for what opens with the buyer's key only.
 * @returns undefined where none is shown
 * @throws ServiceFailure bad-token, bad-preimage
 */
export function credentialOf(service: Service, context: Context, offer: OfferId): PaymentHash | undefined {
  const alone = context.req.header('X-Lightning');
  if (context.req.header('Authorization') !== undefined) return payer(service, context, offer);
  return alone === undefined ? undefined : hashOfPreimage(alone);
}

/** The payment of whoever asked for its invoice: by our token. @throws ServiceFailure bad-token, bad-preimage */
function payer(service: Service, context: Context, offer: OfferId): PaymentHash {
  const [, token = '', preimage] =
    /^(?:L402|LSAT) ([A-Za-z0-9+/=_-]+)(?::([0-9a-fA-F]*))?$/.exec(context.req.header('Authorization') ?? '') ?? [];
  const hash = service.paymentOf(offer, token);
  if (!hash) throw new ServiceFailure('bad-token');
  // Wallets may never show a preimage: the token says who asks, and only the buyer opens what it gets.
  if (preimage && hashOfPreimage(preimage) !== hash) throw new ServiceFailure('bad-preimage');
  return hash;
}

/** What a refund is owed for: by our token, or by the coins that paid. @throws ServiceFailure bad-token, bad-preimage, other-mint; MintFailure */
export async function paymentShown(service: Service, context: Context, offer: OfferId): Promise<Payment> {
  const coins = context.req.header('X-Cashu');
  if (coins === undefined || context.req.header('Authorization') !== undefined) return payer(service, context, offer);
  return service.paymentWith(offer, await service.ownCoins(coins, mintUrlOf(service, context)));
}

/** @throws ServiceFailure bad-preimage */
function hashOfPreimage(text: string): PaymentHash {
  const preimage = parseHex(text.toLowerCase());
  if (preimage?.length !== 32) throw new ServiceFailure('bad-preimage');
  return createHash('sha256').update(preimage).digest('hex') as PaymentHash;
}

type HeaderPayment = { readonly offer: OfferId; readonly buyerKey: Bytes; readonly token: string };

function mintUrlOf(service: Service, context: Context): string {
  return service.mintUrlAt(new URL(context.req.url).origin);
}

/** Exactly the price: a header carries no blank outputs for change. @throws ServiceFailure other-mint, and as a purchase with coins */
export async function payWithHeader(service: Service, context: Context, { offer, buyerKey, token }: HeaderPayment): Promise<Bought> {
  const inputs = await service.ownCoins(token, mintUrlOf(service, context));
  return service.buyWithCoins({ offer, buyerKey, quote: context.req.header('Reprise-Quote') ?? null, coins: { inputs } });
}
