// Links that are sold, bought and opened; what selling needs of a drive is in '@reprise/sdk/drive'. A sub-path, so that pages which sell
// nothing do not load it.
export { type Attempt, type KeptPurchase, Purchases, type PurchaseParts, type PurchaseStore } from './paid/kept-purchase.ts';
export * from './paid/offered-link.ts';
export { openBegun, openBegunTips, openOfferedLink, type OfferedLinkOptions, openTipJar } from './paid/open-offer.ts';
export { splitReceipt } from './paid/receipt-link.ts';
export type { BitcoinRate, Owed, Quote } from './paid/pay-requests.ts';
export type { Currency, Price } from '@reprise/vault/paid';
