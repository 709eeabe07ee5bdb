// What payouts are given, and what an operator may choose about them. spec/paid-links.md "Payouts".
import type { Database } from '@reprise/database';
import type { Clock } from '@reprise/kit';
import { type Ledger, type Sat, sat } from '@reprise/ledger';
import type { LightningBackend, Network, PaymentHash } from '@reprise/lightning';
import { defaultLeavingLimits, type LeavingLimits } from './leaving.ts';
import type { AddressFetch } from './lightning-address.ts';

export type PayoutPorts = {
  readonly database: Database;
  readonly ledger: Ledger;
  /** Of a journal of attempts: the same payout asked again is never handed over again. */
  readonly backend: LightningBackend;
  readonly network: Network;
  readonly clock: Clock;
  /** Whether the node made this invoice itself, for whatever purpose: it does not pay itself. The mint knows. */
  readonly isOwnInvoice: (hash: PaymentHash) => Promise<boolean>;
  /** Asks the servers of Lightning addresses. */
  readonly fetch: AddressFetch;
  /** Whether money is stopped: then nothing is set aside or handed over, and what was is followed. Never, unless given. */
  readonly isStopped?: () => boolean;
  /** Somebody must look: the node says that a payout was paid, and its money was given back before. */
  readonly onPaidAfterAll?: (payout: string) => void;
  /** Told where the work has come to; for tests that stop it there. */
  readonly reached?: (point: PayoutPoint) => void;
};

/** Where a process may die. Between any two of them money must be where the books say. */
export const payoutPoints = [
  'payout/reserving',
  'payout/reserved',
  'payout/resolved',
  'payout/dispatching',
  'payout/answered',
  'payout/ending',
  'payout/ended',
] as const;
export type PayoutPoint = (typeof payoutPoints)[number];

/** Above any of its limits an operator approves. */
export type PayoutSettings = LeavingLimits & {
  /** Shards of busy accounts: may grow, never shrink. */
  readonly shards: number;
  readonly amountMin: Sat;
  /** How long the node may take for an attempt, and how long whoever asked is kept waiting for it. */
  readonly payTimeoutSeconds: number;
  readonly waitMs: number;
  /** How many one pass over what was left takes up. */
  readonly perPass: number;
};

export const defaultPayoutSettings: PayoutSettings = {
  ...defaultLeavingLimits,
  shards: 1,
  amountMin: sat(10n),
  payTimeoutSeconds: 60,
  waitMs: 10_000,
  perPass: 100,
};

/** With what holds where nothing was given. */
export type PayoutParts = Required<PayoutPorts> & { readonly settings: PayoutSettings };
