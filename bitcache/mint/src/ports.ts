// What a mint is given: everything that is not a decision of its own.
import type { Database, InTransaction } from '@reprise/database';
import type { Clock, RandomBytes } from '@reprise/kit';
import type { AccountCode, Ledger } from '@reprise/ledger';
import type { Network, PayingBackend, PaymentHash, Received } from '@reprise/lightning';
import type { KnownCoins } from './coins.ts';
import type { Keysets } from './keysets.ts';
import type { MintSettings } from './settings.ts';
import type { Signer } from './signer/signer.ts';

export type MintPorts = {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly signer: Signer;
  /** Of a journal of attempts, so that no failure of an earlier attempt is taken for one of this. */
  readonly backend: PayingBackend;
  /** The backend's and the database's. Given, so that opening a mint asks no node anything. */
  readonly network: Network;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** Invoices of the same node that are for something else than coins: coins pay them inside too. None, unless given. */
  readonly ownInvoice?: (hash: PaymentHash) => Promise<OwnInvoice | undefined>;
  /** Somebody must look: a payment that had failed by the node's own word went out after all, and its coins were given back. */
  readonly onPaidAfterAll?: (quote: string) => void;
  /** Whether money is stopped: then nothing is issued or paid out. Never, unless given. */
  readonly isStopped?: () => boolean;
  /** Told where the work has come to; for tests that stop it there. */
  readonly reached?: (point: MintPoint) => void;
};

/** An invoice that this operator's node made. A node does not pay itself: who pays one with coins pays it in the books. */
export type OwnInvoice = {
  readonly isPaid: boolean;
  /** It is about to be closed at the node: nobody is shown it any more. Paid all the same, it counts. */
  retire(): Promise<void>;
  /** Outside of any transaction, when it is about to be paid in whole. */
  prepare(): Promise<InsidePayment>;
  /** Money came from outside after all. */
  received(received: Received): Promise<unknown>;
};

export type InsidePayment = {
  /** Accounts that the money may go to. */
  readonly purposes: readonly AccountCode[];
  /** In the transaction that pays. @returns where the money goes; undefined if somebody else was faster, or it may not come any more */
  settle(queries: InTransaction): Promise<AccountCode | undefined>;
};

/** Where a process may die. Between any two of them money must be where the books say. */
export const mintPoints = [
  'mint-quote/invoice-made',
  'mint-quote/stored',
  'receipt/in-transaction',
  'receipt/stored',
  'issue/signed',
  'issue/claimed',
  'issue/in-transaction',
  'issue/stored',
  'swap/verified',
  'swap/signed',
  'swap/claimed',
  'swap/in-transaction',
  'swap/stored',
  'melt-quote/stored',
  'melt/verified',
  'melt/claimed',
  'melt/in-transaction',
  'melt/reserved',
  'melt/answered',
  'melt/change-signed',
  'melt/ending',
  'melt/in-last-transaction',
  'melt/ended',
  'melt/inside-cancelled',
  'melt/inside-in-transaction',
  'melt/inside-stored',
  'resume/taken-over',
  'resume/looked-up',
] as const;
export type MintPoint = (typeof mintPoints)[number];

/** The ports, and what is made of them once. */
export type MintParts = Required<MintPorts> & {
  readonly settings: MintSettings;
  readonly keysets: Keysets;
  readonly known: KnownCoins;
};
