// A backend that remembers what it was handed, before it is handed over: the port again, for one purpose each, over rows and the real node.
// spec/lightning.md "The journal of attempts".
import type { Database } from '@reprise/database';
import type { Clock } from '@reprise/kit';
import type { Msat } from '@reprise/ledger';
import { type PayableInvoice, payable } from '../bolt11/payable.ts';
import { LightningFailure } from '../failures.ts';
import type {
  Cursor,
  Failed,
  FailureReason,
  LightningBackend,
  LightningEvent,
  Network,
  Outcome,
  PayingBackend,
  PaymentHash,
  PaymentRequest,
} from '../port.ts';
import { type Attempt, type Baseline, outcomeOf } from './attempt.ts';
import { type Answer, judge, type Source, type Verdict } from './judge.ts';
import * as store from './store.ts';

/** What somebody must look at. Until `acknowledge`, the backend pays nothing more. */
export type Alarm = {
  readonly kind: 'paid-after-all' | 'fee-above-limit';
  readonly hash: PaymentHash;
  readonly purpose: string;
  readonly payer: string;
  readonly amount: Msat;
  readonly fee: Msat;
};

/** What the node told; of what was sent, the attempt as it stands now, and whether it had no end before. */
export type Told = {
  readonly cursor: Cursor;
  readonly event: LightningEvent;
  readonly attempt: Attempt | null;
  readonly hasEnded: boolean;
};

export type PaymentJournalSettings = {
  readonly backend: LightningBackend;
  readonly database: Database;
  readonly network: Network;
  readonly clock: Clock;
  readonly onAlarm: (alarm: Alarm) => void;
  /** How long the node may have no trace of an attempt; by default ten minutes. */
  readonly graceMs?: number;
};

const graceDefaultMs = 600_000;
/** Whoever was held up for so long since it was asked hands nothing over any more: far below the grace period. */
const handOverWithinMs = 30_000;
const openPerPass = 100;

export class PaymentJournal {
  readonly #settings: Required<PaymentJournalSettings>;

  constructor(settings: PaymentJournalSettings) {
    this.#settings = { graceMs: graceDefaultMs, ...settings };
  }

  /** Of the node behind it. */
  get backend(): string {
    return this.#settings.backend.name;
  }

  /** The port, for all payers of one purpose: `melt`, `payout`. What other purposes pay is not found there. */
  for(purpose: string): PayingBackend {
    const { backend } = this.#settings;
    return {
      name: backend.name,
      capabilities: backend.capabilities,
      info: () => backend.info(),
      balance: () => backend.balance(),
      createInvoice: (request) => backend.createInvoice(request),
      lookupInvoice: (hash) => backend.lookupInvoice(hash),
      ...(backend.cancelInvoice && { cancelInvoice: backend.cancelInvoice.bind(backend) }),
      pay: (request) => this.#pay(purpose, request),
      lookupPayment: (hash) => this.#lookup(purpose, hash),
      withdraw: (request) => this.#withdraw(purpose, request),
      events: (from, signal) => this.#events(purpose, from, signal),
      close: () => backend.close(),
      [Symbol.asyncDispose]: () => backend.close(),
    };
  }

  /** Looks up what was last looked up before `before` and has no end yet. @returns those that ended now */
  async lookUpOpen(before: number): Promise<Attempt[]> {
    const { database, backend } = this.#settings;
    const ended: Attempt[] = [];
    for (const attempt of await store.readOpen(database, backend.name, before, openPerPass)) {
      await this.#settle(attempt, await this.#ask(attempt.hash), 'lookup');
      const after = await store.readLatest(database.db, attempt.hash);
      if (after && after.attempt === attempt.attempt && isEnded(after)) ended.push(after);
    }
    return ended;
  }

  /** What keeps this backend from paying. */
  alarming(): Promise<Attempt[]> {
    return store.readAlarming(this.#settings.database.db, this.#settings.backend.name);
  }

  acknowledge(hash: PaymentHash): Promise<void> {
    return store.acknowledge(this.#settings.database, hash, this.#settings.clock.now());
  }

  /** Does not throw once a row is written: what cannot be recorded is looked up later. */
  async #pay(purpose: string, request: PaymentRequest): Promise<Outcome> {
    const { database, clock } = this.#settings;
    const begun = clock.now();
    const isLate = () => clock.now() - begun > handOverWithinMs;
    const invoice = this.#readable(request.bolt11);
    if ('state' in invoice) return invoice;
    const { hash } = invoice;
    const draft = this.#draftOf(purpose, invoice);
    // Whatever has changed since, the invoice's end too, this request is under way or has ended.
    const known = await this.#known(draft, request);
    if (known) return known;
    if (invoice.expiresAt <= clock.now()) return this.#refuse(draft, request, 'expired');
    const latest = await store.readLatest(database.db, hash);
    if ((latest && !isPlainlyFailed(latest)) || (await this.alarming()).length > 0) return this.#refuse(draft, request, 'rejected');
    const baseline = await this.#ask(hash);
    if (baseline.state === 'unknown') return this.#refuse(draft, request, 'other');
    if (baseline.state === 'succeeded' || baseline.state === 'in-flight') return this.#refuse(draft, request, 'rejected');
    if (isLate()) return this.#refuse(draft, request, 'timeout');
    const attempt = await this.#dispatch({ ...draft, baseline, known: latest?.attempt ?? 0 }, request);
    if (attempt === undefined) return this.#refuse(draft, request, 'rejected');
    const answer = isLate() ? notHandedOver('timeout') : await neverThrows(() => this.#settings.backend.pay(request));
    return this.#settle(attempt, answer, 'pay');
  }

  /** The request as it stands; without a row it is refused, so that whoever had it and wakes finds that row and hands nothing over. */
  async #withdraw(purpose: string, request: PaymentRequest): Promise<Outcome> {
    const invoice = this.#readable(request.bolt11);
    if ('state' in invoice) return invoice;
    const draft = this.#draftOf(purpose, invoice);
    return (await this.#known(draft, request)) ?? this.#refuse(draft, request, 'timeout');
  }

  #draftOf(purpose: string, { hash, amount }: PayableInvoice): Omit<store.Draft, 'dispatchedAt'> {
    return { hash, backend: this.#settings.backend.name, purpose, amount };
  }

  /** How a request with a row stands: from the row, or by looking up. */
  async #known(draft: Pick<store.Draft, 'hash' | 'purpose'>, request: PaymentRequest): Promise<Outcome | undefined> {
    const own = await store.readOwn(this.#settings.database.db, draft, request);
    return own && (isEnded(own) ? outcomeOf(own) : this.#settle(own, await this.#ask(own.hash), 'lookup'));
  }

  /**
   * Nothing is handed over here, nor by anybody who is on the way to: the row that says so has the only place that this request can have.
   * Where somebody was faster, what stands there is the answer.
   */
  async #refuse(draft: Omit<store.Draft, 'dispatchedAt'>, request: PaymentRequest, reason: FailureReason): Promise<Outcome> {
    const { database, clock } = this.#settings;
    const refused = { ...draft, dispatchedAt: clock.now() };
    if (await database.transaction((queries) => store.insertRefused(queries, refused, request, reason))) return notHandedOver(reason);
    const own = await store.readOwn(database.db, draft, request);
    return own ? outcomeOf(own) : { state: 'unknown', why: 'the journal was written to by somebody else' };
  }

  /** The same for ever: what cannot be read, or is of another network, was never handed over by anybody. Its end is judged apart. */
  #readable(bolt11: string): PayableInvoice | Failed {
    try {
      return payable(bolt11, this.#settings.network, 0);
    } catch (error) {
      if (!(error instanceof LightningFailure)) throw error;
      return notHandedOver('rejected');
    }
  }

  async #dispatch(
    draft: Omit<store.Draft, 'dispatchedAt'> & { readonly baseline: Baseline; readonly known: number },
    request: PaymentRequest,
  ): Promise<Attempt | undefined> {
    const { database, clock } = this.#settings;
    const dispatched = { ...draft, dispatchedAt: clock.now() };
    const isMine = await database.transaction((queries) => store.insertDispatching(queries, dispatched, request));
    return isMine ? store.readOwn(database.db, draft, request) : undefined;
  }

  async #lookup(purpose: string, hash: PaymentHash): Promise<Answer> {
    const attempt = await store.readLatest(this.#settings.database.db, hash, purpose);
    // A row is committed before any hand-over: without one, nothing was handed over so far. Only `withdraw` makes sure that nothing will be.
    if (attempt === undefined) return { state: 'not-found' };
    return isEnded(attempt) ? outcomeOf(attempt) : this.#settle(attempt, await this.#ask(hash), 'lookup');
  }

  /** All that the node tells, of every purpose, and what it makes of attempts. */
  async *told(from: Cursor, signal: AbortSignal): AsyncIterable<Told> {
    for await (const { cursor, event } of this.#settings.backend.events(from, signal)) {
      if (event.kind === 'received') {
        yield { cursor, event, attempt: null, hasEnded: false };
        continue;
      }
      const before = await store.readLatest(this.#settings.database.db, event.hash);
      if (before === undefined) continue;
      const outcome = await this.#settle(before, event.outcome, 'event');
      if (outcome.state !== 'succeeded' && outcome.state !== 'failed') continue;
      const after = await store.readLatest(this.#settings.database.db, event.hash);
      yield { cursor, event: { ...event, outcome }, attempt: after ?? before, hasEnded: !isEnded(before) };
    }
  }

  async *#events(purpose: string, from: Cursor, signal: AbortSignal): AsyncIterable<{ cursor: Cursor; event: LightningEvent }> {
    for await (const { cursor, event, attempt } of this.told(from, signal))
      if (attempt === null || attempt.purpose === purpose) yield { cursor, event };
  }

  async #ask(hash: PaymentHash): Promise<Answer> {
    return neverThrows(() => this.#settings.backend.lookupPayment(hash));
  }

  /** Judges an answer, writes the verdict, and answers what the row says then. */
  async #settle(attempt: Attempt, answer: Answer, source: Source): Promise<Outcome> {
    const { database, clock, graceMs } = this.#settings;
    const synced = source === 'lookup' && answer.state !== 'succeeded' ? await this.#isSynced() : true;
    const verdict = judge(attempt, answer, { source, now: clock.now(), synced, graceMs });
    const isRecorded = await store.record(database, attempt, verdict, clock.now());
    if (isRecorded) this.#alarm(attempt, verdict);
    const after = await store.readLatest(database.db, attempt.hash, attempt.purpose);
    // Somebody ended it while this answer was on its way, which may mean something else of an end: paid after all.
    if (!isRecorded && !isEnded(attempt) && after?.attempt === attempt.attempt && isEnded(after))
      return this.#settle(after, answer, source);
    return after?.attempt === attempt.attempt ? outcomeOf(after) : { state: 'unknown', why: 'a later attempt was made' };
  }

  async #isSynced(): Promise<boolean> {
    try {
      return (await this.#settings.backend.info()).synced;
    } catch {
      return false;
    }
  }

  #alarm({ hash, purpose, payer, amount, maxFee }: Attempt, verdict: Verdict): void {
    if (verdict.verdict === 'paid-after-all')
      this.#settings.onAlarm({ kind: 'paid-after-all', hash, purpose, payer, amount, fee: verdict.outcome.fee });
    if (verdict.verdict === 'ended' && verdict.outcome.state === 'succeeded' && verdict.outcome.fee > maxFee)
      this.#settings.onAlarm({ kind: 'fee-above-limit', hash, purpose, payer, amount, fee: verdict.outcome.fee });
  }
}

/** Truly failed: no node has heard of this attempt. */
function notHandedOver(reason: FailureReason): Failed {
  return { state: 'failed', reason, evidence: null };
}

function isEnded({ state }: Attempt): boolean {
  return state.state === 'succeeded' || state.state === 'failed';
}

function isPlainlyFailed({ state }: Attempt): boolean {
  return state.state === 'failed' && !state.paidAfterAll;
}

/** Adapters are not to throw; one that does knows nothing. */
async function neverThrows(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch {
    return { state: 'unknown', why: 'the adapter failed' };
  }
}
