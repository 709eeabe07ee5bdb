// A mint's coins, keysets and payments. spec/mint.md.
import type { Bytes } from '@reprise/kit';
import type { ColumnType } from 'kysely';
import type { Optional, WithDefault } from './columns.ts';

export interface MintTables {
  readonly mint_seed: MintSeedTable;
  readonly mint_keysets: MintKeysetsTable;
  readonly mint_proofs: MintProofsTable;
  readonly mint_outputs: MintOutputsTable;
  readonly mint_quotes: MintQuotesTable;
  readonly mint_melt_quotes: MintMeltQuotesTable;
  readonly mint_melts: MintMeltsTable;
}

/** One row: from which seed all coins of this database are, for ever. */
interface MintSeedTable {
  readonly id: 1;
  /** SHA-256 of the seed under its label. */
  readonly print: Bytes;
}

interface MintKeysetsTable {
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
interface MintProofsTable {
  readonly y: string;
  readonly keyset: string;
  readonly amount: number;
  readonly state: 'reserved' | 'spent';
  readonly op: string;
  readonly witness: Optional<string>;
}

/** What was signed, and what will be once a payment has ended. */
interface MintOutputsTable {
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

interface MintQuotesTable {
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

interface MintMeltQuotesTable {
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
interface MintMeltsTable {
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
  readonly fee_msat: Optional<number>;
  readonly created_at: number;
  readonly updated_at: number;
}
