// The tables, typed: ids are lower-case hex text, times are ms since 1970, sizes are bytes (spec/storage.md).
// Hot tables carry the space or the link first in their primary key, so that they shard by it.
import type { Bytes } from '@reprise/kit';
import type { DeviceId, DownloadId, LinkId, ObjectId, SpaceId, UserId } from '@reprise/protocol';
import type { LogType } from '@reprise/protocol/formats';
import type { ColumnType, Insertable, Selectable, Updateable } from 'kysely';

/** A column that the database fills when an insert leaves it out. */
type WithDefault<Value> = ColumnType<Value, Value | undefined, Value>;
/** Null unless given. */
type Optional<Value> = ColumnType<Value | null, Value | null | undefined, Value | null>;

export interface SpacesTable {
  readonly space: SpaceId;
  /** 3: anonymous. */
  readonly kind: number;
  readonly user_id: string;
  readonly device_id: DeviceId;
  readonly device_public: Bytes;
  readonly genesis: Bytes;
  readonly created_at: number;
  readonly ended_at: Optional<number>;
  /** Sum of the lengths of the space's objects, pending ones included. */
  readonly stored_bytes: WithDefault<number>;
  readonly bytes_max: number;
  /** Sum of the lengths of the log's entries, signatures and attachments that are kept. */
  readonly log_bytes: WithDefault<number>;
}

/**
 * pending: uploaded, listed nowhere, collected when `lease_until` is over.
 * live: held by a link's list, or in the log's tree; one that a sweep ended stays readable until `lease_until`.
 * condemned: held by nothing, still readable, its row goes at `lease_until`.
 */
export type ObjectState = 'pending' | 'live' | 'condemned';

export interface ObjectsTable {
  readonly space: SpaceId;
  readonly id: ObjectId;
  readonly length: number;
  /** A PackName; the row of `packs` must exist before. */
  readonly pack: string;
  /** Where the object begins in the pack. */
  readonly pack_offset: number;
  readonly state: ObjectState;
  readonly added_at: number;
  readonly lease_until: number;
  /** Number of the first entry of the log that added it; null: no commit names it. */
  readonly born: Optional<number>;
  /** Number of the latest entry that added it. */
  readonly last_add: Optional<number>;
  /** Number of the sweep that ended it; null while the tree holds it. */
  readonly end_seq: Optional<number>;
  readonly ended_at: Optional<number>;
}

export interface PacksTable {
  readonly pack: string;
  readonly space: SpaceId;
  readonly class: 'hot' | 'bulk';
  readonly bytes: number;
  /** Bytes of objects that still have a row: compaction looks at this. */
  readonly live_bytes: number;
  readonly created_at: number;
}

export interface LinksTable {
  readonly link: LinkId;
  readonly space: SpaceId;
  readonly token_hash: Bytes;
  readonly gate_hash: Optional<Bytes>;
  readonly record: Bytes;
  readonly version: number;
  readonly growing: 0 | 1;
  readonly note: Bytes;
  readonly created_at: number;
  readonly expires_at: Optional<number>;
  readonly downloads_max: Optional<number>;
  readonly opened: WithDefault<number>;
  /** Downloads that were finished. */
  readonly finished: WithDefault<number>;
  /** Rows of link_objects, kept beside them because counting two million rows takes a second. */
  readonly listed_objects: WithDefault<number>;
  /** Revoked by its owner. */
  readonly ended_at: Optional<number>;
  readonly removed_reference: Optional<string>;
  readonly removed_ground: Optional<string>;
  readonly removed_at: Optional<number>;
}

/** The list of a link: while it lives, these ids are served and held. */
export interface LinkObjectsTable {
  readonly link: LinkId;
  readonly id: ObjectId;
}

export interface DownloadsTable {
  readonly link: LinkId;
  readonly download: DownloadId;
  readonly started_at: number;
  readonly expires_at: number;
  readonly finished_at: Optional<number>;
}

/** Guesses in the running window; the key holds no address. */
export interface TriesTable {
  readonly key: string;
  readonly window_start: number;
  readonly count: number;
}

/** Signed requests seen lately: a second one with the same nonce is a replay. */
export interface RequestsTable {
  readonly device: DeviceId;
  readonly nonce: string;
  readonly seen_at: number;
}

export interface ReportsTable {
  readonly reference: string;
  readonly link: LinkId;
  readonly reason: string;
  readonly text: string;
  readonly contact: string;
  readonly created_at: number;
  readonly state: WithDefault<'open' | 'acted' | 'dismissed'>;
}

export interface BlockedObjectsTable {
  readonly id: ObjectId;
  readonly reference: string;
  readonly created_at: number;
}

/** The server's own secrets and switches. */
export interface SettingsTable {
  readonly key: string;
  readonly value: Bytes;
}

export interface AccountsTable {
  readonly user_id: UserId;
  readonly home_space: SpaceId;
  readonly identity_key: Bytes;
  /** What OPAQUE keeps of the password (RFC 9807 "RegistrationRecord"). */
  readonly opaque_record: Bytes;
  /** Name of the operator's plan, which says how many bytes the account may have. */
  readonly plan: string;
  /** Its password opens it only with a passkey; without one that is left, alone. */
  readonly demands_passkey: WithDefault<0 | 1>;
  readonly created_at: number;
  /** Set while its owner's deletion waits. */
  readonly ends_at: Optional<number>;
}

/** How an account is called at sign-in: its drawn locator, and a name if its owner chose one. */
export interface AccountNamesTable {
  readonly name: string;
  readonly user_id: UserId;
  readonly kind: 'locator' | 'chosen';
}

/** What opens the account, sealed by its owner. */
export interface AccountSlotsTable {
  readonly user_id: UserId;
  /** 16 bytes in hex. */
  readonly slot: string;
  readonly type: 'password' | 'passkey' | 'recovery';
  readonly version: number;
  readonly sealed: Bytes;
  /** Finds the slot before the account is known; null for passwords, which are found by name. */
  readonly finder: Optional<string>;
  /** SHA-256 of what whoever presents the finder must prove. */
  readonly token_hash: Optional<Bytes>;
  readonly created_at: number;
  /** When it last gave out a ticket. */
  readonly used_at: Optional<number>;
}

/** As the home log says; kept here to answer requests. */
export interface AccountDevicesTable {
  readonly device_id: DeviceId;
  readonly user_id: UserId;
  readonly public_key: Bytes;
  readonly caps: number;
  readonly created_at: number;
  readonly seen_at: number;
  readonly revoked_at: Optional<number>;
  /** Number of the log entry that revoked it. */
  readonly revoked_seq: Optional<number>;
}

export interface TicketsTable {
  /** SHA-256 of the ticket, in hex. */
  readonly hash: string;
  readonly user_id: UserId;
  readonly expires_at: number;
  /** When it certified its one device. */
  readonly used_at: Optional<number>;
}

/** The server's half of logins that run. */
export interface LoginStatesTable {
  readonly login: string;
  /** A made-up one for a name that nobody has. */
  readonly user_id: UserId;
  readonly state: Bytes;
  readonly expires_at: number;
}

/** Letters between two devices, which can be read by nobody else; each step is written once. */
export interface PairingsTable {
  readonly pairing: string;
  readonly step: number;
  readonly message: Bytes;
  readonly expires_at: number;
}

/** The head of a space's log, and the log's state there: an append reads nothing older. */
export interface SpaceLogsTable {
  readonly space: SpaceId;
  readonly seq: number;
  readonly head: string;
  /** `encodeLogState`. */
  readonly state: Bytes;
}

export interface LogEntriesTable {
  readonly space: SpaceId;
  readonly seq: number;
  readonly id: string;
  readonly type: LogType;
  readonly entry: Bytes;
  readonly signature: Bytes;
  readonly received_at: number;
}

/** What travels beside entries, by number (spec/log.md "Attachments"). */
export interface LogAttachmentsTable {
  readonly space: SpaceId;
  readonly seq: number;
  readonly number: number;
  readonly bytes: Bytes;
  /** When it may go; null: never. */
  readonly drop_at: Optional<number>;
}

/** As the log says at its head; kept here to answer requests. */
export interface SpaceMembersTable {
  readonly space: SpaceId;
  readonly user_id: UserId;
  /** 1 reader, 2 writer, 3 admin, 4 owner. */
  readonly role: number;
}

/** Every device that the log ever certified. */
export interface SpaceDevicesTable {
  readonly space: SpaceId;
  readonly device: DeviceId;
  readonly user_id: UserId;
  readonly public_key: Bytes;
  readonly caps: number;
  readonly revoked_seq: Optional<number>;
}

/** What each sweep ended, and how long that stays. */
/** What a sweep has ended, or a purge has hurried. */
export interface SweepsTable {
  readonly space: SpaceId;
  readonly seq: number;
  readonly swept_at: number;
  readonly objects: number;
  readonly bytes: number;
  readonly retention_ms: number;
  /** 2: it ended over a fifth of the live bytes, and every wait is doubled. */
  readonly wait_factor: 1 | 2;
}

/** What the operator allows, by the name in `accounts.plan`. A name without a row stands for the default. */
export interface PlansTable {
  readonly plan: string;
  readonly bytes_max: number;
}

/** An account of the books. Balances are read as text: they may exceed 2^53. */
export interface LedgerAccountsTable {
  readonly id: ColumnType<number, never, never>;
  readonly code: string;
  readonly kind: 'asset' | 'liability' | 'income' | 'expense' | 'equity';
  readonly has_floor: 0 | 1;
  /** Thousandths of a satoshi, in the account's own direction; changed by triggers only. */
  readonly posted: ColumnType<never, never, never>;
}

/** What changed money, claimed before it does. */
export interface LedgerOperationsTable {
  /** 16 bytes in hex. */
  readonly id: string;
  readonly kind: string;
  readonly key: string;
  readonly request_hash: Bytes;
  readonly at: number;
}

export interface LedgerJournalsTable {
  readonly id: string;
  readonly legs: number;
  readonly kind: string;
  readonly at: number;
}

export interface LedgerPostingsTable {
  readonly journal: string;
  readonly seq: number;
  readonly legs: number;
  readonly account: number;
  /** Debit above zero, credit below. */
  readonly amount: ColumnType<never, bigint, never>;
}

/** One row: from which seed all coins of this database are, for ever. */
export interface MintSeedTable {
  readonly id: 1;
  /** SHA-256 of the seed under its label. */
  readonly print: Bytes;
}

export interface MintKeysetsTable {
  readonly id: string;
  readonly unit: string;
  /** Thousandths of the unit for each coin that is spent. */
  readonly fee_ppk: number;
  readonly active: 0 | 1;
  /** Seconds since 1970. */
  readonly final_expiry: Optional<number>;
  /** Number of the keyset in the derivation from the seed. */
  readonly derivation: number;
  readonly created_at: number;
}

/** Coins that came back: held by a payment under way, or spent. Points are compressed, in hex; amounts are satoshis. */
export interface MintProofsTable {
  readonly y: string;
  readonly keyset: string;
  readonly amount: number;
  readonly state: 'reserved' | 'spent';
  readonly op: string;
  readonly witness: Optional<string>;
}

/** What was signed, and what will be once a payment has ended. */
export interface MintOutputsTable {
  readonly b: string;
  readonly state: 'blank' | 'signed';
  readonly keyset: string;
  readonly amount: Optional<number>;
  readonly c: Optional<string>;
  readonly e: Optional<string>;
  readonly s: Optional<string>;
  readonly op: string;
  /** Its place in the request. */
  readonly seq: number;
}

export interface MintQuotesTable {
  readonly id: string;
  readonly unit: string;
  readonly amount: number;
  /** The invoice. */
  readonly request: string;
  readonly payment_hash: string;
  readonly pubkey: Optional<string>;
  readonly amount_paid: WithDefault<number>;
  readonly amount_issued: WithDefault<number>;
  /** Of its accounts. */
  readonly shard: number;
  readonly created_at: number;
  readonly expires_at: number;
  readonly updated_at: number;
  /** When the backend was last asked. */
  readonly checked_at: WithDefault<number>;
}

export interface MintMeltQuotesTable {
  readonly id: string;
  readonly unit: string;
  readonly request: string;
  readonly payment_hash: string;
  readonly amount: number;
  readonly amount_msat: ColumnType<never, bigint, never>;
  readonly fee_reserve: number;
  readonly state: 'UNPAID' | 'PENDING' | 'PAID';
  readonly attempts: WithDefault<number>;
  /** The attempt that is under way or has paid. */
  readonly op: Optional<string>;
  readonly preimage: Optional<string>;
  readonly created_at: number;
  readonly expires_at: number;
}

/** One attempt to pay. `dispatching` is written before the node hears of it; from then on only the node's word ends it. */
export interface MintMeltsTable {
  readonly op: string;
  readonly quote: string;
  readonly attempt: number;
  readonly step: 'dispatching' | 'unknown' | 'paid' | 'failed';
  readonly input_amount: number;
  readonly input_fee: number;
  readonly shard: number;
  /** Raised by whoever takes the attempt over; a worker with an older one changes nothing. */
  readonly fence: number;
  readonly lease_until: number;
  /** Since when the node has no trace of it. */
  readonly absent_since: Optional<number>;
  readonly fee_msat: Optional<number>;
  readonly created_at: number;
  readonly updated_at: number;
}

/** One row: the network that this database belongs to, for ever. */
export interface LightningNetworkTable {
  readonly id: 1;
  readonly network: 'mainnet' | 'testnet' | 'signet' | 'regtest';
}

/** What was handed to a Lightning node; amounts and fees in thousandths of a satoshi. */
export interface LightningAttemptsTable {
  readonly payment_hash: string;
  /** Counted over all payers of the hash. */
  readonly attempt: number;
  readonly backend: string;
  /** What pays, and for which quote or payout of it; with the number by which that counts. */
  readonly purpose: string;
  readonly payer: string;
  readonly payer_attempt: number;
  readonly bolt11: string;
  readonly amount: number;
  readonly max_fee: number;
  /** What the node said of the hash before. */
  readonly baseline: string;
  readonly state: 'dispatching' | 'in-flight' | 'unknown' | 'succeeded' | 'failed';
  readonly preimage: Optional<string>;
  readonly fee: Optional<number>;
  readonly reason: Optional<string>;
  /** Why nothing is known; for the operator. */
  readonly why: Optional<string>;
  /** When the node was first found to have no trace of it. */
  readonly absent_since: Optional<number>;
  /** It had failed, and this proves that it was paid after all. */
  readonly late_preimage: Optional<string>;
  /** When somebody looked at what was wrong with it. */
  readonly acknowledged_at: Optional<number>;
  readonly dispatched_at: number;
  readonly checked_at: number;
  readonly updated_at: number;
}

export interface LightningCursorsTable {
  readonly backend: string;
  readonly position: string;
  /** Grows with every reader. */
  readonly fence: number;
  readonly lease_until: number;
}

/** What a seller offers, as it is now. */
export interface PaidOffersTable {
  readonly id: string;
  readonly seller: string;
  /** The listing that holds now. */
  readonly version: number;
  readonly state: 'open' | 'withdrawn';
  /** Null: as many as there are buyers. */
  readonly sales_left: Optional<number>;
  readonly created_at: number;
  readonly updated_at: number;
}

/** What was offered at a time; never changed. */
export interface PaidListingsTable {
  readonly offer: string;
  readonly version: number;
  /** SHA-256 of the offer that the seller signed. */
  readonly hash: string;
  /** Satoshis, or cents. */
  readonly price: number;
  readonly currency: 'SAT' | 'EUR' | 'USD';
  readonly commitment: string;
  /** The seller's half, sealed under a key that is not in the database. */
  readonly secret: Bytes;
  readonly not_after: Optional<number>;
  readonly created_at: number;
}

/** What a buyer may pay over Lightning: the price in satoshis is frozen in it, and the key to which the release goes. */
export interface PaidInvoicesTable {
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
export interface PaidSalesTable {
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
}

/** What a payment gave: the same bytes for whoever shows the same payment. */
export interface PaidGrantsTable {
  readonly sale: string;
  readonly offer: string;
  /** SHA-256 of the sorted points of the coins, or the payment hash. */
  readonly credential: string;
  readonly buyer_key_hash: string;
  readonly release: Bytes;
  readonly receipt: Bytes;
}

/** Money that came for an invoice and bought nothing, in thousandths of a satoshi. */
export interface PaidRefundsTable {
  readonly id: string;
  readonly payment_hash: string;
  readonly amount: number;
  readonly shard: number;
  readonly reason: 'over-paid' | 'under-paid' | 'ended' | 'sold-out';
  readonly state: 'owed' | 'taken';
  readonly created_at: number;
}

export interface Schema {
  readonly spaces: SpacesTable;
  readonly objects: ObjectsTable;
  readonly packs: PacksTable;
  readonly links: LinksTable;
  readonly link_objects: LinkObjectsTable;
  readonly downloads: DownloadsTable;
  readonly tries: TriesTable;
  readonly requests: RequestsTable;
  readonly reports: ReportsTable;
  readonly blocked_objects: BlockedObjectsTable;
  readonly settings: SettingsTable;
  readonly accounts: AccountsTable;
  readonly account_names: AccountNamesTable;
  readonly account_slots: AccountSlotsTable;
  readonly account_devices: AccountDevicesTable;
  readonly tickets: TicketsTable;
  readonly login_states: LoginStatesTable;
  readonly pairings: PairingsTable;
  readonly space_logs: SpaceLogsTable;
  readonly log_entries: LogEntriesTable;
  readonly log_attachments: LogAttachmentsTable;
  readonly space_members: SpaceMembersTable;
  readonly space_devices: SpaceDevicesTable;
  readonly sweeps: SweepsTable;
  readonly plans: PlansTable;
  readonly ledger_accounts: LedgerAccountsTable;
  readonly ledger_operations: LedgerOperationsTable;
  readonly ledger_journals: LedgerJournalsTable;
  readonly ledger_postings: LedgerPostingsTable;
  readonly mint_seed: MintSeedTable;
  readonly mint_keysets: MintKeysetsTable;
  readonly mint_proofs: MintProofsTable;
  readonly mint_outputs: MintOutputsTable;
  readonly mint_quotes: MintQuotesTable;
  readonly mint_melt_quotes: MintMeltQuotesTable;
  readonly mint_melts: MintMeltsTable;
  readonly lightning_network: LightningNetworkTable;
  readonly lightning_attempts: LightningAttemptsTable;
  readonly lightning_cursors: LightningCursorsTable;
  readonly paid_offers: PaidOffersTable;
  readonly paid_listings: PaidListingsTable;
  readonly paid_invoices: PaidInvoicesTable;
  readonly paid_sales: PaidSalesTable;
  readonly paid_grants: PaidGrantsTable;
  readonly paid_refunds: PaidRefundsTable;
}

export type TableName = keyof Schema;
export type Row<Table extends TableName> = Selectable<Schema[Table]>;
export type NewRow<Table extends TableName> = Insertable<Schema[Table]>;
export type RowChange<Table extends TableName> = Updateable<Schema[Table]>;
