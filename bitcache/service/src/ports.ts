// What the sale of links is given: everything that is not a decision of its own.
import type { Database } from '@reprise/database';
import type { Bytes, Clock, RandomBytes } from '@reprise/kit';
import type { Ledger } from '@reprise/ledger';
import type { LightningBackend, Network } from '@reprise/lightning';
import type { Mint } from '@reprise/mint';
import type { Counter } from './counter.ts';
import type { Entitlements } from './plans.ts';
import type { Rates } from './rates.ts';
import type { FirstSales } from './sales.ts';
import type { ServiceSettings } from './settings.ts';

/** 16 bytes in hex. */
export type OfferId = string;

/** What is sealed, for whom, and when. */
export type ReleaseRequest = {
  readonly offer: OfferId;
  readonly version: number;
  /** Of the offer that the seller signed, in hex. */
  readonly hash: string;
  /** Of X-Wing, 1,216 bytes. */
  readonly buyerKey: Bytes;
  /** ms since 1970. */
  readonly at: number;
};

/** Seals the seller's half to whoever has paid. The operator's own is `operatorAgent`. */
export interface ReleaseAgent {
  /** Of Ed25519, 32 bytes; the offer names it. */
  readonly publicKey: Bytes;
  /** Whether something can be sealed to this key: asked before an invoice is made. It costs as much as sealing. */
  accepts(buyerKey: Bytes): Promise<boolean>;
  /** @throws ServiceFailure bad-buyer-key */
  seal(request: ReleaseRequest): Promise<{ readonly release: Bytes; readonly receipt: Bytes }>;
}

export type ServicePorts = {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly mint: Mint;
  /** Makes invoices and looks them up; never pays here. */
  readonly backend: LightningBackend;
  readonly network: Network;
  readonly agent: ReleaseAgent;
  readonly rates: Rates;
  /** 32 random bytes that are not in the database: halves at rest and quotes depend on them. */
  readonly fileKey: Bytes;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** Keeps what plans give; without it none can be bought. */
  readonly entitlements?: Entitlements;
  /** Whether money is stopped: then no invoice is made, and nothing is given out. Never, unless given. */
  readonly isStopped?: () => boolean;
};

/** The ports, what an operator chose, and what a process keeps beside. */
export type ServiceParts = Required<ServicePorts> & {
  readonly settings: ServiceSettings;
  readonly counter: Counter;
  readonly firstSales: FirstSales;
};
