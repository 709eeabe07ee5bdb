// The sale of links: everything that it can be asked for, without HTTP around it. spec/paid-links.md.
import type { Bytes } from '@reprise/kit';
import type { PaymentHash, Received } from '@reprise/lightning';
import { bringCoins, type CoinsOut, readBalance, takeCoins } from './balance.ts';
import { type BalancePurchase, buyFromBalance } from './buy-from-balance.ts';
import { buyWithCoins, type CoinPurchase } from './buy-with-coins.ts';
import { readClaim, takeClaim } from './cases/claims.ts';
import type { CaseId } from './cases/escrow.ts';
import { holdListed, standingFreeze } from './cases/freezes.ts';
import { readHeldEarnings } from './cases/standing.ts';
import { openCounter } from './counter.ts';
import { type DepositOrder, makeDeposit, readDeposit } from './deposits.ts';
import { exportEarnings, readEarnings, releaseMatured } from './earnings.ts';
import { assertBuyerKey, collect, type InvoiceRequest, makeInvoice } from './invoices.ts';
import { type Listing, listOffer, listOwnOffers, readOffer, withdrawOffer } from './offers.ts';
import type { OfferId, ServiceParts, ServicePorts } from './ports.ts';
import { ownCoins } from './own-coins.ts';
import { buyPlan, carryOutPlanOrders, type Entitlements, listBoughtPlans, listPlans, orderPlan, type PlanPurchase } from './plans.ts';
import { quotePrice } from './quotes.ts';
import { type Payment, readRefund, refundToAccount, takeRefund } from './refunds.ts';
import { ownInvoice, settle } from './settle.ts';
import type { ServiceSettings } from './settings.ts';
import { readToken } from './token.ts';
import type { TokenProof } from './cashu-text.ts';

export type Service = ReturnType<typeof openService>;

const noPlans: Entitlements = { describe: async () => undefined, extend: async () => undefined };

/** The database is migrated. */
export function openService(ports: ServicePorts, settings: ServiceSettings) {
  const parts = { isStopped: () => false, entitlements: noPlans, ...ports, settings };
  const service: ServiceParts = { ...parts, counter: openCounter(parts), firstSales: new Map() };
  return {
    listOffer: async (seller: string, listing: Listing, replaces: number) => {
      const version = await listOffer(service, seller, listing, replaces);
      await holdListed(service, seller, listing.offer);
      return version;
    },
    withdrawOffer: (seller: string, offer: OfferId) => withdrawOffer(service, seller, offer),
    listOwnOffers: (seller: string) => listOwnOffers(service, seller),
    readOffer: (offer: OfferId) => readOffer(service, offer),
    quotePrice: (offer: OfferId, amount: number | null = null) => quotePrice(service, offer, amount),
    buyWithCoins: (purchase: CoinPurchase) => buyWithCoins(service, purchase),
    buyFromBalance: (purchase: BalancePurchase) => buyFromBalance(service, purchase),
    makeInvoice: (request: InvoiceRequest) => makeInvoice(service, request),
    collect: (offer: OfferId, paymentHash: PaymentHash) => collect(service, offer, paymentHash),
    readRefund: (payment: Payment) => readRefund(service, payment),
    takeRefund: (payment: Payment, coins: Readonly<Record<string, unknown>>) => takeRefund(service, payment, coins),
    refundToAccount: (payment: Payment, account: string) => refundToAccount(service, payment, account),
    /** The payment that coins made, whoever shows them: they are spent, and known to whoever spent them, to the mint, and to who sent them if they were spent as they came. */
    paymentWith: async (offer: OfferId, inputs: readonly TokenProof[]): Promise<Payment> => ({
      offer,
      credential: (await service.mint.offerCoins({ inputs })).credential,
    }),
    readHeldEarnings: (seller: string) => readHeldEarnings(service, seller),
    readClaim: (id: CaseId) => readClaim(service, id),
    takeClaim: (id: CaseId, account: string) => takeClaim(service, id, account),
    readBalance: (account: string) => readBalance(service, account),
    /** Whether an operator has frozen its money. */
    readFreeze: (account: string) => standingFreeze(service.database.db, account),
    bringCoins: (account: string, inputs: readonly TokenProof[]) => bringCoins(service, account, inputs),
    makeDeposit: (order: DepositOrder) => makeDeposit(service, order),
    readDeposit: (account: string, hash: PaymentHash) =>
      readDeposit(service, { account, hash }, (received) => settle(service, hash, received)),
    listPlans: () => listPlans(service),
    buyPlan: (purchase: PlanPurchase) => buyPlan(service, purchase),
    orderPlan: (purchase: PlanPurchase) => orderPlan(service, purchase),
    listBoughtPlans: (account: string) => listBoughtPlans(service, account),
    /** Every ten seconds, in each process: buys what was ordered with deposits that have come. @returns how many orders ended */
    carryOutPlanOrders: () => carryOutPlanOrders(service),
    takeCoins: (command: CoinsOut) => takeCoins(service, command),
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
    /** @param mintUrl as `mintUrlAt` gives it @throws ServiceFailure other-mint */
    ownCoins: (token: string, mintUrl: string) => ownCoins(service, token, mintUrl),
    /** @param origin of the request */
    mintUrlAt: (origin: string) => settings.mintUrl || `${origin}/mint`,
    network: service.network,
    /** Of the agent that seals what is sold. */
    agentKey: service.agent.publicKey,
  };
}
