// What an operator may choose, with what holds when nothing was chosen. spec/mint.md "Limits".
import { type Sat, sat } from '@reprise/ledger';

export type MintSettings = {
  readonly name: string;
  readonly description: string;
  /** A sentence that wallets must show; in the sandbox it says that the coins are worthless. */
  readonly motd: string | null;
  /** Where wallets reach it, without a slash at the end. */
  readonly urls: readonly string[];
  /** Shards of busy accounts: may grow, never shrink. */
  readonly shards: number;
  /** Thousandths of a satoshi for each coin that is spent, in keysets from now on. */
  readonly inputFeePpk: number;
  /** After so long a keyset's coins are worth nothing. `null`: never, and its id says nothing of an expiry; docs/decisions/mint.md has why. */
  readonly keysetYears: number | null;
  readonly amountMin: Sat;
  readonly amountMax: Sat;
  /** All coins together. */
  readonly ecashMax: Sat;
  readonly openQuotesMax: number;
  readonly mintQuoteSeconds: number;
  readonly meltQuoteSeconds: number;
  /** How long a wallet is kept waiting for a payment; the payment itself may take longer. */
  readonly payTimeoutSeconds: number;
  /** The least time between two questions to the backend about one invoice. */
  readonly askEveryMs: number;
  /** Whoever works on a payment says so that often; after that long without it, another may take over. */
  readonly leaseMs: number;
};

export const defaultMintSettings: MintSettings = {
  name: 'Reprise',
  description: 'Coins for downloads.',
  motd: null,
  urls: [],
  shards: 1,
  inputFeePpk: 0,
  keysetYears: null,
  amountMin: sat(1n),
  amountMax: sat(500_000n),
  ecashMax: sat(10_000_000n),
  openQuotesMax: 1_000,
  mintQuoteSeconds: 600,
  meltQuoteSeconds: 600,
  payTimeoutSeconds: 60,
  askEveryMs: 10_000,
  leaseMs: 15_000,
};

/** Bounds of one request, announced to wallets and never larger. */
export const limits = {
  /** Inputs, outputs, Ys. */
  arrayMax: 1_000,
  quotesMax: 100,
  /** UTF-8 bytes of a secret, and of a witness. */
  textBytesMax: 1_024,
  bodyBytesMax: 2_097_152,
  invoiceCharactersMax: 7_089,
  descriptionBytesMax: 639,
} as const;

/** Of the websockets of NUT-17, in one process. */
export const socketLimits = {
  socketsMax: 512,
  /** A thousand Ys and what surrounds them. */
  messageBytesMax: 131_072,
  subscriptionsMax: 100,
  /** What one wallet waits for, in all of its subscriptions. */
  filtersMax: 1_000,
  /** What all wallets wait for. */
  watchedMax: 20_000,
  /** Of a subId, or an id. */
  nameCharactersMax: 128,
  /** What is looked at together. */
  lookMax: 1_000,
  /** After a change in this process; changes that come together are told together. */
  lookSoonMs: 50,
  /** Another process may have changed it. */
  lookEveryMs: 2_000,
  /** Who has not answered one ping when the next is due is gone. */
  pulseMs: 30_000,
  messagesPerPulseMax: 300,
  /** Without a subscription. */
  idleMs: 120_000,
  unreadBytesMax: 1_048_576,
  closeMs: 1_000,
} as const;
