// Paid links: what is offered, sold and owed, and what accounts bring and take. spec/paid-links.md.
import type { Bytes } from '@reprise/kit';
import type { Optional, WithDefault } from './columns.ts';

export interface PaidLinkTables {
  readonly paid_offers: PaidOffersTable;
  readonly paid_listings: PaidListingsTable;
  readonly paid_invoices: PaidInvoicesTable;
  readonly paid_sales: PaidSalesTable;
  readonly paid_grants: PaidGrantsTable;
  readonly paid_refunds: PaidRefundsTable;
  readonly paid_deposits: PaidDepositsTable;
  readonly paid_payouts: PaidPayoutsTable;
  readonly paid_plans: PaidPlansTable;
  readonly paid_plan_sales: PaidPlanSalesTable;
  readonly paid_plan_orders: PaidPlanOrdersTable;
  readonly paid_cases: PaidCasesTable;
  readonly paid_case_refunds: PaidCaseRefundsTable;
  readonly paid_freezes: PaidFreezesTable;
}

/** What a seller offers, as it is now. */
interface PaidOffersTable {
  readonly id: string;
  readonly seller: string;
  /** The listing that holds now. */
  readonly version: number;
  readonly state: 'open' | 'withdrawn';
  /** Of the sales that there may be in all; null: as many as there are buyers. */
  readonly sales_left: Optional<number>;
  /** Cases that are open or were upheld: above zero nothing of it is released. */
  readonly cases_standing: WithDefault<number>;
  readonly created_at: number;
  readonly updated_at: number;
}

/** What was offered at a time; never changed. */
interface PaidListingsTable {
  readonly offer: string;
  readonly version: number;
  /** SHA-256 of the offer that the seller signed. */
  readonly hash: string;
  /** Satoshis, or cents. */
  readonly price: number;
  readonly currency: 'SAT' | 'EUR' | 'USD';
  /** 1: the price is the least that is paid. */
  readonly is_floor: WithDefault<0 | 1>;
  /** 1: a tip jar. */
  readonly is_jar: WithDefault<0 | 1>;
  readonly commitment: string;
  /** The seller's half, sealed under a key that is not in the database. */
  readonly secret: Bytes;
  readonly not_after: Optional<number>;
  readonly created_at: number;
}

/** What a buyer may pay over Lightning: the price in satoshis is frozen in it, and the key to which the release goes. */
interface PaidInvoicesTable {
  readonly payment_hash: string;
  readonly offer: string;
  readonly version: number;
  readonly backend: string;
  readonly request: string;
  readonly price: number;
  readonly buyer_key: Bytes;
  readonly buyer_key_hash: string;
  /** `lapsed`: shown no more; paid all the same, it still counts. */
  readonly state: 'open' | 'lapsed' | 'settled';
  readonly created_at: number;
  readonly expires_at: number;
  /** When the backend was last asked. */
  readonly checked_at: WithDefault<number>;
}

/** The id is that of the operation that took the money; amounts are in thousandths of a satoshi. */
interface PaidSalesTable {
  readonly id: string;
  readonly offer: string;
  readonly version: number;
  readonly seller: string;
  readonly way: 'coins' | 'lightning' | 'balance';
  readonly gross: number;
  readonly commission: number;
  readonly shard: number;
  readonly state: 'pending' | 'released' | 'escrowed' | 'refunded';
  readonly sold_at: number;
  readonly matures_at: number;
  readonly ended_at: Optional<number>;
  /** The case that holds it, or held it last. */
  readonly case_id: Optional<string>;
  /** The account that it went to in place of the seller. */
  readonly claimed_by: Optional<string>;
}

/** What a payment gave: the same bytes for whoever shows the same payment. */
interface PaidGrantsTable {
  readonly sale: string;
  readonly offer: string;
  /** SHA-256 of the sorted points of the coins, or the payment hash. */
  readonly credential: string;
  readonly buyer_key_hash: string;
  readonly release: Bytes;
  readonly receipt: Bytes;
}

/** Money that came for an invoice and bought nothing, in thousandths of a satoshi. */
interface PaidRefundsTable {
  readonly id: string;
  readonly payment_hash: string;
  readonly amount: number;
  readonly shard: number;
  readonly reason: 'over-paid' | 'under-paid' | 'ended' | 'sold-out';
  readonly state: 'owed' | 'taken';
  readonly created_at: number;
}

/** An invoice that fills the balance of an account; amounts are in thousandths of a satoshi. */
interface PaidDepositsTable {
  readonly payment_hash: string;
  readonly account: string;
  /** Drawn by the client. */
  readonly request: string;
  readonly backend: string;
  readonly invoice: string;
  readonly amount: number;
  readonly state: 'open' | 'settled';
  readonly received: Optional<number>;
  readonly created_at: number;
  readonly expires_at: number;
  /** When the backend was last asked. */
  readonly checked_at: WithDefault<number>;
}

/** Money on its way out of an account; the id is that of the operation that set it aside. */
interface PaidPayoutsTable {
  readonly id: string;
  readonly account: string;
  readonly backend: string;
  /** An invoice or a Lightning address, in lower case and without spaces around it. */
  readonly target: string;
  readonly amount: number;
  /** Amount and the most that its fee may be. */
  readonly held: number;
  /** 1: the backend cannot cap fees, and a flat one is taken. */
  readonly flat: 0 | 1;
  readonly shard: number;
  /** `held`: waits for an operator. */
  readonly state: 'held' | 'reserved' | 'dispatching' | 'paid' | 'failed' | 'cancelled';
  readonly bolt11: Optional<string>;
  readonly payment_hash: Optional<string>;
  readonly preimage: Optional<string>;
  readonly fee: Optional<number>;
  readonly reason: Optional<string>;
  readonly created_at: number;
  readonly updated_at: number;
}

/** What a plan of the operator costs. */
interface PaidPlansTable {
  readonly plan: string;
  /** Satoshis, or cents, for so many days. */
  readonly price: number;
  readonly currency: 'SAT' | 'EUR' | 'USD';
  readonly days: number;
  readonly state: 'open' | 'closed';
  readonly updated_at: number;
}

/** A plan that was paid; the id is that of the operation that took the money, the price in thousandths of a satoshi. */
interface PaidPlanSalesTable {
  readonly id: string;
  readonly account: string;
  readonly plan: string;
  readonly price: number;
  readonly days: number;
  readonly from_at: number;
  readonly until_at: number;
  readonly sold_at: number;
}

/** A plan that is to be bought once its deposit has come, at the price of then, in satoshis. */
interface PaidPlanOrdersTable {
  readonly payment_hash: string;
  readonly plan: string;
  readonly price: number;
  readonly days: number;
  /** `left`: it could not be bought, and the money is balance. */
  readonly state: 'open' | 'done' | 'left';
  readonly updated_at: number;
}

/** What a case holds of an offer, and what it was decided to become. The id is that of the case. */
interface PaidCasesTable {
  readonly id: string;
  readonly offer: string;
  readonly outcome: 'open' | 'dismissed' | 'claim' | 'refund';
  /** The account that took what was claimed. */
  readonly claimant: Optional<string>;
  readonly opened_at: number;
  readonly decided_at: Optional<number>;
}

/** A sale whose price is owed to its buyer, in thousandths of a satoshi. */
interface PaidCaseRefundsTable {
  readonly sale: string;
  readonly amount: number;
  readonly shard: number;
  readonly state: 'owed' | 'taken';
  readonly created_at: number;
}

/** An account whose money an operator has frozen; one stands for an account at a time. */
interface PaidFreezesTable {
  readonly id: string;
  readonly account: string;
  /** What the operator says about it. */
  readonly ground: string;
  readonly frozen_at: number;
  /** Null: it stands. */
  readonly lifted_at: Optional<number>;
}
