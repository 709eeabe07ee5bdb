// What was handed to Lightning nodes. spec/lightning.md.
import type { Optional } from './columns.ts';

export interface LightningTables {
  readonly lightning_network: LightningNetworkTable;
  readonly lightning_attempts: LightningAttemptsTable;
  readonly lightning_cursors: LightningCursorsTable;
}

/** One row: the network that this database belongs to, for ever. */
interface LightningNetworkTable {
  readonly id: 1;
  readonly network: 'mainnet' | 'testnet' | 'signet' | 'regtest';
}

/** What was handed to a Lightning node; amounts and fees in thousandths of a satoshi. */
interface LightningAttemptsTable {
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

interface LightningCursorsTable {
  readonly backend: string;
  readonly position: string;
  /** Grows with every reader. */
  readonly fence: number;
  readonly lease_until: number;
}
