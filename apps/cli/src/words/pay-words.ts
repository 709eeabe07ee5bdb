// What the commands for links that are sold say.

export type PayWords = {
  readonly soldFor: (price: string) => string;
  readonly soldNoMore: string;
  readonly isFree: string;
  readonly free: string;
  readonly withdrawn: string;
  readonly payInvoice: (sats: string, price: string) => string;
  readonly invoiceUntil: (until: Date) => string;
  readonly paymentCame: string;
  readonly refunded: (sats: string, to: 'wallet' | 'balance') => string;
  readonly nothingOwed: string;
  readonly changeKept: (sats: string) => string;
  readonly earningsHead: readonly [string, string, string, string, string];
  readonly earningsSum: (net: string, waiting: string, isWorthless: boolean) => string;
};
