// Links that are sold: offers, prices, purchases, releases, refunds, earnings. spec/paid-links.md.
export type { Balance, CoinsOut } from './balance.ts';
export type { BalancePurchase } from './buy-from-balance.ts';
export type { Bought, CoinPurchase } from './buy-with-coins.ts';
export type { EarningsLine } from './earnings.ts';
export { ServiceFailure, type ServiceCode } from './failures.ts';
export type { InvoiceRequest, PurchaseInvoice } from './invoices.ts';
export { agentSeedOf } from './held-secret.ts';
export type { Listing, OfferState, OwnOffer, PublicOffer } from './offers.ts';
export type { OfferId, ReleaseAgent, ReleaseRequest, ServicePorts } from './ports.ts';
export type { Quote } from './quotes.ts';
export { type Currency, type Fiat, type Rate, type Rates, staticRates } from './rates.ts';
export type { Owed } from './refunds.ts';
export { buyerKeyBytes, operatorAgent, type OperatorAgentParts } from './release.ts';
export { serviceRoutes } from './routes.ts';
export type { Granted } from './sales.ts';
export { openService, type Service } from './service.ts';
export { defaultServiceSettings, type ServiceSettings } from './settings.ts';
