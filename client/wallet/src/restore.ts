// Finds again what a seed can find: every branch and keyset is walked until nothing more was signed, and the mint says what is unspent.
// NUT-09, NUT-13; spec/wallet.md "Restoring".
import { formatHex } from '@reprise/kit';
import { drawOutputs, pointOf, unblind } from './coins.ts';
import { counterOf, withCounter } from './draw.ts';
import type { CoinState } from './mint-requests.ts';
import { reach, type WalletParts } from './parts.ts';
import { withCoins } from './settle.ts';
import {
  type Branch,
  type Coin,
  type HeldCoin,
  type KnownKeyset,
  type Operation,
  outputsOf,
  type Rehearsal,
  type Sat,
  sumOf,
  type WalletState,
  withOperation,
} from './state.ts';
import { changeState, readState } from './store.ts';

const batch = 100;
/** Counters that were drawn and never signed are followed by others that were: payments leave some behind. */
const emptyBatchesMax = 3;
/** Where nothing was ever signed. */
const emptyBatchesFirst = 2;
const emptyBranchesMax = 2;
const branchesMax = 1_000;
/** Of one keyset in one branch: ten million coins. A mint that claims to have signed whatever it is shown would never end. */
const batchesMax = 100_000;

/** One branch, as the mint knows it. */
type Walked = { readonly branch: Branch; readonly coins: readonly Coin[]; readonly signed: boolean };

export type Found = { readonly amount: Sat; readonly coins: number };

/**
 * Brings back every coin that the seed knows and the store does not.
 * @throws Failure network, unavailable, wallet-refused with reason mint-answer, keyset-forged
 */
export async function restore(parts: WalletParts): Promise<Found> {
  const walked = await walk(parts, (await readState(parts.store)).branches);
  const unspent = await unspentOf(
    parts,
    walked.flatMap(({ coins }) => coins),
  );
  await reach(parts, 'restore/found');
  const id = formatHex(parts.random(8));
  const { result } = await changeState(parts.store, (state) => {
    const fresh = unspent.filter(unknownTo(state));
    const branches = joinBranches(state.branches, walked);
    const found = { amount: sumOf(fresh), coins: fresh.length };
    const kept = { ...withCoins(state, parts.mint, fresh), branches };
    return { state: fresh.length === 0 ? kept : withOperation(kept, restored(parts, id, found.amount)), result: found };
  });
  return result;
}

/** What a rehearsal showed. */
export type RehearsalReport = Rehearsal & {
  /** Of tokens that are out and that nobody has taken: they would come back too. */
  readonly out: Sat;
};

/**
 * Restores from nothing but the seed, beside the store, and compares: `found` of the coins held here came back, `missing` did not.
 * @throws as `restore`
 */
export async function rehearse(parts: WalletParts): Promise<RehearsalReport> {
  const before = await readState(parts.store);
  const walked = await walk(parts, []);
  const unspent = await unspentOf(
    parts,
    walked.flatMap(({ coins }) => coins),
  );
  const secrets = new Set(unspent.map(({ secret }) => secret));
  const ours = before.coins.filter(({ mint }) => mint === parts.mint);
  const held = await heldNow(parts, ours);
  const found = sumOf(held.filter(({ secret }) => secrets.has(secret)));
  const report: Rehearsal = { atMs: parts.clock.now(), found, missing: sumOf(held) - found };
  await changeState(parts.store, (state) => ({ state: { ...state, rehearsal: report }, result: null }));
  const out = before.operations.flatMap((one) => (one.step === 'out' && one.mint === parts.mint ? one.coins : []));
  return { ...report, out: sumOf(out.filter(({ secret }) => secrets.has(secret))) };
}

/** Coins that a payment spends meanwhile are no longer to be found, and were not lost. */
async function heldNow(parts: WalletParts, ours: readonly HeldCoin[]): Promise<readonly HeldCoin[]> {
  const states = await statesOf(parts, ours);
  return ours.filter(({ secret }) => states.get(secret) === 'UNSPENT');
}

/** @param known branches of the state; further numbers are tried until some hold nothing */
async function walk(parts: WalletParts, known: readonly Branch[]): Promise<readonly Walked[]> {
  const { all } = await parts.keyring();
  const walked: Walked[] = [];
  let empty = 0;
  const last = known.reduce((most, { number }) => Math.max(most, number), -1);
  for (let number = 0; number < branchesMax && (number <= last || empty < emptyBranchesMax); number++) {
    const { id, seed } = await parts.seedOf(number);
    const kept = known.find((branch) => branch.id === id);
    let one: Walked = { branch: kept ?? { number, id, device: null, counters: [] }, coins: [], signed: false };
    for (const keyset of all) one = await walkKeyset(parts, one, seed, keyset);
    empty = one.signed ? 0 : empty + 1;
    walked.push(one);
  }
  return walked;
}

async function walkKeyset({ requests, mint }: WalletParts, walked: Walked, seed: Uint8Array, keyset: KnownKeyset): Promise<Walked> {
  const end = counterOf(walked.branch, mint, keyset.id);
  const coins: Coin[] = [];
  let [next, empty] = [0, 0];
  const isOver = (at: number) => at >= end && empty >= (next === 0 ? emptyBatchesFirst : emptyBatchesMax);
  for (let at = 0; at < batchesMax * batch && !isOver(at); at += batch) {
    const outputs = drawOutputs(
      seed,
      keyset.id,
      at,
      Array.from({ length: batch }, () => 0n),
    );
    const found = await requests.restore(outputs);
    empty = found.size === 0 ? empty + 1 : 0;
    for (const [index, output] of outputs.entries()) {
      const signed = found.get(output.blinded);
      if (!signed) continue;
      coins.push(unblind(output, signed, keyset));
      next = at + index + 1;
    }
  }
  return {
    branch: withCounter(walked.branch, mint, keyset.id, next),
    coins: [...walked.coins, ...coins],
    signed: walked.signed || next > 0,
  };
}

async function unspentOf(parts: WalletParts, coins: readonly Coin[]): Promise<readonly Coin[]> {
  const states = await statesOf(parts, coins);
  return coins.filter(({ secret }) => states.get(secret) === 'UNSPENT');
}

async function statesOf({ requests }: WalletParts, coins: readonly Coin[]): Promise<ReadonlyMap<string, CoinState | undefined>> {
  const points = coins.map(pointOf);
  const states = await requests.states(points);
  return new Map(coins.map(({ secret }, at) => [secret, states.get(points[at] as string)]));
}

/** What is in a token that is out, or under way, is not lost. */
function unknownTo(state: WalletState): (coin: Coin) => boolean {
  const held = state.coins.map(({ secret }) => secret);
  const out = state.operations.flatMap((one) => {
    return (one.step === 'out' ? one.coins : outputsOf(one)).map(({ secret }) => secret);
  });
  const known = new Set([...held, ...out]);
  return ({ secret }) => !known.has(secret);
}

/** A number that holds something is never given to a device again. */
function joinBranches(branches: readonly Branch[], walked: readonly Walked[]): readonly Branch[] {
  const joined = [...branches];
  for (const { branch, signed } of walked) {
    const at = joined.findIndex(({ id }) => id === branch.id);
    if (at < 0) {
      if (signed) joined.push(branch);
      continue;
    }
    joined[at] = branch.counters.reduce((one, { mint, keyset, next }) => withCounter(one, mint, keyset, next), joined[at] as Branch);
  }
  return joined;
}

function restored({ mint, clock }: WalletParts, id: string, amount: Sat): Operation {
  const now = clock.now();
  return { id, mint, startedMs: now, endedMs: now, amount, fee: 0n, memo: '', kind: 'restore', step: 'done', preimage: null };
}
