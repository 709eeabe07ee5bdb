// What the page of the plan asks of the engine. No code here. spec/paid-links.md "Plans".
import type { BitcoinRate, Price } from '../engine/paid-port.ts';
import type { TimeMs } from '../engine/port.ts';

export interface PlanOnSale {
  readonly plan: string;
  readonly days: number;
  readonly price: Price;
  /** null: there is no fresh rate, and it cannot be bought now. */
  readonly sats: number | null;
  readonly bytes: number;
  /** How long at least what was removed or replaced stays; 0: nothing is promised. */
  readonly historyDays: number;
}

export interface PlansOnSale {
  /** Its coins are worth nothing. */
  readonly worthless: boolean;
  readonly rate: BitcoinRate | null;
  /** Satoshis of the balance. */
  readonly available: number;
  /** How many this account has bought in all. */
  readonly bought: number;
  readonly plans: readonly PlanOnSale[];
}

/** `sats`: what was shown, and the most that is paid. */
export interface PlanWish {
  readonly plan: string;
  readonly sats: number;
  readonly pay: { readonly way: 'balance' | 'invoice' } | { readonly way: 'token'; readonly token: string };
}

export interface PlanInvoice {
  readonly bolt11: string;
  readonly sats: number;
  readonly expiresAt: TimeMs;
}

/** 'bought-before': by an order whose answer had been lost; of a token that came with this one nothing was taken. */
export type PlanOutcome = PlanInvoice | 'bought' | 'bought-before';

/** Calls fail as those of a seller do, and with 'plan-dearer' {sats}. */
export interface Plans {
  /** null: nothing is sold on this host. Whoever has an invoice open asks again until `bought` rises. */
  onSale(): Promise<PlansOnSale | null>;
  /**
   * Extends it where the account has it. The same again, after an answer that was lost, is the same purchase, in any tab and after a reload. A token
   * becomes balance only while the price is what was shown. @returns an invoice to pay, or that it is bought
   */
  buy(wish: PlanWish): Promise<PlanOutcome>;
}
