// Brings an operation to its end, however often it was begun: what was asked is asked again with the same bytes, and the mint says how it ended.
// spec/wallet.md "Journal".
import { pointOf, split, unblind } from './coins.ts';
import { draw } from './draw.ts';
import { refused, type WalletReason } from './failures.ts';
import { MintRefusal, type SignedOutput } from './mint-requests.ts';
import { reach, type WalletParts, type WalletPoint } from './parts.ts';
import { isKeysetStale, redraw, type Redrawable } from './redraw.ts';
import {
  type Coin,
  coinAlone,
  type HeldCoin,
  isSameTry,
  type Operation,
  type Output,
  sumOf,
  type WalletState,
  withOperation,
} from './state.ts';
import { changeState, knownState, readState } from './store.ts';

/** What comes for an invoice is credited after its end too; so long it is asked for. */
const invoiceGraceMs = 24 * 3_600_000;
/** A mint that changes its keyset more often while it is asked is not to be followed. */
const redrawsMax = 3;

type Failed = Extract<Operation, { step: 'failed' }>;
type Step<Kind extends Operation['kind'], S extends Operation['step']> = Extract<Operation, { kind: Kind; step: S }>;

/**
 * @param redrawsLeft how often other outputs may still be drawn for a keyset that signs no longer
 * @returns the operation as it stands then: open if nobody can say yet how it ends
 * @throws Failure network, unavailable, wallet-refused with reason mint-answer: then it stays as it was; MintRefusal where it goes on another time
 */
export async function settle(parts: WalletParts, id: string, redrawsLeft = redrawsMax): Promise<Operation> {
  return settleOf(parts, await readState(parts.store), { id, redrawsLeft });
}

/**
 * Ends what was written down here just now, without looking whether others have meanwhile: asked for twice, it ends once.
 * @param onSigned called with a token that goes out as soon as its coins are signed, before that is written down: what is, brings them back
 */
export async function settleBegun(parts: WalletParts, id: string, onSigned?: OnSigned): Promise<Operation> {
  return settleOf(parts, await knownState(parts.store), { id, redrawsLeft: redrawsMax, onSigned });
}

type OnSigned = (out: Step<'send', 'out'>) => void;
type Settling = { readonly id: string; readonly redrawsLeft: number; readonly onSigned?: OnSigned | undefined };

async function settleOf(
  parts: WalletParts,
  { operations, coins }: WalletState,
  { id, redrawsLeft, onSigned }: Settling,
): Promise<Operation> {
  const operation = operations.find((one) => one.id === id);
  if (!operation) throw refused('no-such-entry', { id });
  const held = coins.filter(({ by }) => by === id);
  switch (`${operation.kind} ${operation.step}`) {
    case 'receive asked':
      return settleReceive(parts, operation as Step<'receive', 'asked'>, redrawsLeft);
    case 'send asked':
      return settleSend(parts, operation as Step<'send', 'asked'>, held, { redrawsLeft, onSigned });
    case 'send out':
      return lookForTaker(parts, operation as Step<'send', 'out'>);
    case 'invoice unpaid':
      return lookForPayment(parts, operation as Step<'invoice', 'unpaid'>, redrawsLeft);
    case 'invoice asked':
      return settleIssue(parts, operation as Step<'invoice', 'asked'>, redrawsLeft);
    case 'refund asked':
      return settleRefund(parts, operation as Step<'refund', 'asked'>, redrawsLeft);
    case 'pay asked':
      return settlePay(parts, operation as Step<'pay', 'asked'>, held);
    default:
      return operation;
  }
}

async function settleReceive(parts: WalletParts, operation: Step<'receive', 'asked'>, redrawsLeft: number): Promise<Operation> {
  const { inputs, outputs } = operation;
  const signed = await signatures(parts, outputs, () => parts.requests.swap(inputs, outputs));
  if (signed instanceof MintRefusal) {
    if (await mayRedraw(parts, operation, signed, redrawsLeft)) return settle(parts, operation.id, redrawsLeft - 1);
    const reason = reasonOf(signed);
    // Nobody else may have the token any more: unless it is worthless, it stays to be tried again.
    const coins = reason === 'coin-spent' || reason === 'coin-forged' ? [] : inputs;
    return end(parts, operation, { ...failed(parts, operation, reason), coins }, (state) => state);
  }
  await reach(parts, 'receive/answered');
  const coins = await coinsOf(parts, outputs, signed);
  return credit(parts, { operation, inputs, coins, ended: done(parts, operation) }, 'receive/kept');
}

async function settleSend(
  parts: WalletParts,
  operation: Step<'send', 'asked'>,
  inputs: readonly HeldCoin[],
  { redrawsLeft, onSigned }: Omit<Settling, 'id'>,
): Promise<Operation> {
  const { outputs, sent } = operation;
  const signed = await signatures(parts, outputs, () => parts.requests.swap(inputs, outputs));
  if (signed instanceof MintRefusal) {
    if (await mayRedraw(parts, operation, signed, redrawsLeft)) return settle(parts, operation.id, redrawsLeft - 1);
    if (sent > 0) return end(parts, operation, failed(parts, operation, reasonOf(signed)), await releasing(parts, operation, inputs));
    // What was to be taken back was taken by others.
    if (signed.code === 11001) return end(parts, operation, done(parts, operation), await releasing(parts, operation, inputs));
    const out: Operation = { ...bare(operation), kind: 'send', step: 'out', coins: inputs.map(coinAlone) };
    await end(parts, operation, out, (state) => withoutSecrets(state, inputs));
    throw signed;
  }
  await reach(parts, 'send/answered');
  const coins = await coinsOf(parts, outputs, signed);
  const out = { ...bare(operation), kind: 'send', step: 'out', coins: coins.slice(0, sent) } as const;
  const ended: Operation = sent === 0 ? failed(parts, operation, 'taken-back') : out;
  if (sent > 0) onSigned?.(out);
  return credit(parts, { operation, inputs, coins: coins.slice(sent), ended }, 'send/kept');
}

async function lookForTaker(parts: WalletParts, operation: Step<'send', 'out'>): Promise<Operation> {
  const states = await parts.requests.states(operation.coins.map(pointOf));
  if (operation.coins.some((coin) => states.get(pointOf(coin)) !== 'SPENT')) return operation;
  return end(parts, operation, done(parts, operation), (state) => state);
}

async function lookForPayment(parts: WalletParts, operation: Step<'invoice', 'unpaid'>, redrawsLeft: number): Promise<Operation> {
  const asked = await answerOf(parts.requests.mintQuote(operation.quote));
  if (asked instanceof MintRefusal || asked.state === 'UNPAID') {
    const isUnknown = asked instanceof MintRefusal;
    if (isUnknown && asked.code !== unknownQuote) throw asked;
    if (parts.clock.now() >= operation.expiryMs + (isUnknown ? 0 : invoiceGraceMs))
      return end(parts, operation, failed(parts, operation, 'invoice-expired'), (kept) => kept);
    if (isUnknown) throw asked;
    return operation;
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
  return settle(parts, result.id, redrawsLeft);
}

async function settleIssue(parts: WalletParts, operation: Step<'invoice', 'asked'>, redrawsLeft: number): Promise<Operation> {
  const { outputs, quote } = operation;
  let signed = await signatures(parts, outputs, () => parts.requests.issue(quote, outputs));
  if (signed instanceof MintRefusal) {
    const refusal = signed;
    const asked = await answerOf(parts.requests.mintQuote(quote));
    // What was paid for is not given up: until it is issued, other outputs may bring it.
    if (asked instanceof MintRefusal || asked.state !== 'ISSUED') return drawAgain(parts, operation, refusal, redrawsLeft);
    // Another tab may have asked since.
    signed = await signatures(parts, outputs, () => Promise.reject(refusal));
    if (signed instanceof MintRefusal) return end(parts, operation, failed(parts, operation, reasonOf(refusal)), (state) => state);
  }
  await reach(parts, 'invoice/answered');
  const coins = await coinsOf(parts, outputs, signed);
  return credit(parts, { operation, inputs: [], coins, ended: done(parts, operation) }, 'invoice/issued');
}

async function settleRefund(parts: WalletParts, operation: Step<'refund', 'asked'>, redrawsLeft: number): Promise<Operation> {
  const { outputs } = operation;
  const signed = await signatures(parts, outputs, () => parts.requests.takeRefund(operation));
  if (signed instanceof MintRefusal) {
    if (await mayRedraw(parts, operation, signed, redrawsLeft)) return settle(parts, operation.id, redrawsLeft - 1);
    return end(parts, operation, failed(parts, operation, reasonOf(signed)), (state) => state);
  }
  await reach(parts, 'refund/answered');
  const coins = await coinsOf(parts, outputs, signed);
  return credit(parts, { operation, inputs: [], coins, ended: done(parts, operation) }, 'refund/kept');
}

/** @throws MintRefusal if the keyset is not what was wrong: then it is tried again the next time */
async function drawAgain(
  parts: WalletParts,
  operation: Step<'invoice', 'asked'>,
  refusal: MintRefusal,
  redrawsLeft: number,
): Promise<Operation> {
  const { quote, request } = operation;
  const unpaid: Operation = { ...bare(operation), kind: 'invoice', step: 'unpaid', quote, request, expiryMs: parts.clock.now() };
  await end(parts, operation, unpaid, (state) => state);
  if (redrawsLeft === 0 || !(await isKeysetStale(parts, operation.outputs, refusal))) throw refusal;
  return settle(parts, operation.id, redrawsLeft - 1);
}

async function settlePay(parts: WalletParts, operation: Step<'pay', 'asked'>, inputs: readonly HeldCoin[]): Promise<Operation> {
  const { quote, blanks } = operation;
  const asked = await answerOf(parts.requests.melt(quote, inputs, blanks));
  // The word of the quote counts, since an earlier try may have been what did it.
  const answer = asked instanceof MintRefusal ? await answerOf(parts.requests.meltQuote(quote)) : asked;
  if (answer instanceof MintRefusal || answer.state === 'UNPAID') {
    if (answer instanceof MintRefusal && answer.code !== unknownQuote) throw answer;
    const reason = asked instanceof MintRefusal ? reasonOf(asked) : 'payment-failed';
    if (asked instanceof MintRefusal) await isKeysetStale(parts, blanks, asked);
    const states = await parts.requests.states(inputs.map(pointOf));
    if (inputs.some((coin) => states.get(pointOf(coin)) === 'PENDING')) return operation;
    return end(parts, operation, failed(parts, operation, reason), await releasing(parts, operation, inputs));
  }
  if (answer.state === 'PENDING') return operation;
  if (answer.state !== 'PAID') throw refused('mint-answer', { what: 'melt' });
  await reach(parts, 'pay/answered');
  const coins = await coinsOf(parts, blanks.slice(0, answer.change.length), answer.change);
  const fee = sumOf(inputs) - sumOf(coins) - operation.amount;
  const ended: Operation = { ...done(parts, operation, answer.preimage), fee: fee < 0n ? 0n : fee };
  return credit(parts, { operation, inputs, coins, ended }, 'pay/kept');
}

/** A quote that the mint does not know: of no NUT, and of the mints that say so. */
const unknownQuote = 3;

async function answerOf<Answer>(asking: Promise<Answer>): Promise<Answer | MintRefusal> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof MintRefusal) return error;
    throw error;
  }
}

/** @returns true if other outputs stand in the journal now, to be asked for */
async function mayRedraw(parts: WalletParts, operation: Redrawable, refusal: MintRefusal, redrawsLeft: number): Promise<boolean> {
  if (redrawsLeft === 0 || !(await isKeysetStale(parts, operation.outputs, refusal))) return false;
  await redraw(parts, operation);
  return true;
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

/** Writes the end down, unless another tab went on meanwhile. */
async function end(
  { store }: WalletParts,
  operation: Operation,
  ended: Operation,
  move: (state: WalletState) => WalletState,
): Promise<Operation> {
  const { result } = await changeState(store, (state) => {
    const now = state.operations.find(({ id }) => id === operation.id);
    if (!now || !isSameTry(now, operation)) return { state, result: now ?? ended };
    return { state: withOperation(move(state), ended), result: ended };
  });
  return result;
}

type Success = {
  readonly operation: Operation;
  readonly inputs: readonly Coin[];
  /** What becomes ours; a token that goes out is in `ended`. */
  readonly coins: readonly Coin[];
  readonly ended: Operation;
};

/** What the mint signed is there, whatever another tab wrote meanwhile, unless that was the same. */
async function credit(parts: WalletParts, { operation, inputs, coins, ended }: Success, point: WalletPoint): Promise<Operation> {
  const { result } = await changeState(parts.store, (state) => {
    const now = state.operations.find(({ id }) => id === operation.id);
    if (!now || !(isSameTry(now, operation) || isBehind(now, operation))) return { state, result: now ?? ended };
    const left = withoutSecrets(state, ended.step === 'out' ? [...inputs, ...ended.coins] : inputs);
    return { state: withOperation(withCoins(left, operation.mint, coins), ended), result: ended };
  });
  await reach(parts, point);
  return result;
}

/** Whether what stands there was written by somebody who did not know how this try ended. */
function isBehind(now: Operation, operation: Operation): boolean {
  const isTakeBack = (one: Operation) => one.kind === 'send' && one.step === 'asked' && one.sent === 0;
  switch (now.step) {
    case 'done':
      return false;
    case 'out':
      return isTakeBack(operation);
    case 'failed':
      return now.reason !== 'taken-back';
    case 'asked':
    case 'unpaid':
      return isTakeBack(now) === isTakeBack(operation);
  }
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

function withoutSecrets(state: WalletState, gone: readonly Coin[]): WalletState {
  const secrets = new Set(gone.map(({ secret }) => secret));
  return { ...state, coins: state.coins.filter(({ secret }) => !secrets.has(secret)) };
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

function failed({ clock }: WalletParts, operation: Operation, reason: string): Failed {
  return { ...bare(operation), kind: operation.kind, step: 'failed', endedMs: clock.now(), reason, coins: [] };
}

const reasons: Readonly<Record<number | string, WalletReason>> = {
  10001: 'coin-forged',
  11001: 'coin-spent',
  11002: 'coin-held',
  11006: 'amount',
  12001: 'keyset-unknown',
  12003: 'keyset-unknown',
  20004: 'payment-failed',
  20006: 'invoice-paid',
  20007: 'invoice-expired',
  'no-refund': 'refund-gone',
  'no-offer': 'proof-unknown',
  'bad-token': 'proof-unknown',
};

function reasonOf({ code }: MintRefusal): WalletReason {
  return reasons[code] ?? 'mint-refused';
}

/** A refusal of the mint as people are told it. */
export function failureOf(error: unknown): unknown {
  return error instanceof MintRefusal ? refused(reasonOf(error), { code: error.code, detail: error.message }) : error;
}
