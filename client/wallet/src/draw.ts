// New secrets: each counter of a branch is given away once, in the same change of the state that writes down what it is for. spec/wallet.md "Seeds".
import { Failure } from '@reprise/protocol/formats';
import { drawOutputs } from './coins.ts';
import type { BranchSeed, WalletPorts } from './parts.ts';
import type { Branch, Output, Sat, WalletState } from './state.ts';
import { changeState, readState } from './store.ts';

/** NUT-13 has 31 bits of them where others keep less. */
const counterMax = 2 ** 31 - 1;

export type Drawn = { readonly state: WalletState; readonly outputs: readonly Output[] };

/** @param amounts 0 for a blank */
export function draw(state: WalletState, mint: string, { id, seed }: BranchSeed, keyset: string, amounts: readonly Sat[]): Drawn {
  const branch = state.branches.find((one) => one.id === id);
  if (!branch) throw new Failure('bad-journal', { reason: 'branch' });
  const next = counterOf(branch, mint, keyset);
  if (next + amounts.length > counterMax) throw new Failure('limit-exceeded', { limit: 'counters of a branch' });
  const drawn = withCounter(branch, mint, keyset, next + amounts.length);
  return {
    state: { ...state, branches: state.branches.map((one) => (one === branch ? drawn : one)) },
    outputs: drawOutputs(seed, keyset, next, amounts),
  };
}

export function counterOf({ counters }: Branch, mint: string, keyset: string): number {
  return counters.find((one) => one.mint === mint && one.keyset === keyset)?.next ?? 0;
}

/** Never goes back. */
export function withCounter(branch: Branch, mint: string, keyset: string, next: number): Branch {
  const others = branch.counters.filter((one) => one.mint !== mint || one.keyset !== keyset);
  return { ...branch, counters: [...others, { mint, keyset, next: Math.max(next, counterOf(branch, mint, keyset)) }] };
}

/** The branch that this device draws from; the first free number if it has none. */
export async function takeBranch({ store, seedOf, device }: WalletPorts): Promise<BranchSeed> {
  for (;;) {
    const state = await readState(store);
    const own = state.branches.filter((branch) => branch.device === device);
    for (const { number, id } of own) {
      const seed = await seedOf(number);
      if (seed.id === id) return seed;
    }
    const seed = await freeBranch(state, seedOf);
    const taken = await changeState(store, (now) =>
      now.branches.some(({ id }) => id === seed.id)
        ? { state: now, result: false }
        : { state: { ...now, branches: [...now.branches, { number: seed.number, id: seed.id, device, counters: [] }] }, result: true },
    );
    if (taken.result) return seed;
  }
}

async function freeBranch({ branches }: WalletState, seedOf: WalletPorts['seedOf']): Promise<BranchSeed & { readonly number: number }> {
  for (let number = 0; ; number++) {
    const seed = await seedOf(number);
    if (!branches.some(({ id }) => id === seed.id)) return { ...seed, number };
  }
}
