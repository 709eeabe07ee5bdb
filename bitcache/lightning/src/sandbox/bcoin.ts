// What the sandbox uses of bcoin, which has no types. Loaded in the sandbox's worker only. docs/decisions/lightning.md.
import { createRequire } from 'node:module';

export interface BcoinTx {
  readonly outputs: readonly { readonly value: number }[];
  hash(encoding: 'hex'): string;
  txid(): string;
  toRaw(): Buffer;
}
export interface BcoinBlock {
  readonly txs: readonly BcoinTx[];
  toRaw(): Buffer;
}
interface BcoinMtx {
  addOutput(output: { readonly script: unknown; readonly value: number }): void;
  fund(coins: readonly unknown[], options: object): Promise<void>;
  sign(ring: BcoinRing): number;
  toTX(): BcoinTx;
}
export interface BcoinRing {
  witness: boolean;
  getAddress(): unknown;
  getPrivateKey(): Buffer;
}
export interface BcoinChain {
  readonly height: number;
  readonly tip: { readonly hash: string };
  open(): Promise<void>;
  close(): Promise<void>;
  add(block: BcoinBlock): Promise<unknown>;
  getCoin(hash: string, index: number): Promise<unknown>;
  /** Waited for before `add` resolves. */
  on(event: 'connect', listener: (entry: unknown, block: BcoinBlock) => Promise<void>): void;
}
export interface BcoinMempool {
  open(): Promise<void>;
  close(): Promise<void>;
  addTX(tx: BcoinTx): Promise<unknown>;
  _addBlock(entry: unknown, txs: readonly BcoinTx[]): Promise<void>;
  /** By hash, in hex. */
  readonly map: ReadonlyMap<string, unknown>;
}
export interface BcoinMiner {
  open(): Promise<void>;
  close(): Promise<void>;
  addAddress(address: unknown): void;
  mineBlock(): Promise<BcoinBlock>;
}
export interface Bcoin {
  set(network: 'regtest'): void;
  readonly Chain: new (options: object) => BcoinChain;
  readonly Mempool: new (options: object) => BcoinMempool;
  readonly Miner: new (options: object) => BcoinMiner;
  readonly MTX: new () => BcoinMtx;
  readonly Block: { fromRaw(raw: Buffer): BcoinBlock };
  readonly TX: { fromRaw(raw: Buffer): BcoinTx };
  readonly Script: { fromRaw(raw: Buffer): unknown };
  readonly Coin: { fromTX(tx: BcoinTx, index: number, height: number): unknown };
  readonly KeyRing: { generate(): BcoinRing; fromPrivate(key: Buffer): BcoinRing };
}

/** NODE_BACKEND must be `js` in the environment: its native parts are not built. */
export function loadBcoin(): Bcoin {
  const require = createRequire(import.meta.url);
  const bcoin = require('bcoin') as Bcoin;
  bcoin.set('regtest');
  return bcoin;
}
