// Where a wallet rests: bytes that are replaced only by who has read them, so that of two tabs or programs one goes first and the other reads
// again. spec/wallet.md "Store".
import { type Bytes, equalBytes } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import { decodeState, encodeState } from './state-codec.ts';
import { emptyState, type WalletState } from './state.ts';

export interface WalletStore {
  /** The newest bytes; undefined before the first. */
  load(): Promise<Bytes | undefined>;
  /**
   * Durable once it is true.
   * @param expected what was loaded @returns false if something else is there; then nothing was written
   */
  save(bytes: Bytes, expected: Bytes | undefined): Promise<boolean>;
}

/** Where somebody else won so often, something is wrong with the store. */
const attemptsMax = 1_000;

export type Change<Result> = { readonly state: WalletState; readonly result: Result };

/**
 * Changes what is kept, once.
 * @param change pure: it may be called again with what another has written; null leaves everything as it is
 */
export async function changeState<Result>(store: WalletStore, change: (state: WalletState) => Change<Result>): Promise<Change<Result>> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const kept = await store.load();
    const before = kept ? decodeState(kept) : emptyState;
    const changed = change(before);
    if (changed.state === before || (await store.save(encodeState(changed.state), kept))) return changed;
  }
  throw new Failure('version-conflict', { version: attemptsMax });
}

export async function readState(store: WalletStore): Promise<WalletState> {
  const kept = await store.load();
  return kept ? decodeState(kept) : emptyState;
}

/** For rehearsals and tests: gone with the program. */
export function memoryWalletStore(): WalletStore {
  let kept: Bytes | undefined;
  return {
    load: async () => kept,
    save: async (bytes, expected) => {
      if (kept === undefined || expected === undefined ? kept !== expected : !equalBytes(kept, expected)) return false;
      kept = bytes.slice();
      return true;
    },
  };
}
