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

/** A store, and what it was last seen to hold by who uses it here. */
export type KnownStore = WalletStore & {
  /** undefined before anything was seen; it may be old. */
  readonly known: () => Bytes | undefined;
};

/** To look at a store may take a way to a server and back: who changes it begins with what is known, and `save` says whether that still stands. */
export function rememberStore(store: WalletStore): KnownStore {
  let known: Bytes | undefined;
  return {
    known: () => known,
    load: async () => (known = await store.load()),
    save: async (bytes, expected) => {
      const isSaved = await store.save(bytes, expected);
      if (isSaved) known = bytes;
      return isSaved;
    },
  };
}

/** Where somebody else won so often, something is wrong with the store. */
const attemptsMax = 1_000;

export type Change<Result> = { readonly state: WalletState; readonly result: Result };

/**
 * Changes what is kept, once.
 * @param change pure: it may be called again with what another has written; null leaves everything as it is
 */
export async function changeState<Result>(
  store: WalletStore | KnownStore,
  change: (state: WalletState) => Change<Result>,
): Promise<Change<Result>> {
  const known = 'known' in store ? store.known() : undefined;
  const done = known && (await changeKnown(store, known, change));
  if (done) return done;
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const kept = await store.load();
    const before = kept ? decodeState(kept) : emptyState;
    const changed = change(before);
    if (changed.state === before || (await store.save(encodeState(changed.state), kept))) return changed;
  }
  throw new Failure('version-conflict', { version: attemptsMax });
}

/** @returns null where that may be old: it was refused, it is left as it is, or something else stands there */
async function changeKnown<Result>(
  store: WalletStore,
  known: Bytes,
  change: (state: WalletState) => Change<Result>,
): Promise<Change<Result> | null> {
  const before = decodeState(known);
  let changed: Change<Result>;
  try {
    changed = change(before);
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
  return changed.state !== before && (await store.save(encodeState(changed.state), known)) ? changed : null;
}

/** As it was last seen here; read where nothing was. */
export async function knownState(store: KnownStore): Promise<WalletState> {
  const known = store.known();
  return known ? decodeState(known) : readState(store);
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
