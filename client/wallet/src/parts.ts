// What a wallet is given by the program it runs in, and what all that it does shares.
import type { Bytes, Clock, RandomBytes } from '@reprise/kit';
import type { Keyring } from './keysets.ts';
import type { Fetch, MintRequests } from './mint-requests.ts';
import type { KnownStore, WalletStore } from './store.ts';

/** The seed of one branch, 64 bytes, and what tells it from branches of other seeds: spec/wallet.md "Seeds". */
export type BranchSeed = { readonly id: string; readonly seed: Bytes };

export type WalletPorts = {
  /** Where the mint is, as tokens name it: `https://host/mint`. Coins of no other are taken. */
  readonly mint: string;
  readonly store: WalletStore;
  readonly seedOf: (branch: number) => Promise<BranchSeed>;
  /** The seed was drawn for this store: nothing can be out under it that the store does not know. */
  readonly isSeedNew: boolean;
  /** Who draws secrets here: no other device may give the same name. */
  readonly device: string;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly signal?: AbortSignal | undefined;
  /** Called between steps; tests stop there. @internal */
  readonly reached?: ((point: WalletPoint) => void | Promise<void>) | undefined;
};

/** Between these, a wallet may end. */
export const walletPoints = [
  'receive/journaled',
  'receive/answered',
  'receive/kept',
  'send/journaled',
  'send/answered',
  'send/kept',
  'invoice/made',
  'invoice/kept',
  'invoice/paid',
  'invoice/journaled',
  'invoice/answered',
  'invoice/issued',
  'refund/journaled',
  'refund/answered',
  'refund/kept',
  'pay/quoted',
  'pay/journaled',
  'pay/answered',
  'pay/kept',
  'take-back/journaled',
  'restore/found',
] as const;
export type WalletPoint = (typeof walletPoints)[number];

/** @internal */
export type WalletParts = Omit<WalletPorts, 'fetch' | 'store'> & {
  readonly store: KnownStore;
  readonly requests: MintRequests;
  /** The mint's keysets as this wallet trusts them, asked for once… */
  readonly keyring: () => Promise<Keyring>;
  /** … and again after this. */
  readonly forgetKeyring: () => void;
  readonly branch: () => Promise<BranchSeed>;
};

/** @internal */
export async function reach({ reached }: Pick<WalletParts, 'reached'>, point: WalletPoint): Promise<void> {
  await reached?.(point);
}
