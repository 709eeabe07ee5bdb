// The sale of links: everything that it can be asked for, without HTTP around it. spec/paid-links.md.
import type { Bytes } from '@reprise/kit';
import type { PaymentHash, Received } from '@reprise/lightning';
import { type BalancePurchase, buyFromBalance } from './buy-from-balance.ts';
import { buyWithCoins, type CoinPurchase } from './buy-with-coins.ts';
import { exportEarnings, readEarnings, releaseMatured } from './earnings.ts';
import { assertBuyerKey, collect, type InvoiceRequest, makeInvoice } from './invoices.ts';
import { type Listing, listOffer, readOffer, withdrawOffer } from './offers.ts';
import type { OfferId, ServicePorts } from './ports.ts';
import { quotePrice } from './quotes.ts';
import { readRefund, takeRefund } from './refunds.ts';
import { ownInvoice, settle } from './settle.ts';
import type { ServiceSettings } from './settings.ts';
import { readToken } from './token.ts';
import type { TokenProof } from './cashu-text.ts';

export type Service = ReturnType<typeof openService>;

/** The database is migrated. */
export function openService(ports: ServicePorts, settings: ServiceSettings) {
  const service = { ...ports, settings };
  return {
    listOffer: (seller: string, listing: Listing, replaces: number) => listOffer(service, seller, listing, replaces),
    withdrawOffer: (seller: string, offer: OfferId, version: number) => withdrawOffer(service, seller, offer, version),
    readOffer: (offer: OfferId) => readOffer(service, offer),
    quotePrice: (offer: OfferId) => quotePrice(service, offer),
    buyWithCoins: (purchase: CoinPurchase) => buyWithCoins(service, purchase),
    buyFromBalance: (purchase: BalancePurchase) => buyFromBalance(service, purchase),
    makeInvoice: (request: InvoiceRequest) => makeInvoice(service, request),
    collect: (offer: OfferId, paymentHash: PaymentHash) => collect(service, offer, paymentHash),
    readRefund: (paymentHash: PaymentHash) => readRefund(service, paymentHash),
    takeRefund: (paymentHash: PaymentHash, coins: Readonly<Record<string, unknown>>) => takeRefund(service, paymentHash, coins),
    /** The backend says that money came: at least once for each. @returns false for an invoice that is none of ours */
    received: (hash: PaymentHash, received: Received) => settle(service, hash, received),
    /** What the mint asks before it pays an invoice with coins. */
    ownInvoice: (hash: PaymentHash) => ownInvoice(service, hash),
    /** Every hour, in each process. @returns how many sales became their sellers' */
    releaseMatured: () => releaseMatured(service),
    readEarnings: (seller: string, offer?: OfferId) => readEarnings(service, seller, offer),
    exportEarnings: (seller: string, offer?: OfferId) => exportEarnings(service, seller, offer),
    /** @throws ServiceFailure bad-buyer-key */
    assertBuyerKey: (buyerKey: Bytes) => assertBuyerKey(service, buyerKey),
    /** The payment that a token shows; undefined for what is no token of ours for this offer. */
    paymentOf: (offer: OfferId, token: string) => readToken(service.fileKey, token, offer, service.clock.now()),
    /** Coins name their keyset by its first bytes. */
    withFullKeysets: async (proofs: readonly TokenProof[]): Promise<readonly TokenProof[]> => {
      const { keysets } = (await service.mint.keysets()) as { keysets: readonly { readonly id: string }[] };
      return proofs.map((proof) => {
        const [keyset, ...others] = keysets.filter(({ id }) => proof.id.length >= 16 && id.startsWith(proof.id));
        return keyset && others.length === 0 ? { ...proof, id: keyset.id } : proof;
      });
    },
    mintUrl: settings.mintUrl,
    /** Of the agent that seals what is sold. */
    agentKey: service.agent.publicKey,
  };
}
