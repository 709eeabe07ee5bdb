// A wallet of one mint: what programs call. Everything it does is written down before it is asked for, and ended by whoever starts next.
// spec/wallet.md.
import { sleep } from '@reprise/kit';
import { Failure, type FailureCode } from '@reprise/protocol/formats';
import { formatToken } from './coins.ts';
import { takeBranch } from './draw.ts';
import { isRefused, refused } from './failures.ts';
import { history, type HistoryEntry } from './history.ts';
import { hasExpired, type Keyring, meetMint } from './keysets.ts';
import { type MeltQuote, MintRequests } from './mint-requests.ts';
import { reach, type WalletParts, type WalletPorts } from './parts.ts';
import { beginReceive } from './receive.ts';
import { type PaymentRequest, readRequest } from './request.ts';
import { beginRefund, readRefund, type Refund } from './refund.ts';
import { type Found, rehearse, type RehearsalReport, restore } from './restore.ts';
import { beginPay, beginSend, beginTakeBack, costOfPay, started } from './send.ts';
import { failureOf, settle, settleBegun } from './settle.ts';
import { isOpen, type Operation, type Rehearsal, type Sat, sumOf, type WalletState, withOperation } from './state.ts';
import { changeState, readState, rememberStore } from './store.ts';

export type Balance = {
  /** To be spent now. */
  readonly free: Sat;
  /** Set aside for what is under way. */
  readonly held: Sat;
  /** In tokens that nobody has taken yet. */
  readonly out: Sat;
  /** Of keysets that have expired: the mint takes them no more. */
  readonly expired: Sat;
  /** Of other mints that this state was used with: not to be spent here. */
  readonly elsewhere: Sat;
  readonly rehearsal: Rehearsal | null;
};

export type SentToken = { readonly id: string; readonly token: string; readonly amount: Sat; readonly fee: Sat };
export type Invoice = { readonly id: string; readonly request: string; readonly amount: Sat; readonly expiryMs: number };

/** What a payment will cost: `amount` arrives, at most `feeMax` is taken for the way, the rest comes back. */
export type PaymentOffer = {
  readonly quote: string;
  readonly request: string;
  readonly amount: Sat;
  readonly feeMax: Sat;
  readonly expiryMs: number;
};

const askEveryMs = 1_000;
const changeAttemptsMax = 100;
const defaultExpiryMs = 3_600_000;

export class Wallet {
  readonly #parts: WalletParts;
  #keyring: Promise<Keyring> | undefined;
  #branch: ReturnType<typeof takeBranch> | undefined;

  /** Nothing is asked of the mint before something is to be done. */
  constructor(ports: WalletPorts) {
    const { fetch, ...others } = ports;
    const requests = new MintRequests(ports.mint, fetch, ports.signal);
    const store = rememberStore(ports.store);
    this.#parts = {
      ...others,
      store,
      requests,
      keyring: () => (this.#keyring ??= retryable(meetMint(requests, store), () => (this.#keyring = undefined))),
      forgetKeyring: () => void (this.#keyring = undefined),
      branch: () => (this.#branch ??= retryable(this.#takeBranch({ ...ports, store }), () => (this.#branch = undefined))),
    };
  }

  get mint(): string {
    return this.#parts.mint;
  }

  async balance(): Promise<Balance> {
    const state = await readState(this.#parts.store);
    const ours = state.coins.filter(({ mint }) => mint === this.mint);
    const out = state.operations.flatMap((one) => (one.step === 'out' && one.mint === this.mint ? one.coins : []));
    const now = this.#parts.clock.now();
    const keysets = state.mints.find(({ url }) => url === this.mint)?.keysets ?? [];
    const ended = new Set(keysets.filter((keyset) => hasExpired(keyset, now)).map(({ id }) => id));
    const free = ours.filter(({ by }) => by === null);
    return {
      free: sumOf(free.filter(({ keyset }) => !ended.has(keyset))),
      expired: sumOf(free.filter(({ keyset }) => ended.has(keyset))),
      held: sumOf(ours.filter(({ by }) => by !== null)),
      out: sumOf(out),
      elsewhere: sumOf(state.coins) - sumOf(ours),
      rehearsal: state.rehearsal,
    };
  }

  /** Newest first. */
  async history(): Promise<readonly HistoryEntry[]> {
    return history(await readState(this.#parts.store));
  }

  /**
   * @param least what is to come of it, once the mint has taken its part; where it is less, nothing is taken
   * @param apart what is paid out of it next: coins for exactly that are made where that much comes, and paying needs no other swap
   * @throws Failure wallet-refused as `beginReceive` says; network or unavailable when it stays to be ended later
   */
  async receive(token: string, least: Sat = 0n, apart: Sat = least): Promise<HistoryEntry> {
    return this.#finish(await this.#translated(beginReceive(this.#parts, token, least, apart)));
  }

  /**
   * A token of exactly so much.
   * @param most that may leave the wallet for it, with what the mint takes; null: no bound
   * @throws Failure wallet-refused: amount, too-little …; price-differs above the bound, and nothing was begun
   */
  async send(amount: Sat, memo = '', most: Sat | null = null): Promise<SentToken> {
    const begun = await this.#begin(() => beginSend(this.#parts, amount, { memo, most }));
    const ended = begun.step === 'out' ? begun : await this.#end(begun);
    return this.#sent(ended);
  }

  /**
   * As `send`; but the token is there as soon as its coins are signed, while that it is out is still being written down. What is written down already
   * brings it back: nothing of it hangs on the rest.
   */
  async handOut(amount: Sat, memo = '', most: Sat | null = null): Promise<SentToken & { readonly written: Promise<void> }> {
    const begun = await this.#begin(() => beginSend(this.#parts, amount, { memo, most }));
    if (begun.step === 'out') return { ...this.#sent(begun), written: Promise.resolve() };
    const signed = Promise.withResolvers<Operation>();
    const ended = this.#end(begun, signed.resolve);
    const written = ended.then(() => undefined);
    written.catch(() => undefined);
    return { ...this.#sent(await Promise.race([signed.promise, ended])), written };
  }

  /** What can be asked before it is known what is to be paid: keysets, a branch to draw from, what the store holds. Money is not touched. */
  async prepare(): Promise<void> {
    await this.#translated(Promise.all([this.#parts.keyring(), this.#parts.branch()]));
  }

  /** The token of an entry that is out, once more. @throws Failure wallet-refused, reason no-such-entry */
  async tokenOf(id: string): Promise<SentToken> {
    return this.#sent(await this.#find(id));
  }

  /**
   * A token that nobody took is ours again; one that was still to go out goes out first.
   * @returns its entry: `failed`, with reason taken-back; or `arrived`, if somebody was first
   */
  async takeBack(id: string): Promise<HistoryEntry> {
    const found = await this.#find(id);
    if (found.kind === 'send' && found.step === 'asked') {
      const ended = await this.#translated(settle(this.#parts, id));
      if (ended.step !== 'out') return this.#entry(ended);
    }
    await this.#translated(beginTakeBack(this.#parts, id));
    return this.#entry(await this.#translated(settle(this.#parts, id)));
  }

  /** An invoice that brings so much; what is paid to it arrives when `wait` or `settleAll` looks. */
  async invoice(amount: Sat, memo = ''): Promise<Invoice> {
    if (amount <= 0n) throw refused('amount', { min: '1' });
    const parts = this.#parts;
    const { quote, request, expiryMs } = await this.#translated(parts.requests.makeMintQuote(amount, memo));
    await reach(parts, 'invoice/made');
    const common = started(parts, amount, memo);
    const until = expiryMs ?? parts.clock.now() + defaultExpiryMs;
    const operation: Operation = { ...common, kind: 'invoice', step: 'unpaid', quote, request, expiryMs: until };
    await changeState(parts.store, (state) => ({ state: withOperation(state, operation), result: null }));
    await reach(parts, 'invoice/kept');
    return { id: common.id, request, amount, expiryMs: until };
  }

  /** What paying an invoice costs; nothing is spent. @throws Failure wallet-refused: invoice-malformed, invoice-paid … */
  async offer(invoice: string): Promise<PaymentOffer> {
    const request = invoice
      .trim()
      .replace(/^lightning:(\/\/)?/i, '')
      .toLowerCase();
    if (!/^ln[a-z0-9]{20,4000}$/.test(request)) throw refused('invoice-malformed');
    const { requests } = this.#parts;
    const { quote, amount, feeReserve, expiryMs } = await this.#translated(requests.makeMeltQuote(request), 'invoice-malformed');
    await reach(this.#parts, 'pay/quoted');
    return { quote, request, amount, feeMax: feeReserve, expiryMs };
  }

  /** The most that leaves the wallet for it, with what the mint takes for the coins that would pay now. @throws Failure wallet-refused: too-little */
  costOf(offer: PaymentOffer): Promise<Sat> {
    return this.#begin(() => costOfPay(this.#parts, quoteOf(offer), offer.request));
  }

  /**
   * @param most as of `send`
   * @returns its entry: `arrived`; `waiting` if that is not known yet.
   * @throws Failure wallet-refused: payment-failed, too-little …; price-differs above the bound, and nothing was begun
   */
  async pay(offer: PaymentOffer, memo = '', most: Sat | null = null): Promise<HistoryEntry> {
    return this.#finish(await this.#begin(() => beginPay(this.#parts, quoteOf(offer), offer.request, { memo, most })));
  }

  /**
   * What is owed back for a payment that bought nothing, or too much.
   * @param proof the token of L402 that came with its invoice
   * @throws Failure wallet-refused: proof-malformed, proof-unknown, refund-gone where nothing is or was
   */
  owedFor(proof: string, paidFor?: string): Promise<Refund> {
    return this.#translated(readRefund(this.#parts, proof, paidFor));
  }

  /** What is owed becomes coins of ours. @throws Failure wallet-refused, reason refund-gone if it was taken elsewhere */
  async drawRefund(refund: Refund, memo = ''): Promise<HistoryEntry> {
    return this.#finish(await this.#translated(beginRefund(this.#parts, refund, memo)));
  }

  /** Whom a payment request is for and what it wants. @throws Failure wallet-refused: request-refused, other-mint, other-unit */
  readRequest(text: string): PaymentRequest {
    return readRequest(text, this.mint);
  }

  /**
   * Asks until an entry is over.
   * @param forMs at most; then the entry is returned as it stands
   */
  async wait(id: string, forMs: number, signal?: AbortSignal): Promise<HistoryEntry> {
    const { clock } = this.#parts;
    for (const until = clock.now() + forMs; ; await sleep(askEveryMs, signal)) {
      const operation = await this.#translated(settle(this.#parts, id));
      if (!isOpen(operation) || clock.now() >= until) return this.#entry(operation);
    }
  }

  /**
   * Ends whatever was begun here or by another program that is gone, and looks who took what and paid what. What one entry runs into keeps no
   * other from its end.
   * @returns the entries that are still open
   * @throws the first failure, after the last entry
   */
  async settleAll(): Promise<readonly HistoryEntry[]> {
    const { operations } = await readState(this.#parts.store);
    let first: unknown;
    for (const { id } of operations.filter((one) => one.mint === this.mint && isOpen(one))) {
      try {
        await settle(this.#parts, id);
      } catch (error) {
        const failure = failureOf(error);
        if (isFailure(failure, 'cancelled')) throw failure;
        first ??= failure;
        // Where nobody is to be reached, the others are not asked for either.
        if (isFailure(failure, 'network')) break;
      }
    }
    if (first !== undefined) throw first;
    return (await this.history()).filter(({ state }) => state !== 'arrived' && state !== 'failed');
  }

  /** Brings back every coin that the seed knows and this store does not. */
  restore(): Promise<Found> {
    return this.#translated(restore(this.#parts));
  }

  /** Restores in a store that holds nothing, and says whether everything would come back. */
  rehearse(): Promise<RehearsalReport> {
    return this.#translated(rehearse(this.#parts));
  }

  /** A seed that has been used elsewhere tells first where its free branches begin. */
  async #takeBranch(ports: WalletPorts) {
    if (!ports.isSeedNew && (await readState(ports.store)).branches.length === 0) await restore(this.#parts);
    return takeBranch(ports);
  }

  /** Money that another tab is just changing is waited for. */
  async #begin<Begun>(begin: () => Promise<Begun>): Promise<Begun> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#translated(begin());
      } catch (error) {
        if (!isRefused(error, 'too-little') || attempt === changeAttemptsMax || !(await this.#settleChange())) throw error;
      }
    }
  }

  /** @returns false if no change is on its way */
  async #settleChange(): Promise<boolean> {
    const { operations } = await readState(this.#parts.store);
    const changing = operations.filter(({ kind, step, mint }) => kind === 'send' && step === 'asked' && mint === this.mint);
    for (const { id } of changing) await this.#translated(settle(this.#parts, id));
    return changing.length > 0;
  }

  async #finish(begun: Operation): Promise<HistoryEntry> {
    return this.#entry(await this.#end(begun));
  }

  /** @throws the reason as a Failure if it failed */
  async #end(begun: Operation, onSigned?: (out: Operation) => void): Promise<Operation> {
    const ended = await this.#translated(settleBegun(this.#parts, begun.id, onSigned));
    if (ended.step === 'failed') throw refused(ended.reason as Parameters<typeof refused>[0], { id: ended.id });
    return ended;
  }

  async #translated<Result>(work: Promise<Result>, otherwise?: 'invoice-malformed'): Promise<Result> {
    try {
      return await work;
    } catch (error) {
      const failure = failureOf(error);
      if (otherwise && isRefused(failure, 'mint-refused')) throw refused(otherwise, failure.facts, error);
      throw failure;
    }
  }

  async #find(id: string): Promise<Operation> {
    const found = (await readState(this.#parts.store)).operations.find((one) => one.id === id);
    if (!found) throw refused('no-such-entry', { id });
    return found;
  }

  #sent(operation: Operation): SentToken {
    const { id, amount, fee, mint, memo } = operation;
    if (operation.step !== 'out') throw refused('no-such-entry', { id });
    return { id, amount, fee, token: formatToken(mint, operation.coins, memo) };
  }

  async #entry(operation: Operation): Promise<HistoryEntry> {
    const state: Pick<WalletState, 'operations'> = { operations: [operation] };
    return history(state)[0] as HistoryEntry;
  }
}

function quoteOf(offer: PaymentOffer): MeltQuote {
  return { ...offer, feeReserve: offer.feeMax, state: 'UNPAID', preimage: null, change: [] };
}

/** What failed is tried again the next time. */
async function retryable<Result>(work: Promise<Result>, forget: () => void): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    forget();
    throw error;
  }
}

function isFailure(error: unknown, code: FailureCode): boolean {
  return error instanceof Failure && error.code === code;
}
