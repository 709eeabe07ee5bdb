// The port to Lightning: what Bitcache asks of a node, whichever it is. spec/lightning.md "The port".
//
// The one rule: an outgoing payment has failed only when the backend says so, as the terminal state of this attempt. An exception, a
// timeout, "not found" right after sending, a preimage that is none: all of these are `unknown`, and the money stays held.
import type { Brand } from '@reprise/kit';
import type { Msat } from '@reprise/ledger';
import { LightningFailure } from './failures.ts';

export type Network = 'mainnet' | 'testnet' | 'signet' | 'regtest';
/** By the names that nodes give them. @throws LightningFailure refused for any other chain */
export function networkOf(name: string): Network {
  const network = networks[name];
  if (network === undefined) throw new LightningFailure('refused', { what: 'another chain' });
  return network;
}

const networks: Readonly<Record<string, Network>> = {
  mainnet: 'mainnet',
  bitcoin: 'mainnet',
  testnet: 'testnet',
  testnet3: 'testnet',
  signet: 'signet',
  regtest: 'regtest',
};

/** SHA-256 of a preimage: 64 lower-case hex digits. The name of an invoice and of its payment, on every node. */
export type PaymentHash = Brand<string, 'PaymentHash'>;
/** 64 lower-case hex digits; whoever knows it has proof of payment. */
export type Preimage = Brand<string, 'Preimage'>;
/** Where a stream of events goes on; only the backend that gave it can read it. The empty text is its beginning. */
export type Cursor = string;

export type Capabilities = {
  /** `hard`: a payment never costs more than `maxFee`. `none`: it may, and a flat fee is taken instead. */
  readonly feeLimit: 'hard' | 'none';
  /** Invoices of amounts below a satoshi. Without it, amounts are whole satoshis. */
  readonly msat: boolean;
  /** The same label gives the same invoice. Without it, only the journal of invoices holds them together. */
  readonly labels: boolean;
  /** `cancelInvoice` exists. */
  readonly cancel: boolean;
  readonly descriptionHash: boolean;
  /** `events` goes on after a cursor. Without it, what was missed is found by looking up. */
  readonly resumableEvents: boolean;
};

export type InvoiceRequest = {
  /** 1 to 64 characters of `[a-z0-9-]`, never used for another invoice. */
  readonly label: string;
  /** Above zero. */
  readonly amount: Msat;
  /** At most 639 bytes of UTF-8, or the SHA-256 of a longer text in hex. */
  readonly description: { readonly text: string } | { readonly hash: string };
  readonly expirySeconds: number;
};
/** `bolt11` is in lower case and carries exactly the amount asked for; `expiresAt` in ms since 1970. */
export type Invoice = { readonly bolt11: string; readonly hash: PaymentHash; readonly amount: Msat; readonly expiresAt: number };

export type InvoiceState =
  | { readonly state: 'open' | 'expired' | 'cancelled' | 'not-found' }
  /** The payer's money is locked for us and not ours yet. */
  | { readonly state: 'accepted' }
  | Received;
export type Received = {
  readonly state: 'settled';
  /** What the payer paid. Usually the invoice's amount; at most twice of it by the rules of BOLT 4. */
  readonly amount: Msat;
  /** What the backend kept of it, to make room for it. */
  readonly kept: Msat;
};

export type PaymentRequest = {
  /** With an amount, of the backend's network, not expired: `payable` has passed it. */
  readonly bolt11: string;
  /** Most that routing may cost, above the amount. A backend with `feeLimit: 'none'` ignores it. */
  readonly maxFee: Msat;
  /** When `pay` returns at the latest. The payment may go on: then the outcome is `in-flight`. */
  readonly timeoutSeconds: number;
  /** 1 for the first. The journal hands each over at most once, and a later one only after the former's terminal failure. */
  readonly attempt: number;
  /** What the attempts belong to: a quote, a payout. Two payers of one invoice count their attempts apart. */
  readonly payer?: string;
};

/** Ours: what a remote program writes about its failures is never shown. */
export type FailureReason = 'no-route' | 'fee-limit' | 'balance' | 'expired' | 'rejected' | 'timeout' | 'other';

/**
 * `failed`: nothing of this attempt can move any more. `evidence` is the node's own name for the try that failed, if it has one: the same
 * evidence after a later attempt is old news. `unknown` says why for the operator, in our words, and decides nothing.
 */
export type Outcome = Succeeded | Failed | { readonly state: 'in-flight' } | { readonly state: 'unknown'; readonly why: string };
export type Succeeded = { readonly state: 'succeeded'; readonly preimage: Preimage; readonly fee: Msat };
export type Failed = { readonly state: 'failed'; readonly reason: FailureReason; readonly evidence: string | null };

export type LightningEvent =
  | { readonly kind: 'received'; readonly hash: PaymentHash; readonly received: Received }
  | { readonly kind: 'sent'; readonly hash: PaymentHash; readonly outcome: Succeeded | Failed };

export type Balance = {
  /** What could leave now. */
  readonly spendable: Msat;
  /** What could come in now, if the backend knows. */
  readonly receivable: Msat | null;
};
export type BackendInfo = { readonly network: Network; readonly synced: boolean };

/**
 * A node, or an account at one. Everything but `pay` and `lookupPayment` throws LightningFailure: `unavailable` when no answer came,
 * which says nothing about what happened, and `refused` when the backend said no and nothing happened.
 */
export interface LightningBackend extends AsyncDisposable {
  /** Names its account in the books, `lightning:<name>`: the same for ever. */
  readonly name: string;
  readonly capabilities: Capabilities;
  /** Whoever starts compares the network with the database's, and does not start on another one. */
  info(): Promise<BackendInfo>;
  balance(): Promise<Balance>;
  createInvoice(request: InvoiceRequest): Promise<Invoice>;
  lookupInvoice(hash: PaymentHash): Promise<InvoiceState>;
  /** Afterwards the invoice cannot be paid, unless it was before. */
  cancelInvoice?(hash: PaymentHash): Promise<'cancelled' | Received>;
  /** Never throws. Not called twice with one hash and attempt, whatever came of the first call. */
  pay(request: PaymentRequest): Promise<Outcome>;
  /** Never throws. `not-found`: the node has no trace of it, which is no failure while the payment may still be on its way there. */
  lookupPayment(hash: PaymentHash): Promise<Outcome | { readonly state: 'not-found' }>;
  /**
   * What happened after `from`, and then what happens, until the signal aborts: then it returns. Each event comes at least once; payments
   * may be left out. Throws LightningFailure unavailable when the connection ends: start again from the last cursor.
   */
  events(from: Cursor, signal: AbortSignal): AsyncIterable<{ readonly cursor: Cursor; readonly event: LightningEvent }>;
  close(): Promise<void>;
}

/** The port as payers have it, before which a journal stands: what was asked once is never handed over again. */
export interface PayingBackend extends LightningBackend {
  /**
   * For whoever takes over from a worker that may be gone, or only asleep. A request that was not handed over yet has failed from now on, and
   * whoever wakes hands nothing over.
   * @returns how this very request stands
   */
  withdraw(request: PaymentRequest): Promise<Outcome>;
}
