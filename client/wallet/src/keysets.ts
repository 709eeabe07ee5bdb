// The keysets of a mint: believed once, by an id that follows from their keys, and held to that for ever. spec/wallet.md "Keysets".
import { Keyset } from '@cashu/cashu-ts';
import { refused } from './failures.ts';
import type { MintRequests } from './mint-requests.ts';
import type { Coin, KnownKeyset, KnownMint, Sat, WalletState } from './state.ts';
import { changeState, readState, type WalletStore } from './store.ts';

/** Whole ids of version 01: shorter ones can be made to collide. */
const idPattern = /^01[0-9a-f]{64}$/;
/** A keyset is shortened to this in tokens. */
const shortLength = 16;
const keysetsMax = 200;

export type Keyring = {
  /** Signs what is new. */
  readonly active: KnownKeyset;
  readonly all: readonly KnownKeyset[];
  /** @throws Failure wallet-refused, reason keyset-unknown */
  readonly of: (id: string) => KnownKeyset;
  /** What spending these costs: NUT-02. */
  readonly feeOf: (coins: readonly Pick<Coin, 'keyset'>[]) => Sat;
};

/**
 * Asks the mint for its keysets, and keeps those that were not known.
 * @throws Failure network, unavailable, wallet-refused with reason keyset-forged, keyset-unknown, mint-answer
 */
export async function meetMint(requests: MintRequests, store: WalletStore): Promise<Keyring> {
  const told = (await requests.keysets()).filter(({ unit }) => unit === 'sat');
  if (told.length > keysetsMax) throw refused('mint-answer', { what: 'keysets' });
  const kept = await readState(store);
  const known = new Map(kept.mints.find(({ url }) => url === requests.url)?.keysets.map((one) => [one.id, one]));
  const keysets: KnownKeyset[] = [];
  for (const facts of told) {
    const keys = known.get(facts.id)?.keys ?? (await requests.keys(facts.id));
    keysets.push({ ...facts, keys });
  }
  const { result } = await changeState(store, (state) => {
    const mint = { url: requests.url, keysets: join(state, requests.url, keysets) };
    const before = state.mints.find(({ url }) => url === requests.url);
    if (JSON.stringify(before) === JSON.stringify(mint)) return { state, result: mint };
    return { state: { ...state, mints: [...state.mints.filter((one) => one !== before), mint] }, result: mint };
  });
  return keyringOf(result);
}

function join(state: WalletState, url: string, told: readonly KnownKeyset[]): readonly KnownKeyset[] {
  const ours = state.mints.find((mint) => mint.url === url)?.keysets ?? [];
  const others = state.mints.filter((mint) => mint.url !== url).flatMap(({ keysets }) => keysets);
  const ids = new Set<string>();
  for (const one of told) {
    if (!isGenuine(one)) throw refused('keyset-forged', { keyset: one.id });
    // The same id elsewhere: secrets drawn for one would be known to the other.
    if (others.some(({ id }) => id === one.id)) throw refused('keyset-forged', { keyset: one.id, what: 'other-mint' });
    if (ids.has(one.id.slice(0, shortLength))) throw refused('keyset-forged', { keyset: one.id, what: 'collision' });
    ids.add(one.id.slice(0, shortLength));
  }
  const gone = ours.filter(({ id }) => !told.some((one) => one.id === id));
  if (gone.some(({ id }) => ids.has(id.slice(0, shortLength)))) throw refused('keyset-forged', { what: 'collision' });
  return [...told, ...gone.map((one) => ({ ...one, isActive: false }))];
}

function isGenuine({ id, unit, feePpk, finalExpiry, keys }: KnownKeyset): boolean {
  return (
    idPattern.test(id) &&
    Keyset.verifyKeysetId({
      id,
      unit,
      keys: { ...keys },
      input_fee_ppk: feePpk,
      ...(finalExpiry === null ? {} : { final_expiry: finalExpiry }),
    })
  );
}

function keyringOf({ keysets }: KnownMint): Keyring {
  const active = keysets.find(({ isActive }) => isActive);
  if (!active) throw refused('keyset-unknown', { what: 'active' });
  const of = (id: string) => {
    const found = keysets.find((one) => one.id === id);
    if (!found) throw refused('keyset-unknown', { keyset: id });
    return found;
  };
  const feeOf = (coins: readonly Pick<Coin, 'keyset'>[]) =>
    (coins.reduce((sum, coin) => sum + BigInt(of(coin.keyset).feePpk), 0n) + 999n) / 1_000n;
  return { active, all: keysets, of, feeOf };
}

/** Coins of a keyset that has expired are worth nothing to the mint. */
export function hasExpired({ finalExpiry }: KnownKeyset, nowMs: number): boolean {
  return finalExpiry !== null && nowMs > finalExpiry * 1_000;
}
