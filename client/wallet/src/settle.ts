// Brings an operation to its end, however often it was begun: what was asked is asked again with the same bytes, and the mint says how it ended.
// spec/wallet.md "Journal".
import type { CodedFailure } from '@reprise/kit';
import { pointOf, split, unblind } from './coins.ts';
import { draw } from './draw.ts';
import { isRefused, refused, type WalletReason } from './failures.ts';
import { type MeltQuote, MintRefusal, type SignedOutput } from './mint-requests.ts';
import { reach, type WalletParts, type WalletPoint } from './parts.ts';
import { type Coin, type HeldCoin, type Operation, type Output, sumOf, type WalletState, withOperation } from './state.ts';
import { changeState, readState } from './store.ts';

/** What comes for an invoice is credited after its end too; so long it is asked for. */
const invoiceGraceMs = 24 * 3_600_000;

type Step<Kind extends Operation['kind'], S extends Operation['step']> = Extract<Operation, { kind: Kind; step: S }>;

/**
 * @returns the operation as it stands then: open if nobody can say yet how it ends
 * @throws Failure network, unavailable, wallet-refused with reason mint-answer: then it stays as it was
 */
export async function settle(parts: WalletParts, id: string): Promise<Operation> {
  const operation = (await readState(parts.store)).operations.find((one) => one.id === id);
  if (!operation) throw refused('no-such-entry', { id });
  switch (`${operation.kind} ${operation.step}`) {
    case 'receive asked':
      return settleReceive(parts, operation as Step<'receive', 'asked'>);
    case 'send asked':
      return settleSend(parts, operation as Step<'send', 'asked'>);
    case 'send out':
      return lookForTaker(parts, operation as Step<'send', 'out'>);
    case 'invoice unpaid':
      return lookForPayment(parts, operation as Step<'invoice', 'unpaid'>);
    case 'invoice asked':
      return settleIssue(parts, operation as Step<'invoice', 'asked'>);
    case 'pay asked':
      return settlePay(parts, operation as Step<'pay', 'asked'>);
    default:
      return operation;
  }
}

async function settleReceive(parts: WalletParts, operation: Step<'receive', 'asked'>): Promise<Operation> {
  const { inputs, outputs } = operation;
  const signed = await signatures(parts, outputs, () => parts.requests.swap(inputs, outputs));
  if (signed instanceof MintRefusal) return end(parts, operation, failed(parts, operation, reasonOf(signed)), (state) => state);
  await reach(parts, 'receive/answered');
  const coins = await coinsOf(parts, outputs, signed);
  return end(parts, operation, done(parts, operation), (state) => withCoins(state, operation.mint, coins), 'receive/kept');
}

async function settleSend(parts: WalletParts, operation: Step<'send', 'asked'>): Promise<Operation> {
  const { outputs, sent } = operation;
  const inputs = (await readState(parts.store)).coins.filter(({ by }) => by === operation.id);
  const signed = await signatures(parts, outputs, () => parts.requests.swap(inputs, outputs));
  if (signed instanceof MintRefusal) {
    // What was to be taken back was taken by others.
    const wasTaken = sent === 0 && signed.code === 11001;
    const ended = wasTaken ? done(parts, operation) : failed(parts, operation, reasonOf(signed));
    return end(parts, operation, ended, await releasing(parts, operation, inputs));
  }
  await reach(parts, 'send/answered');
  const coins = await coinsOf(parts, outputs, signed);
  const next: Operation =
    sent === 0 ? failed(parts, operation, 'taken-back') : { ...bare(operation), kind: 'send', step: 'out', coins: coins.slice(0, sent) };
  return end(parts, operation, next, (state) => withCoins(withoutInputs(state, operation), operation.mint, coins.slice(sent)), 'send/kept');
}

async function lookForTaker(parts: WalletParts, operation: Step<'send', 'out'>): Promise<Operation> {
  const states = await parts.requests.states(operation.coins.map(pointOf));
  if (operation.coins.some((coin) => states.get(pointOf(coin)) !== 'SPENT')) return operation;
  return end(parts, operation, done(parts, operation), (state) => state);
}

async function lookForPayment(parts: WalletParts, operation: Step<'invoice', 'unpaid'>): Promise<Operation> {
  const { state } = await parts.requests.mintQuote(operation.quote);
  if (state === 'UNPAID') {
    if (parts.clock.now() < operation.expiryMs + invoiceGraceMs) return operation;
    return end(parts, operation, failed(parts, operation, 'invoice-expired'), (kept) => kept);
  }
  await reach(parts, 'invoice/paid');
  const [{ active }, branch] = [await parts.keyring(), await parts.branch()];
  const { quote, request } = operation;
  const { result } = await changeState<Operation>(parts.store, (kept) => {
    const now = kept.operations.find(({ id }) => id === operation.id) ?? operation;
    // Another tab came first: its outputs are the ones.
    if (now.step !== 'unpaid') return { state: kept, result: now };
    const drawn = draw(kept, operation.mint, branch, active.id, split(operation.amount, active));
    const asked: Operation = { ...bare(operation), kind: 'invoice', step: 'asked', quote, request, outputs: drawn.outputs };
    return { state: withOperation(drawn.state, asked), result: asked };
  });
  await reach(parts, 'invoice/journaled');
  return settle(parts, result.id);
}

async function settleIssue(parts: WalletParts, operation: Step<'invoice', 'asked'>): Promise<Operation> {
  const { outputs, quote } = operation;
  const signed = await signatures(parts, outputs, () => parts.requests.issue(quote, outputs));
  if (signed instanceof MintRefusal) return end(parts, operation, failed(parts, operation, reasonOf(signed)), (state) => state);
  await reach(parts, 'invoice/answered');
  const coins = await coinsOf(parts, outputs, signed);
  return end(parts, operation, done(parts, operation), (state) => withCoins(state, operation.mint, coins), 'invoice/issued');
}

async function settlePay(parts: WalletParts, operation: Step<'pay', 'asked'>): Promise<Operation> {
  const { quote, blanks } = operation;
  const inputs = (await readState(parts.store)).coins.filter(({ by }) => by === operation.id);
  let refusal: MintRefusal | null = null;
  let answer: MeltQuote;
  try {
    answer = await parts.requests.melt(quote, inputs, blanks);
  } catch (error) {
    if (!(error instanceof MintRefusal)) throw error;
    // The word of the quote counts, since an earlier try may have been what did it.
    refusal = error;
    answer = await parts.requests.meltQuote(quote);
  }
  if (answer.state === 'PENDING') return operation;
  if (answer.state !== 'PAID') {
    if (!refusal) throw refused('mint-answer', { what: 'melt' });
    return end(parts, operation, failed(parts, operation, reasonOf(refusal)), await releasing(parts, operation, inputs));
  }
  await reach(parts, 'pay/answered');
  const change = await coinsOf(parts, blanks.slice(0, answer.change.length), answer.change);
  const fee = sumOf(inputs) - sumOf(change) - operation.amount;
  const ended: Operation = { ...done(parts, operation, answer.preimage), fee: fee < 0n ? 0n : fee };
  return end(parts, operation, ended, (state) => withCoins(withoutInputs(state, operation), operation.mint, change), 'pay/kept');
}

/** Of a mint that signs once and remembers nothing else, what it signed is asked for: NUT-09. */
async function signatures(
  { requests }: WalletParts,
  outputs: readonly Output[],
  ask: () => Promise<readonly SignedOutput[]>,
): Promise<readonly SignedOutput[] | MintRefusal> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof MintRefusal)) throw error;
    const found = await requests.restore(outputs);
    const signed = outputs.flatMap(({ blinded }) => found.get(blinded) ?? []);
    return signed.length === outputs.length ? signed : error;
  }
}

async function coinsOf(parts: WalletParts, outputs: readonly Output[], signed: readonly SignedOutput[]): Promise<readonly Coin[]> {
  if (signed.length !== outputs.length) throw refused('mint-answer', { what: 'signatures' });
  const keyring = await parts.keyring();
  return outputs.map((output, at) => unblind(output, signed[at] as SignedOutput, keyring.of(output.keyset)));
}

/** Writes the end down, unless another tab did. */
async function end(
  { store, reached }: WalletParts,
  operation: Operation,
  ended: Operation,
  move: (state: WalletState) => WalletState,
  point?: WalletPoint,
): Promise<Operation> {
  const { result } = await changeState(store, (state) => {
    const now = state.operations.find(({ id }) => id === operation.id);
    if (!now || now.step !== operation.step) return { state, result: now ?? ended };
    return { state: withOperation(move(state), ended), result: ended };
  });
  if (point) await reach({ reached }, point);
  return result;
}

/** Frees the coins of an operation that did nothing; those the mint knows as spent are ours no longer. */
async function releasing(
  { requests }: WalletParts,
  operation: Operation,
  inputs: readonly HeldCoin[],
): Promise<(state: WalletState) => WalletState> {
  const states = await requests.states(inputs.map(pointOf));
  const spent = new Set(inputs.filter((coin) => states.get(pointOf(coin)) === 'SPENT').map(({ secret }) => secret));
  return (state) => ({
    ...state,
    coins: state.coins.filter(({ secret }) => !spent.has(secret)).map((coin) => (coin.by === operation.id ? { ...coin, by: null } : coin)),
  });
}

function withoutInputs(state: WalletState, { id }: Operation): WalletState {
  return { ...state, coins: state.coins.filter(({ by }) => by !== id) };
}

export function withCoins(state: WalletState, mint: string, coins: readonly Coin[]): WalletState {
  const known = new Set(state.coins.map(({ secret }) => secret));
  const fresh = coins.filter(({ secret }) => !known.has(secret));
  return { ...state, coins: [...state.coins, ...fresh.map((coin) => ({ ...coin, mint, by: null }))] };
}

type Bare = Pick<Operation, 'id' | 'mint' | 'startedMs' | 'endedMs' | 'amount' | 'fee' | 'memo'>;

/** What all steps of an operation share. */
export function bare({ id, mint, startedMs, endedMs, amount, fee, memo }: Operation): Bare {
  return { id, mint, startedMs, endedMs, amount, fee, memo };
}

function done({ clock }: WalletParts, operation: Operation, preimage: string | null = null): Operation {
  return { ...bare(operation), kind: operation.kind, step: 'done', endedMs: clock.now(), preimage };
}

function failed({ clock }: WalletParts, operation: Operation, reason: string): Operation {
  return { ...bare(operation), kind: operation.kind, step: 'failed', endedMs: clock.now(), reason };
}

const reasons: Readonly<Record<number, WalletReason>> = {
  10001: 'coin-forged',
  11001: 'coin-spent',
  11002: 'coin-held',
  11006: 'amount',
  12001: 'keyset-unknown',
  12003: 'keyset-unknown',
  20004: 'payment-failed',
  20006: 'invoice-paid',
  20007: 'invoice-expired',
};

function reasonOf({ code }: MintRefusal): WalletReason {
  return reasons[code] ?? 'mint-refused';
}

/** A refusal of the mint as people are told it. */
export function failureOf(error: unknown): unknown {
  return error instanceof MintRefusal ? refused(reasonOf(error), { code: error.code, detail: error.message }) : error;
}

/** What may have reached the mint and was not answered: it is asked again later. */
export function isUnanswered(error: unknown): error is CodedFailure<string> {
  const code = (error as { code?: unknown }).code;
  return code === 'network' || code === 'unavailable' || isRefused(error, 'mint-answer');
}
