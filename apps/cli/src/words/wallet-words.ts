// What `reprise wallet` says.
import type { Balance, HistoryEntry, HistoryState } from '@reprise/wallet';

export type WalletWords = {
  readonly walletSandbox: string;
  readonly sats: (amount: bigint) => string;
  /** What else there is, and who holds it. */
  /** Beside satoshis: what they are worth, and by which rate. */
  readonly worth: (money: string, rate: { readonly at: number; readonly source: string }) => string;
  readonly walletBalance: (balance: Balance, mint: string) => string;
  readonly askToken: string;
  readonly askInvoice: string;
  readonly askProof: string;
  readonly askWords: string;
  readonly refundDrawn: (amount: bigint) => string;
  readonly coinsReceived: (amount: bigint) => string;
  readonly tokenOut: (amount: bigint, id: string) => string;
  readonly tokenBack: (amount: bigint) => string;
  readonly tokenTaken: string;
  readonly invoiceWaits: (until: string) => string;
  readonly payNow: (amount: bigint, feeMax: bigint) => string;
  readonly walletEnd: (entry: HistoryEntry) => string;
  readonly walletRestored: (amount: bigint) => string;
  readonly walletRehearsed: (found: bigint, missing: bigint) => string;
  readonly walletWordsAre: string;
  readonly walletOfAccount: string;
  readonly walletKinds: Readonly<Record<HistoryEntry['kind'], string>>;
  readonly walletStates: Readonly<Record<HistoryState, string>>;
};
