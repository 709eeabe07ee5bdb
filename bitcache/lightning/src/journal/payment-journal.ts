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
/** A process that was held up so long after its commit hands nothing over any more: far below the grace period. */
const handOverWithinMs = 30_000;
const openPerPass = 100;

export class PaymentJournal {
  readonly #settings: Required<PaymentJournalSettings>;

  constructor(settings: PaymentJournalSettings) {
    this.#settings = { graceMs: graceDefaultMs, ...settings };
  }

  /** The port, for all payers of one purpose: `melt`, `payout`. What other purposes pay is not found there. */
  for(purpose: string): LightningBackend {
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
    const invoice = this.#payable(request.bolt11);
    if ('state' in invoice) return invoice;
    const latest = await store.readLatest(database.db, invoice.hash);
    if (latest && isOf(latest, purpose, request)) return (await this.#lookup(purpose, invoice.hash)) as Outcome;
    if ((latest && !isPlainlyFailed(latest)) || (await this.alarming()).length > 0) return this.#asked(purpose, request, invoice.hash);
    const baseline = await this.#ask(invoice.hash);
    if (baseline.state === 'unknown') return this.#asked(purpose, request, invoice.hash, 'other');
    if (baseline.state === 'succeeded' || baseline.state === 'in-flight') return this.#asked(purpose, request, invoice.hash);
    const attempt = await this.#dispatch(purpose, request, invoice, baseline, (latest?.attempt ?? 0) + 1);
    if (attempt === undefined) return this.#asked(purpose, request, invoice.hash);
    const isLate = clock.now() - attempt.dispatchedAt > handOverWithinMs;
    const answer = isLate ? notHandedOver('timeout') : await neverThrows(() => this.#settings.backend.pay(request));
    return this.#settle(attempt, answer, 'pay');
  }

  /**
   * Nothing is handed over here. If this very request was, by somebody faster, its outcome is the answer: its row was written before the
   * node or anybody else could know of it.
   */
  async #asked(purpose: string, request: PaymentRequest, hash: PaymentHash, reason: FailureReason = 'rejected'): Promise<Outcome> {
    const latest = await store.readLatest(this.#settings.database.db, hash);
    return latest && isOf(latest, purpose, request) ? outcomeOf(latest) : notHandedOver(reason);
  }

  #payable(bolt11: string): PayableInvoice | Failed {
    try {
      return payable(bolt11, this.#settings.network, this.#settings.clock.now());
    } catch (error) {
      if (!(error instanceof LightningFailure)) throw error;
      return notHandedOver(error.code === 'invoice-expired' ? 'expired' : 'rejected');
    }
  }

  async #dispatch(purpose: string, request: PaymentRequest, { hash, amount }: PayableInvoice, baseline: Baseline, number: number) {
    const { database, backend, clock } = this.#settings;
    const attempt = { hash, attempt: number, backend: backend.name, purpose, amount, baseline, dispatchedAt: clock.now() };
    const isMine = await database.transaction((queries) => store.insertDispatching(queries, attempt, request));
    return isMine ? store.readLatest(database.db, hash) : undefined;
  }

  async #lookup(purpose: string, hash: PaymentHash): Promise<Answer> {
    const attempt = await store.readLatest(this.#settings.database.db, hash, purpose);
    // A row is committed before any hand-over: without one, nothing was handed over.
    if (attempt === undefined) return { state: 'not-found' };
    return isEnded(attempt) ? outcomeOf(attempt) : this.#settle(attempt, await this.#ask(hash), 'lookup');
  }

  async *#events(purpose: string, from: Cursor, signal: AbortSignal): AsyncIterable<{ cursor: Cursor; event: LightningEvent }> {
    for await (const told of this.#settings.backend.events(from, signal)) {
      const { event } = told;
      if (event.kind === 'received') {
        yield told;
        continue;
      }
      const attempt = await store.readLatest(this.#settings.database.db, event.hash);
      if (attempt === undefined) continue;
      const outcome = await this.#settle(attempt, event.outcome, 'event');
      if (attempt.purpose === purpose && (outcome.state === 'succeeded' || outcome.state === 'failed'))
        yield { cursor: told.cursor, event: { ...event, outcome } };
    }
  }

  async #ask(hash: PaymentHash): Promise<Answer> {
    return neverThrows(() => this.#settings.backend.lookupPayment(hash));
  }

  /** Judges an answer, writes the verdict, and answers what the row says then. */
  async #settle(attempt: Attempt, answer: Answer, source: Source): Promise<Outcome> {
    const { database, clock, graceMs } = this.#settings;
    const synced = source === 'lookup' && answer.state !== 'succeeded' ? await this.#isSynced() : true;
    const verdict = judge(attempt, answer, { source, now: clock.now(), synced, graceMs });
    await store.record(database, attempt, verdict, clock.now());
    this.#alarm(attempt, verdict);
    const after = await store.readLatest(database.db, attempt.hash, attempt.purpose);
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

function isOf(attempt: Attempt, purpose: string, request: PaymentRequest): boolean {
  return attempt.purpose === purpose && attempt.payer === (request.payer ?? '') && attempt.payerAttempt === request.attempt;
}

/** Adapters are not to throw; one that does knows nothing. */
async function neverThrows(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch {
    return { state: 'unknown', why: 'the adapter failed' };
  }
}
