// What comes in: coins of ours, unspent, unlocked. Everything that costs is done here, before a transaction begins.
import { createHash } from 'node:crypto';
import { among, type Database, type InTransaction, insertRows, type NewRow, Together } from '@reprise/database';
import { type Msat, msat } from '@reprise/ledger';
import { unlock } from './conditions/unlock.ts';
import { MintFailure } from './failures.ts';
import type { Keyset } from './keysets.ts';
import type { MintParts } from './ports.ts';
import type { Output, Proof } from './read-request.ts';

export type Coins = {
  readonly proofs: readonly (Proof & { readonly y: string })[];
  /** Both in satoshis. */
  readonly sum: bigint;
  readonly fee: bigint;
  readonly unit: string;
};

/** Of one unit, of keysets that have not expired, whose keys have made them. @throws MintFailure 12001, 12003, 11009, 10001 */
export async function recogniseCoins(mint: MintParts, proofs: readonly Proof[]): Promise<Coins> {
  const keysets = await keysetsOf(mint, proofs);
  const now = mint.clock.now() / 1_000;
  let sum = 0n;
  let feePpk = 0;
  for (const { keyset, amount } of proofs) {
    const { keys, feePpk: fee, finalExpiry } = keysets.get(keyset) as Keyset;
    if (finalExpiry !== null && now > finalExpiry) throw new MintFailure(12003);
    if (!keys.has(amount)) throw new MintFailure(10001);
    sum += amount;
    feePpk += fee;
  }
  const verdicts = await mint.signer.verify(proofs.map(({ keyset, amount, secret, c }) => ({ keyset, amount, secret, c })));
  if (!verdicts.every(({ isOurs }) => isOurs)) throw new MintFailure(10001);
  const unit = unitOf(keysets.values());
  return {
    proofs: proofs.map((proof, at) => ({ ...proof, y: verdicts[at]?.y as string })),
    sum,
    fee: (BigInt(feePpk) + 999n) / 1_000n,
    unit,
  };
}

/** @throws MintFailure 11009 */
export function unitOf(keysets: Iterable<Keyset>): string {
  const units = [...new Set([...keysets].map(({ unit }) => unit))];
  if (units.length !== 1) throw new MintFailure(11009);
  return units[0] as string;
}

export async function keysetsOf(mint: MintParts, items: readonly { readonly keyset: string }[]): Promise<ReadonlyMap<string, Keyset>> {
  const keysets = new Map<string, Keyset>();
  for (const { keyset } of items) if (!keysets.has(keyset)) keysets.set(keyset, await mint.keysets.get(keyset));
  return keysets;
}

/** What locks them is satisfied. @throws MintFailure 10001 */
export async function unlockCoins(mint: MintParts, { proofs }: Coins, outputs: readonly Output[], quote?: string): Promise<void> {
  const plan = unlock({ inputs: proofs, outputs, ...(quote === undefined ? {} : { quote }) }, Math.floor(mint.clock.now() / 1_000));
  if (typeof plan === 'string') throw new MintFailure(10001);
  if (plan.checks.length === 0 ? !plan.opens([]) : !plan.opens(await mint.signer.check(plan.checks))) throw new MintFailure(10001);
}

/** The states of coins that are known, of several requests in one statement. */
export type KnownCoins = Together<readonly string[], readonly string[]>;

/** More than a few are read by themselves, so that nobody waits for somebody else's thousand. */
const fewCoins = 32;

export function openKnownCoins({ db }: Database): KnownCoins {
  const read = async (lists: readonly (readonly string[])[]) => {
    const rows = await db.selectFrom('mint_proofs').select(['y', 'state']).where('y', 'in', among(db, lists.flat())).execute();
    const states = new Map(rows.map(({ y, state }) => [y, state]));
    return lists.map((ys): readonly string[] => ys.flatMap((y) => states.get(y) ?? []));
  };
  return new Together({ work: read, isOfOne: () => false, groupMax: 64 });
}

/** Told before anything is signed for them; the table's key decides in the end. @throws MintFailure 11001, 11002 */
export async function refuseKnownCoins({ known, database }: MintParts, { proofs }: Coins): Promise<void> {
  const ys = proofs.map(({ y }) => y);
  const states = await (ys.length <= fewCoins ? known : openKnownCoins(database)).add(ys);
  if (states.includes('spent')) throw new MintFailure(11001);
  if (states.length > 0) throw new MintFailure(11002);
}

/** Whatever the order of the coins, they are the same ones. */
export function keyOfCoins({ proofs }: Coins): string {
  return keyOf(proofs.map(({ y }) => y));
}

export function keyOf(names: readonly string[]): string {
  return createHash('sha256')
    .update([...names].sort().join())
    .digest('hex');
}

type CoinRow = NewRow<'mint_proofs'>;

export function coinRows({ proofs }: Coins, op: string, state: 'reserved' | 'spent'): readonly CoinRow[] {
  return proofs.map(({ y, keyset, amount, witness }) => ({ y, keyset, amount: Number(amount), state, op, witness }));
}

/** @throws a violation of `unique` for a coin that is there */
export async function storeCoins(queries: InTransaction, rows: readonly CoinRow[]): Promise<void> {
  // One order everywhere, hence no deadlocks.
  const sorted = rows.toSorted((a, b) => (a.y < b.y ? -1 : 1));
  await insertRows(queries, 'mint_proofs', sorted);
}

/** By keyset, for the books. */
export function spentOf({ proofs }: Coins): readonly { readonly keyset: string; readonly amount: Msat }[] {
  return amountsByKeyset(proofs);
}

export function amountsByKeyset(
  items: readonly { readonly keyset: string; readonly amount: bigint }[],
): readonly { readonly keyset: string; readonly amount: Msat }[] {
  const sums = new Map<string, bigint>();
  for (const { keyset, amount } of items) sums.set(keyset, (sums.get(keyset) ?? 0n) + amount);
  return [...sums].map(([keyset, amount]) => ({ keyset: bookNameOf(keyset), amount: msat(amount * 1_000n) }));
}

/** A keyset in the books: its id without the version, which is one letter pair too long for an account. */
export function bookNameOf(keyset: string): string {
  return keyset.slice(2);
}
