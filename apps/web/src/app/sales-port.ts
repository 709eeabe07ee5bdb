// What the screens of a seller ask of the engine, and nothing else. No code here. spec/paid-links.md "Offer", "Earnings".
import type { BitcoinRate, Price } from '../engine/paid-port.ts';
import type { TimeMs } from '../engine/port.ts';
import type { DriveLink, EntryId } from './port.ts';

/** What this host lets be sold. */
export interface SaleTerms {
  /** Its coins are worth nothing. */
  readonly worthless: boolean;
  /** The largest price, in satoshis. */
  readonly satsMax: number;
}

/** How a link is sold, as the account keeps it. */
export interface LinkSale {
  readonly price: Price;
  /** Whether `price` is the least that is paid, and more is welcome. */
  readonly isFloor: boolean;
  /** How many may buy it in all; null: no bound. */
  readonly salesMax: number | null;
  /** false: withdrawn. */
  readonly isOpen: boolean;
}

/** How it goes, as the host counts. */
export interface SaleCounts {
  readonly state: 'open' | 'withdrawn' | 'ended' | 'sold-out' | 'under-notice';
  readonly sold: number;
  /** null: without a bound. */
  readonly salesLeft: number | null;
}

export interface SaleWish {
  readonly price: Price;
  readonly isFloor: boolean;
  /** In all, who has bought it counted; null: no bound. */
  readonly salesMax: number | null;
  readonly label: string | null;
}

/** What sales earned on one day (UTC). In satoshis, with up to three decimals; `net` is the seller's part, `waiting` what of it still waits, `held` what of that a notice holds. */
export interface Earned {
  readonly sales: number;
  readonly gross: number;
  readonly commission: number;
  readonly net: number;
  readonly waiting: number;
  readonly held: number;
}
export interface EarnedOn extends Earned {
  readonly offer: string;
  readonly kind: 'sale' | 'tip';
  /** 2030-01-31 */
  readonly day: string;
}
export interface Statement {
  readonly worthless: boolean;
  readonly lines: readonly EarnedOn[];
  /** By offer: what was sold, as far as this account still knows it. */
  readonly titles: Readonly<Record<string, string>>;
  /** What can be paid for now, sold or thanked for: the titles of its links. */
  readonly onSale: readonly string[];
  /** Whole satoshis that can be taken out. */
  readonly available: number;
  /** When the next of what waits is released. */
  readonly nextAt: TimeMs | null;
  /** Whether a notice holds some of what waits, which its maker may answer. */
  readonly isNoticed: boolean;
  /** Where the operator has frozen this account's money. */
  readonly frozen: { readonly reference: string; readonly since: TimeMs; readonly ground: string } | null;
  /** By which satoshis are shown in another currency; null: the server knows none. */
  readonly rate: BitcoinRate | null;
}

/** Money on its way out. `waiting`: an operator looks first. */
export interface Payout {
  readonly id: string;
  readonly to: string;
  /** Satoshis, with up to three decimals; `fee` is known once it is paid. */
  readonly amount: number;
  readonly fee: number | null;
  readonly state: 'waiting' | 'paying' | 'paid' | 'failed' | 'cancelled';
  /** Why it failed; of a cancelled one 'rejected' where the operator gave it back. */
  readonly reason: string | null;
  readonly at: TimeMs;
  /** It was made, and the answer to its order was lost here: whoever shows it tells of it, clears the form that holds the order, and then calls `hear`. */
  readonly isUnheard: boolean;
}

/** Calls fail as those of the drive do; codes beyond theirs: 'payments-off', 'offer-refused' {reason}, 'payout-refused' {reason}, 'amount-refused' {min, max},
 * 'balance-too-low' {missing}, 'account-frozen' {freeze}, 'too-late'. */
export interface Sales {
  /** null: nothing is sold on this host. */
  terms(): Promise<SaleTerms | null>;
  /** A further link to this entry, that opens with a purchase. */
  sell(id: EntryId, wish: SaleWish): Promise<DriveLink>;
  /** For purchases from now on. A withdrawn one is for sale again. */
  change(linkId: string, wish: SaleWish): Promise<void>;
  /** Nobody can buy it any more. Who bought it keeps it. */
  withdraw(linkId: string): Promise<void>;
  /** Whether visitors of a link that opens for everybody can thank with money. */
  tips(linkId: string, areTaken: boolean): Promise<void>;
  /** How often each was sold, by link id. */
  counts(): Promise<Readonly<Record<string, SaleCounts>>>;
  statement(): Promise<Statement>;
  /** The latest first. */
  payouts(): Promise<readonly Payout[]>;
  /**
   * Pays out over Lightning. The same again, after an answer that was lost, is the same payout.
   * @param to an invoice, or a Lightning address @param sats null: the invoice's; to an address, all that there is
   */
  payOut(to: string, sats: number | null): Promise<Payout>;
  /** From here on the same once more is another payout; while some tab waits for its answer, it is not. */
  hear(payout: Payout): Promise<void>;
  /** Until the node has it: fails with 'too-late' after. */
  callBack(payout: string): Promise<void>;
  /** All of it as CSV. */
  csv(): Promise<Blob>;
}
