// What an operator may choose about sales, with what holds when nothing was chosen.
import { type Sat, sat } from '@reprise/ledger';
import { defaultLeavingLimits, type LeavingLimits } from './leaving.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;

export type ServiceSettings = {
  /** What leaves a balance as coins above any of these is refused: by Lightning an operator may let it go. */
  readonly leaving: LeavingLimits;
  /** Where wallets reach our mint, without a slash at the end; empty: at `/mint` of wherever they ask. */
  readonly mintUrl: string;
  /** Shards of busy accounts: may grow, never shrink; the mint's. */
  readonly shards: number;
  /** Hundredths of a percent, 0 to 500. */
  readonly commission: bigint;
  readonly priceMax: Sat;
  /** What a plan may cost. */
  readonly planPriceMax: Sat;
  /** What an account may bring itself to; what it earns is not bounded. */
  readonly accountMax: Sat;
  readonly quoteMs: number;
  /** A rate older than this is not used. */
  readonly rateMs: number;
  readonly invoiceSeconds: number;
  readonly openInvoicesMax: number;
  /** Deposits that wait for their payment, in all and of one account. */
  readonly openDepositsMax: number;
  readonly openDepositsOfAccountMax: number;
  /** What wallets show beside the amount of an invoice. */
  readonly description: string;
  /** How long after an invoice its token shows the payment. */
  readonly tokenMs: number;
  /** The least time between two questions to the backend about one invoice. */
  readonly askEveryMs: number;
  /** How long a sale waits while its seller is new, how long after that, and how long a seller is new. */
  readonly newSellerWindowMs: number;
  readonly windowMs: number;
  readonly newSellerMs: number;
  /** Whether an offer goes on selling, into escrow, while a case against it is open. One that was upheld ends its sale either way. */
  readonly sellsUnderNotice: boolean;
  /** How long an upheld case makes its seller a new one. */
  readonly upheldMs: number;
  /** Sales that one transaction releases. */
  readonly releaseBatch: number;
};

export const defaultServiceSettings: ServiceSettings = {
  leaving: defaultLeavingLimits,
  mintUrl: '',
  shards: 1,
  commission: 0n,
  priceMax: sat(1_000_000n),
  planPriceMax: sat(10_000_000n),
  accountMax: sat(500_000n),
  quoteMs: 10 * minuteMs,
  rateMs: 15 * minuteMs,
  invoiceSeconds: 600,
  openInvoicesMax: 1_000,
  openDepositsMax: 1_000,
  openDepositsOfAccountMax: 20,
  description: 'A purchase',
  tokenMs: 400 * dayMs,
  askEveryMs: 10_000,
  newSellerWindowMs: 14 * dayMs,
  windowMs: dayMs,
  newSellerMs: 90 * dayMs,
  sellsUnderNotice: true,
  upheldMs: 365 * dayMs,
  releaseBatch: 100,
};
