// What the screens of the wallet ask of the engine. Amounts are whole satoshis. No code here; what happens underneath is spec/wallet.md.
import type { BitcoinRate } from '../../engine/paid-port.ts';
import type { TimeMs } from '../../engine/port.ts';

export type PurseEntry = {
  readonly id: string;
  readonly kind: 'receive' | 'send' | 'invoice' | 'refund' | 'pay' | 'restore';
  /** 'waiting': somebody else has to act; 'to-recover': the mint has not answered, and is asked again. */
  readonly state: 'waiting' | 'arrived' | 'failed' | 'to-recover';
  readonly amount: bigint;
  readonly fee: bigint;
  readonly at: TimeMs;
  readonly memo: string;
  /** Why it failed. */
  readonly reason: string | null;
  /** An invoice to be paid to us, or the one we pay. */
  readonly request: string | null;
  /** A token that nobody has taken yet: whoever has it has the money. */
  readonly token: string | null;
};

export type PurseFacts = {
  /** To be spent now. */
  readonly free: bigint;
  readonly held: bigint;
  readonly out: bigint;
  /** Who holds the money. */
  readonly mint: string;
  /** Worthless coins: that is said wherever they are shown, in the same size. */
  readonly isSandbox: boolean;
  /** Over which a wallet of one's own can be connected; empty: none can. */
  readonly relays: readonly string[];
  /** What a bitcoin is worth; null where the host knows nothing: then nothing is said in money of states. */
  readonly rate: BitcoinRate | null;
  readonly rehearsed: { readonly at: TimeMs; readonly found: bigint; readonly missing: bigint } | null;
  /** Newest first. */
  readonly entries: readonly PurseEntry[];
  /** null if the mint was asked; else why it could not be, and the figures are the last known. */
  readonly trouble: string | null;
};

export type PurseOffer = {
  readonly quote: string;
  readonly request: string;
  readonly amount: bigint;
  readonly feeMax: bigint;
  readonly expiryMs: TimeMs;
};

/** Whoever asked for money by a payment request (NUT-18), and how much. */
export type PurseRequest = {
  readonly id: string | null;
  readonly amount: bigint;
  readonly description: string;
  readonly target: string | null;
};

/** Refused calls reject with the code 'wallet-refused' and facts.reason. */
export interface Purse {
  /** null where the server has no mint. Ends what was begun, by whichever device. */
  look(): Promise<PurseFacts | null>;
  /** @param apart what is paid out of it next */
  receive(token: string, apart?: bigint): Promise<PurseEntry>;
  send(amount: bigint, memo: string): Promise<{ readonly id: string; readonly token: string }>;
  /** As `send`, as soon as the coins are signed: while that they are out is still being written down. */
  handOut(amount: bigint, memo: string): Promise<{ readonly id: string; readonly token: string }>;
  /** Asks what can be asked before anything is paid. */
  prepare(): Promise<void>;
  invoice(amount: bigint): Promise<{ readonly id: string; readonly request: string; readonly expiryMs: TimeMs }>;
  /** Until it is over, or the signal ends. */
  wait(id: string, signal: AbortSignal): Promise<PurseEntry>;
  offer(invoice: string): Promise<PurseOffer>;
  pay(offer: PurseOffer): Promise<PurseEntry>;
  takeBack(id: string): Promise<PurseEntry>;
  /** What is owed back for a payment becomes coins. @param proof the token of L402 that came with its invoice */
  drawRefund(proof: string, memo: string, offer?: string): Promise<PurseEntry>;
  rehearse(): Promise<{ readonly found: bigint; readonly missing: bigint }>;
  /** Of the whole history: RFC 4180. */
  csv(): Promise<string>;
  /** Reads a request `creqA…`: who asks for how much. */
  readRequest(text: string): Promise<PurseRequest>;
  /**
   * A token of exactly what the request wants, for whoever hands it over. It stays in the history as out until it was taken: what could not be
   * handed over is taken back with `takeBack`.
   */
  tokenFor(request: PurseRequest): Promise<{ readonly id: string; readonly token: string }>;
}
