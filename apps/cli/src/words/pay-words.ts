// What the commands for links that are sold say.

type CaseState = 'open' | 'countered' | 'contested' | 'upheld' | 'dismissed' | 'withdrawn';

export type PayWords = {
  readonly soldFor: (price: string) => string;
  /** A price that buyers may pay more than; one that so many may pay in all. */
  readonly orMore: (price: string) => string;
  readonly limitedTo: (price: string, sales: number) => string;
  readonly soldNoMore: string;
  readonly isFree: string;
  /** A price holds for those who come from now on. */
  readonly wasFree: string;
  readonly free: string;
  readonly withdrawn: string;
  readonly takesTips: string;
  readonly freeWithTips: string;
  readonly tipsFor: (title: string) => string;
  readonly tipped: (sats: string) => string;
  /** By an earlier run that did not come to say so. */
  readonly tippedBefore: (sats: string) => string;
  readonly payInvoice: (sats: string, price: string) => string;
  readonly invoiceUntil: (until: Date) => string;
  readonly paymentCame: string;
  readonly refunded: (sats: string, to: 'wallet' | 'balance') => string;
  readonly nothingOwed: string;
  /** What came of a token, and how to go on should this run stop. */
  readonly tokenInWallet: (sats: string, priceSats: number) => string;
  readonly changeKept: (sats: string) => string;
  readonly planNow: (plan: string, used: string, max: string, until: string | null) => string;
  /** @param ended when the plan ended that allowed it */
  readonly planOver: (over: string, ended: string | null) => string;
  readonly planOnSale: (plan: string, bytes: string, days: number, price: string, historyDays: number) => string;
  readonly planBought: (plan: string, sats: string) => string;
  readonly noCases: string;
  readonly caseState: (state: CaseState, remedy: 'claim' | 'refund' | null) => string;
  readonly caseHeld: (sats: string) => string;
  readonly caseHolder: (holder: string) => string;
  /** @param mine whether the account is waited for */
  readonly caseDue: (mine: boolean, until: Date) => string;
  readonly caseActor: Readonly<Record<'holder' | 'maker' | 'operator' | 'time', string>>;
  /** @param until when whoever filed it must stand by it; null: that is over */
  readonly caseAnswered: (until: Date | null) => string;
  readonly claimed: (sats: string, isWorthless: boolean) => string;
  readonly earningsHead: readonly [string, string, string, string, string];
  readonly earningsHeldHead: string;
  /** What a notice holds, of which titles. */
  readonly earningsHeld: (id: string, sats: string, titles: string, since: string) => string;
  readonly earningsFrozen: (id: string, since: string, ground: string) => string;
  readonly earningsSum: (net: string, waiting: string, isWorthless: boolean) => string;
};
