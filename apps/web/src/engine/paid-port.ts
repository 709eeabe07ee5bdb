// What the screens of a priced link ask of the engine, and nothing else. No code here. spec/paid-links.md; what each state looks like is
// spec/web.md "Links for sale".
import type { OutsideDoor } from './outside-port.ts';
import type { EngineFailure, Observable, TimeMs } from './port.ts';

/** As the seller named it: whole satoshis, or cents. */
export interface Price {
  readonly amount: number;
  readonly currency: 'SAT' | 'EUR' | 'USD';
}

/** What one bitcoin is worth, and since when. */
export interface BitcoinRate {
  readonly currency: 'EUR' | 'USD';
  /** Whole units of the currency. */
  readonly perBitcoin: number;
  readonly at: TimeMs;
  readonly source: string;
}

/** What is asked for the link, for as long as it holds. */
export interface AskedPrice extends Price {
  readonly sats: number;
  /** null where the host knows none: then nothing is said in money of states. */
  readonly rate: BitcoinRate | null;
  /** How many more may buy it; null: without a bound. */
  readonly salesLeft: number | null;
  readonly holdsUntil: TimeMs;
}

export interface Invoice {
  readonly bolt11: string;
  readonly sats: number;
  readonly expiresAt: TimeMs;
}

/** Why nothing can be bought now. The first five are for good, or until the seller changes it; the rest is tried again. */
export type Closed =
  | { readonly why: 'sold-out' | 'ended' | 'off' | 'differs' | 'incomplete' }
  /** Under a notice: its case, where the host names it. */
  | { readonly why: 'notice'; readonly reference: string | null }
  | { readonly why: 'no-rate' | 'busy' | 'offline' };

/** What was paid and bought nothing. `sats` whole. */
export interface Owed {
  readonly sats: number;
  readonly reason: 'over-paid' | 'under-paid' | 'ended' | 'sold-out' | 'removed';
  /** Where its coins are by now; null: nobody took them yet. */
  readonly taken: Pocket | null;
}

/** What a link can be paid from without leaving the page: coins of this browser, or the wallet of the account that is open in it. */
export type Pocket = 'here' | 'account';

/** Satoshis, whole. */
export interface Pockets {
  /** Refunds and change that belong to no account. They leave with the browser's data. */
  readonly here: number;
  /** Tokens that were taken out of this browser's coins and that nobody has taken yet: whoever has one has the money. */
  readonly out: readonly { readonly id: string; readonly sats: number; readonly token: string }[];
  /** null: nobody has an account in this browser, or its wallet does not answer. */
  readonly account: { readonly sats: number } | 'locked' | null;
  readonly busy: boolean;
  readonly problem: EngineFailure | null;
}

export interface PocketDoor {
  readonly pockets: Observable<Pockets>;
  /** The coins of this browser, as one token. */
  takeOut(): void;
  putBack(id: string): void;
  /** The coins of this browser, into the wallet of the account; no token that is out. */
  moveToAccount(): void;
}

export interface Bought {
  /** null: opened with a receipt. */
  readonly at: TimeMs | null;
  /** This link with what opens it: whoever has it has bought. */
  readonly receiptUrl: string;
  readonly worthless: boolean;
  readonly door: PocketDoor;
}

/** `problem`: what the last press ran into; the state is otherwise as it was. 'unlocked': open the link once more. */
export type Purchase =
  | { readonly at: 'looking' }
  | { readonly at: 'closed'; readonly closed: Closed }
  /** `was`: what was asked when somebody pressed, where it is another price now. Nothing is paid until they press again. */
  | {
      readonly at: 'offered';
      readonly asked: AskedPrice;
      readonly was: Price | null;
      readonly busy: boolean;
      readonly problem: EngineFailure | null;
    }
  | { readonly at: 'waiting'; readonly asked: AskedPrice; readonly invoice: Invoice; readonly problem: EngineFailure | null }
  /** Paid; what was bought is being fetched and checked. */
  | { readonly at: 'received'; readonly problem: EngineFailure | null }
  | { readonly at: 'owed'; readonly owed: Owed; readonly busy: boolean; readonly problem: EngineFailure | null }
  | { readonly at: 'unlocked' };

/** A link that opens with a purchase. What stands here was signed by its seller, and checked. */
export interface PricedLink {
  readonly title: string;
  /** Rounded up, so that it tells little more than the size. */
  readonly bytes: number;
  /** 32 bytes: hash of the seller's public fingerprint, what the seal is drawn from. */
  readonly fingerprint: Uint8Array;
  readonly price: Price;
  /** Whether `price` is the least that is paid, and more is welcome. */
  readonly isFloor: boolean;
  /** Whether it is the tip jar of a link that is open already. 'unlocked' says then that a tip was given; `look` begins another. */
  readonly isJar: boolean;
  readonly salesEndAt: TimeMs | null;
  /** The payments of this host are worth nothing. */
  readonly worthless: boolean;
  readonly purchase: Observable<Purchase>;
  /** The wallet that is connected to this browser. */
  readonly outside: OutsideDoor;
  /** Over which one can be connected; empty: none can. */
  readonly relays: readonly string[];
  /** What is bought here, for the wallet that pays it. */
  readonly purpose: string;
  /** Asks for the price once more. */
  look(): void;
  /** What to pay from now on, in the units of the price, at least that; where the price is a floor. */
  choose(amount: number): void;
  /** Makes an invoice, and waits for its payment. */
  payByLightning(): void;
  /** The other payments are still there. The invoice stays payable, and is looked after. */
  otherWay(): void;
  /** @param token coins as text */
  payWithToken(token: string): void;
  /** Absent outside the sandbox: pays the invoice that waits with coins that are worth nothing. */
  payInSandbox?(): void;
  readonly door: PocketDoor;
  /** Exactly the price, drawn from there; what is not taken goes back. */
  payFrom(pocket: Pocket): void;
  /** What is owed becomes coins: of the account, if one is open here, else of this browser. */
  claimRefund(): void;
}
