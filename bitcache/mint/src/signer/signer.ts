// The port to whatever holds the mint's seed. It is made of messages only, so that the thread behind it may become another machine.
import type { KeysetFacts, KeysetId } from '../keyset-id.ts';

/** Points are compressed and everything is lower-case hex, as in the requests of wallets. */
export type Hex = string;

export type KeysetSpec = KeysetFacts & {
  /** First byte of the id. 2 is reserved for keys of another curve. */
  readonly version: 1;
  /** Number of the keyset in the derivation; no two have the same. */
  readonly derivation: number;
};
export type OpenedKeyset = { readonly id: KeysetId; readonly keys: ReadonlyMap<bigint, Hex> };

export type Coin = { readonly keyset: KeysetId; readonly amount: bigint; readonly secret: string; readonly c: Hex };
/** `y` names the coin, whether it is one or not. */
export type Verdict = { readonly y: Hex; readonly isOurs: boolean };

export type Blinded = { readonly keyset: KeysetId; readonly amount: bigint; readonly b: Hex };
export type Signature = { readonly c: Hex; readonly e: Hex; readonly s: Hex };

/** BIP 340: a key's x coordinate, the SHA-256 of what was signed, 64 bytes of signature. */
export type SchnorrCheck = { readonly x: Hex; readonly digest: Hex; readonly signature: Hex };

export interface Signer extends AsyncDisposable {
  /** Which arithmetic signs: for the log. */
  readonly points: 'native' | 'wasm';
  /** SHA-256 of the seed under its label. */
  readonly seedPrint: Uint8Array;
  /** Derives the keys; from now on it verifies and signs for this keyset. */
  open(spec: KeysetSpec): Promise<OpenedKeyset>;
  /** In the order asked. The keysets are open and have the amounts. */
  verify(coins: readonly Coin[]): Promise<readonly Verdict[]>;
  /** In the order asked; null for what is no point of the curve. */
  sign(outputs: readonly Blinded[]): Promise<readonly (Signature | null)[]>;
  check(signatures: readonly SchnorrCheck[]): Promise<readonly boolean[]>;
  /** Compressed points of the curve, among what is 66 hex digits. */
  arePoints(points: readonly Hex[]): Promise<readonly boolean[]>;
  close(): Promise<void>;
}
