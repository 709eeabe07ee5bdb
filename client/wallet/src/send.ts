// Gives money away: a token of exactly so much, or a Lightning payment. What is spent is set aside, and what will come of it drawn, in the one
// change of the state that comes before the first request. NUT-03, NUT-05, NUT-08.
import { formatHex } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import { blanksFor, choose, split } from './coins.ts';
import { draw } from './draw.ts';
import { refused } from './failures.ts';
import { hasExpired, type Keyring } from './keysets.ts';
import { coinsMax, type MeltQuote } from './mint-requests.ts';
import { reach, type WalletParts } from './parts.ts';
import { bare } from './settle.ts';
import { type Coin, coinAlone, type HeldCoin, type Operation, type Sat, sumOf, type WalletState, withOperation } from './state.ts';
import { changeState, readState } from './store.ts';

/** @param most that may leave the wallet for it, fees included; null: no bound */
type Wish = { readonly memo: string; readonly most: Sat | null };

/** @throws Failure wallet-refused: amount, too-little, keyset-unknown; price-differs above the bound */
export async function beginSend(parts: WalletParts, amount: Sat, { memo, most }: Wish): Promise<Operation> {
  if (amount <= 0n) throw refused('amount', { min: '1' });
  assertWithin(amount, most);
  const [keyring, branch] = [await parts.keyring(), await parts.branch()];
  const common = started(parts, amount, memo);
  const { result } = await changeState<Operation>(parts.store, (state) => {
    const free = freeCoins(state, parts, keyring);
    const exact = choose(free, amount, () => 0n);
    if (exact && sumOf(exact) === amount && exact.length <= coinsMax) {
      const gone = new Set<Coin>(exact);
      const operation: Operation = { ...common, kind: 'send', step: 'out', coins: exact.map(coinAlone) };
      const coins = state.coins.filter((coin) => !gone.has(coin));
      return { state: withOperation({ ...state, coins }, operation), result: operation };
    }
    const chosen = coinsFor(amount, { state, parts, keyring });
    const fee = keyring.feeOf(chosen);
    assertWithin(amount + fee, most);
    const sent = split(amount, keyring.active);
    const drawn = draw(state, parts.mint, branch, keyring.active.id, [...sent, ...split(sumOf(chosen) - amount - fee, keyring.active)]);
    const operation: Operation = { ...common, fee, kind: 'send', step: 'asked', outputs: drawn.outputs, sent: sent.length };
    return { state: withOperation(setAside(drawn.state, chosen, common.id), operation), result: operation };
  });
  await reach(parts, 'send/journaled');
  return result;
}

/** The most that leaves the wallet for a payment: what comes back of it is not known before. @throws Failure wallet-refused: too-little */
export async function costOfPay(parts: WalletParts, quote: MeltQuote, request: string): Promise<Sat> {
  const keyring = await parts.keyring();
  const state = await readState(parts.store);
  const needed = quote.amount + quote.feeReserve;
  // Its coins are set aside already.
  if (payUnderWay(state, request)) return needed;
  return needed + keyring.feeOf(coinsFor(needed, { state, parts, keyring }));
}

/**
 * @param quote as the mint gave it, shown to whoever pays
 * @throws Failure wallet-refused: too-little, invoice-paid; price-differs above the bound
 */
export async function beginPay(parts: WalletParts, quote: MeltQuote, request: string, { memo, most }: Wish): Promise<Operation> {
  const [keyring, branch] = [await parts.keyring(), await parts.branch()];
  const common = started(parts, quote.amount, memo);
  const needed = quote.amount + quote.feeReserve;
  const { result } = await changeState<Operation>(parts.store, (state) => {
    const under = payUnderWay(state, request);
    // The same invoice under way already: it is paid once.
    if (under) return { state, result: under };
    const chosen = coinsFor(needed, { state, parts, keyring });
    assertWithin(needed + keyring.feeOf(chosen), most);
    const blanks = blanksFor(sumOf(chosen) - quote.amount);
    const drawn = draw(state, parts.mint, branch, keyring.active.id, blanks);
    const operation: Operation = {
      ...common,
      fee: quote.feeReserve,
      kind: 'pay',
      step: 'asked',
      quote: quote.quote,
      request,
      blanks: drawn.outputs,
    };
    return { state: withOperation(setAside(drawn.state, chosen, common.id), operation), result: operation };
  });
  await reach(parts, 'pay/journaled');
  return result;
}

/** A token that nobody took becomes ours again. @throws Failure wallet-refused, reason no-such-entry */
export async function beginTakeBack(parts: WalletParts, id: string): Promise<Operation> {
  const [keyring, branch] = [await parts.keyring(), await parts.branch()];
  const { result } = await changeState<Operation>(parts.store, (state) => {
    const out = state.operations.find((one) => one.id === id);
    // Another tab came first.
    if (out?.kind === 'send' && out.step === 'asked') return { state, result: out };
    if (out?.step !== 'out') throw refused('no-such-entry', { id });
    const amount = sumOf(out.coins) - keyring.feeOf(out.coins);
    if (amount <= 0n) throw refused('amount', { min: '1' });
    const drawn = draw(state, parts.mint, branch, keyring.active.id, split(amount, keyring.active));
    const held = out.coins.map((coin): HeldCoin => ({ ...coin, mint: out.mint, by: id }));
    const operation: Operation = { ...bare(out), kind: 'send', step: 'asked', outputs: drawn.outputs, sent: 0 };
    return { state: withOperation({ ...drawn.state, coins: [...drawn.state.coins, ...held] }, operation), result: operation };
  });
  await reach(parts, 'take-back/journaled');
  return result;
}

export function started({ mint, random, clock }: WalletParts, amount: Sat, memo: string) {
  return { id: formatHex(random(8)), mint, startedMs: clock.now(), endedMs: null, amount, fee: 0n, memo: memo.slice(0, 280) };
}

function freeCoins({ coins }: WalletState, { mint, clock }: WalletParts, { all }: Keyring): readonly HeldCoin[] {
  const now = clock.now();
  const usable = new Set(all.filter((keyset) => !hasExpired(keyset, now)).map(({ id }) => id));
  return coins.filter((coin) => coin.by === null && coin.mint === mint && usable.has(coin.keyset));
}

function payUnderWay({ operations }: WalletState, request: string): Operation | undefined {
  return operations.find((one) => one.kind === 'pay' && one.step === 'asked' && one.request === request);
}

/** Before anything is written down: what leaves is no more than was agreed to. */
function assertWithin(leaving: Sat, most: Sat | null): void {
  if (most !== null && leaving > most) throw new Failure('price-differs', { sats: Number(leaving) });
}

type Source = { readonly state: WalletState; readonly parts: WalletParts; readonly keyring: Keyring };

/** Of those that are free, coins of `amount` and of what spending them costs. @throws Failure wallet-refused: too-little, amount */
function coinsFor(amount: Sat, { state, parts, keyring }: Source): readonly HeldCoin[] {
  const free = freeCoins(state, parts, keyring);
  return demand(choose(free, amount, keyring.feeOf), { free, amount: amount + keyring.feeOf(free), state });
}

type Demand = {
  readonly free: readonly HeldCoin[] /** With what spending all of them costs. */;
  readonly amount: Sat;
  readonly state: WalletState;
};

function demand(chosen: readonly HeldCoin[] | null, { free, amount, state }: Demand): readonly HeldCoin[] {
  if (chosen && chosen.length <= coinsMax) return chosen;
  // There is enough, in more coins than a mint takes at a time.
  if (chosen) throw refused('amount', { coins: chosen.length, coinsMax });
  const balance = sumOf(free);
  const held = sumOf(state.coins.filter(({ by }) => by !== null));
  throw refused('too-little', { missing: String(amount - balance), balance: String(balance), held: String(held) });
}

function setAside(state: WalletState, chosen: readonly HeldCoin[], by: string): WalletState {
  const set = new Set(chosen);
  return { ...state, coins: state.coins.map((coin) => (set.has(coin) ? { ...coin, by } : coin)) };
}
