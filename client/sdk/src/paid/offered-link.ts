// A visitor's side of a link that is sold: what is offered and checked, how it is paid, and the link that a purchase opens. Nothing is sent
// before the buyer's key is kept, and what was begun is found again by the next program that opens the link. spec/paid-links.md.
import { type Bytes, equalBytes, formatBase64url, formatHex, parseBase64url, sleep } from '@reprise/kit';
import { deviceIdOf, Failure } from '@reprise/protocol/formats';
import { payContract } from '@reprise/protocol/pay';
import type { Engine, Link, Ref } from '@reprise/vault';
import {
  buyerKeyOf,
  checkReceipt,
  decodePaidRecord,
  encodePaidRecord,
  type OpenedOffer,
  openRecordOffer,
  openRelease,
  type PaidRecord,
  type Price,
  unlockRoot,
} from '@reprise/vault/paid';
import type { AccountSession } from '../account/session.ts';
import type { Connection } from '../connect.ts';
import { OpenedLink } from '../download.ts';
import type { LinkObjects } from '../objects.ts';
import type { SealPool } from '../pool.ts';
import { formatReceiptLink } from './receipt-link.ts';
import { assertSold } from './check-content.ts';
import {
  type Attempt,
  assertRoom,
  isSameAttempt,
  type KeptPurchase,
  type Purchases,
  recordsMax,
  withAttempt,
  withoutUnpaid,
} from './kept-purchase.ts';
import {
  type Asking,
  headerTokenMax,
  type Invoice,
  type Listing,
  type Owed,
  PayRequests,
  type Quote,
  refused,
  type Released,
} from './pay-requests.ts';
import { refusalOf, type Sent } from './refusals.ts';
import { satsAtRate } from './sats-at-rate.ts';

/** What the seller signed, checked, and what the server says of the link. */
export type OfferFacts = {
  readonly title: string;
  readonly price: Price;
  /** Whether `price` is the least that is paid, and more is welcome. */
  readonly isFloor: boolean;
  /** Whether it is a tip jar: the link opens at once, and what is paid is a thank-you. */
  readonly isJar: boolean;
  /** What the files amount to, rounded up so that it tells little more than their size. */
  readonly paddedBytes: number;
  /** ms since 1970; null: no end. */
  readonly notAfter: number | null;
  /** 16 bytes that name the seller. */
  readonly fingerprint: Bytes;
  /** 32 hex digits. */
  readonly offerId: string;
  readonly expiresAt: number | null;
  readonly downloadsLeft: number | null;
  /** Of the record; rises with each change. */
  readonly version: number;
};

/** What became of what was begun. `none`: nothing was, or nothing of it can go on. */
export type PurchaseState = 'none' | 'waiting' | 'bought' | 'owed';

/** An invoice to be paid by any wallet. */
export type ShownInvoice = Omit<Invoice, 'token' | 'version'>;

/** What a purchase of a link works with. */
export type OfferedParts = {
  readonly connection: Connection;
  readonly engine: Engine;
  readonly pool: SealPool;
  readonly objects: LinkObjects;
  readonly link: Link;
  /** What the purchase is kept as: the id of the link; of a tip jar, that of its offer. */
  readonly name: string;
  readonly purchases: Purchases;
};

/** An offer as it is served. */
export type ShownOffer = {
  readonly sealed: Bytes;
  readonly record: PaidRecord;
  readonly offer: OpenedOffer;
  readonly served: {
    readonly version: number;
    readonly expiresAt: number | null;
    readonly downloadsLeft: number | null;
    readonly receivedBytes: number;
  };
};

type Looked = { readonly state: PurchaseState; readonly unpaid: readonly Attempt[] };

const pollFirstMs = 250;
const pollMaxMs = 2_000;

/** How long to wait before a payment is asked after once more. @param asked how often it was, since somebody began to wait @returns ms */
export function pollDelayMs(asked: number): number {
  return Math.min(pollMaxMs, pollFirstMs * 1.1 ** asked);
}

/** How long after an invoice has expired a payment that was on its way is still waited for. */
const lateMs = 30_000;

/** A link that is sold, as its visitor sees it: checked, paid, and then opened. */
export class OfferedLink {
  readonly facts: OfferFacts;
  readonly #parts: OfferedParts;
  readonly #shown: ShownOffer;
  readonly #pay: PayRequests;
  #kept: KeptPurchase | null;
  /** Tokens of invoices that were unpaid when a payment could hardly come any more: they are asked about again where something else is to be paid. */
  readonly #over = new Set<string>();

  constructor(parts: OfferedParts, shown: ShownOffer, kept: KeptPurchase | null) {
    const { offer, served } = shown;
    this.#parts = parts;
    this.#shown = shown;
    this.#kept = kept;
    this.#pay = new PayRequests(parts.connection, formatHex(offer.id));
    this.facts = {
      title: offer.title,
      price: offer.price,
      isFloor: offer.isFloor,
      isJar: offer.isJar,
      paddedBytes: offer.paddedBytes,
      notAfter: offer.notAfter,
      fingerprint: parts.link.fingerprint,
      offerId: formatHex(offer.id),
      expiresAt: served.expiresAt,
      downloadsLeft: served.downloadsLeft,
      version: served.version,
    };
  }

  /** What the purchase is kept as, on this machine. */
  get name(): string {
    return this.#parts.name;
  }

  /** When it was bought on this machine, and for how much; null if it was not. */
  get bought(): { readonly at: number; readonly sats: number } | null {
    const bought = this.#kept?.bought;
    return bought ? { at: bought.at, sats: bought.sats } : null;
  }

  /** A link that opens what was bought on any machine, for who bought it; null before. Whoever has it can open it. */
  get receiptUrl(): string | null {
    const { connection, link } = this.#parts;
    const bought = this.#kept?.bought;
    return bought && !this.facts.isJar ? formatReceiptLink(connection.origin, link, bought.half) : null;
  }

  /** The invoice that waits for payment, or could: the newest that was asked for here; null if there is none. */
  get invoice(): ShownInvoice | null {
    const last = this.#kept?.attempts.findLast((attempt) => attempt.way === 'lightning');
    return last ? { bolt11: last.bolt11, sats: last.sats, expiresAt: last.expiresAt } : null;
  }

  /** These coins were sent, or were about to be, and what became of them is not known: `resume` finds out. Nobody else is to have them before. */
  isUnderWay(coins: string): boolean {
    return this.#kept?.bought === null && this.#kept.attempts.some((attempt) => attempt.way === 'coins' && attempt.coins === coins.trim());
  }

  /** A purchase from the balance of an account was begun, and its answer is not known: `resume` and any further payment need the session. */
  get needsAccount(): boolean {
    return this.#kept?.bought === null && this.#kept.attempts.some(({ way }) => way === 'balance');
  }

  /**
   * Whether what is sold is there: the ids that the link holds are those that the seller signed, and up to four of the objects, drawn at
   * random, have the bytes that their ids say. Nothing of it can be read before the purchase.
   * @throws Failure link-forged with reason list, object-missing, reject, network …
   */
  async check(signal?: AbortSignal): Promise<void> {
    const { connection, objects } = this.#parts;
    // Who thanks has seen what for.
    if (this.facts.isJar) return;
    return assertSold({ connection, objects, list: this.#shown.offer.list }, signal);
  }

  /**
   * The price of now, as the operator asks it, compared with what the seller signed; of a price in cents the rate is the operator's word.
   * @param amount what the buyer chose to pay where the price is a floor, in the units of the price; absent: the price
   * @throws Failure price-differs: open the link again and ask the buyer again; payment-refused with reason ended, sold-out, no-offer,
   *   bad-amount, no-rate, busy, under-notice with facts.case; network …
   */
  async quote(signal?: AbortSignal, amount?: number): Promise<Quote> {
    const { price } = this.facts;
    const isChosen = amount !== undefined && amount !== price.amount;
    const asked = { ...price, amount: amount ?? price.amount };
    const quoting = this.#pay.quote(isChosen ? amount : null, signal);
    // Where the offer has changed, that is what counts, and not what was said of the amount.
    quoting.catch(() => undefined);
    const listing = await this.#pay.listing(signal);
    this.#assertListed(listing);
    const quote = await quoting;
    if (quote.version !== listing.version || !isSamePrice(quote.price, asked)) throw differs(quote.sats);
    if (BigInt(quote.sats) !== satsAtRate(quote.price, quote.rate)) throw differs(quote.sats);
    return { ...quote, offerHash: this.#shown.offer.hash };
  }

  /**
   * An invoice for the price that was agreed to. The buyer's key is kept before it is asked for, the invoice's token before it is shown.
   * @throws Failure price-differs if another price is asked now, and as `quote`
   */
  async payByLightning(agreed: Quote, signal?: AbortSignal): Promise<ShownInvoice> {
    const kept = await this.#begin(agreed, signal);
    const { amount } = agreed.price;
    const invoice = await this.#pay.invoice(buyerKeyOf(kept.seed), amount === this.facts.price.amount ? null : amount, signal);
    if (invoice.sats !== agreed.sats || invoice.version !== agreed.version) throw differs(invoice.sats);
    const { bolt11, sats, token, expiresAt } = invoice;
    const attempt = { way: 'lightning', token, bolt11, sats, expiresAt } as const;
    await this.#change((now) => withAttempt(this.#withAgreed(now, agreed), attempt));
    return { bolt11, sats, expiresAt };
  }

  /**
   * Waits until the invoice is paid; the payment may also have come before.
   * @throws Failure payment-waits when it has expired unpaid; payment-owed; cancelled on the signal: asked again, it goes on
   */
  async settled(signal?: AbortSignal): Promise<void> {
    const { connection } = this.#parts;
    for (let asked = 0; ; asked++) {
      const state = await this.resume(signal);
      if (state === 'bought') return;
      const last = this.invoice;
      if (!last || connection.serverNow() > last.expiresAt + lateMs) throw new Failure('payment-waits');
      await sleep(pollDelayMs(asked), signal).catch((cause: unknown) => {
        throw new Failure('cancelled', {}, { cause });
      });
    }
  }

  /**
   * Pays with coins that are worth exactly the price. They are kept with the purchase before they are sent: whatever happens then, the same
   * coins have the same answer.
   * @param coins `cashuB…` of the operator's mint
   * @throws Failure payment-refused: nothing was spent, the coins are the buyer's still; with reason bought if an earlier payment turns out
   *   to have been heard: then `open` opens it
   */
  async payWithCoins(agreed: Quote, coins: string, signal?: AbortSignal): Promise<void> {
    const text = coins.trim();
    if (!/^cashuB[A-Za-z0-9_-]+={0,2}$/.test(text)) throw refused('other-mint');
    if (text.length > headerTokenMax) throw refused('too-many-coins');
    await this.#payNow(agreed, { way: 'coins', coins: text, quote: agreed.text, sats: agreed.sats }, signal);
  }

  /**
   * Pays from the balance of an account, which the operator then knows to have bought this.
   * @throws Failure balance-too-low, role-refused, payments-off, and as the contract lists
   */
  async payFromBalance(agreed: Quote, session: AccountSession, signal?: AbortSignal): Promise<void> {
    const request = this.#parts.connection.random(16);
    const { userId } = session;
    await this.#payNow(agreed, { way: 'balance', request, userId, quote: agreed.text, sats: agreed.sats }, signal, session);
  }

  /**
   * Finds out what became of what was begun, on this machine and whenever; what was paid for is fetched, checked and kept.
   * @param session of the account, if a purchase from its balance was begun
   * @throws Failure payment-owed if a payment bought nothing; link-forged if what came is not what was offered; network …
   */
  async resume(signal?: AbortSignal, session?: AccountSession): Promise<PurchaseState> {
    return (await this.#look((attempt) => !this.#isOver(attempt), signal, session)).state;
  }

  /** As `resume`, and which of what was begun was not paid just now. */
  async #look(isAsked: (attempt: Attempt) => boolean, signal?: AbortSignal, session?: AccountSession): Promise<Looked> {
    await this.#reload();
    if (this.#kept?.bought) return { state: 'bought', unpaid: [] };
    let owed: unknown = null;
    let unknown: unknown = null;
    const unpaid: Attempt[] = [];
    for (const attempt of this.#kept?.attempts.filter(isAsked).toReversed() ?? []) {
      const isLate = this.#isLate(attempt);
      try {
        const released = await this.#ask(attempt, signal, session);
        if (released) {
          await this.#accept(released, attempt.sats);
          return { state: 'bought', unpaid: [] };
        }
        unpaid.push(attempt);
        if (isLate && attempt.way === 'lightning') this.#over.add(attempt.token);
      } catch (error) {
        const refusal = refusalOf(error, 'again');
        if (error instanceof Failure && error.code === 'payment-owed') owed = error;
        else if (refusal === 'none') throw error;
        else if (refusal === 'unknown') unknown = error;
        else if (attempt.way !== 'lightning') await this.#drop(attempt);
      }
    }
    // What may have bought it comes first: nothing else is paid before its answer is known.
    if (unknown) throw unknown;
    if (owed) throw owed;
    return { state: unpaid.every((attempt) => this.#isOver(attempt)) ? 'none' : 'waiting', unpaid };
  }

  /** What is owed back for payments that bought nothing, too much, or what was taken down since, each with what shows it: the token of its invoice, or the coins. */
  async refunds(signal?: AbortSignal): Promise<readonly (Owed & { readonly token: string })[]> {
    const found: (Owed & { readonly token: string })[] = [];
    for (const attempt of this.#kept?.attempts ?? []) {
      const token = proofOf(attempt);
      // Coins that bought nothing were not spent.
      if (token === null || (attempt.way === 'coins' && !this.#kept?.bought)) continue;
      const owed = await this.#pay.readRefund(token, signal);
      if (owed) found.push({ ...owed, token });
    }
    return found;
  }

  /** What is owed, as balance of an account. @returns satoshis */
  async refundToBalance(token: string, session: AccountSession, signal?: AbortSignal): Promise<number> {
    const call = { params: { offer: this.facts.offerId }, body: { token }, device: await deviceOf(session), signal };
    return Number((await this.#parts.connection.ask(payContract['pay.refund'], call)).amount);
  }

  /** A payment that was given back needs no more asking: the link can be bought anew. @param token as `refunds` named it */
  async forgetRefunded(token: string): Promise<void> {
    await this.#change((kept) => ({ ...kept, attempts: kept.attempts.filter((one) => proofOf(one) !== token) }));
  }

  /**
   * Opens here what was bought elsewhere, and keeps it as bought, at 0 for 0 satoshis. Nothing is asked of who takes money.
   * @param half of a receipt link
   * @throws Failure reject if it is not what this offer is opened with
   */
  async redeem(half: Bytes): Promise<void> {
    if (this.#kept?.bought) return;
    await this.#unlock(this.#shown, half);
    const none: Bytes = new Uint8Array(0);
    const bought = { half, release: none, receipt: none, at: 0, sats: 0 };
    await this.#change((kept) => {
      if (kept.bought) return kept;
      const shown = this.#withShown(kept);
      return { ...shown, records: shown.records.slice(-recordsMax), bought };
    });
  }

  /**
   * After a tip another can be given, with a key of its own. Nothing happens while one is under way.
   * @throws Failure payment-owed while something of the former is owed back, which is shown by what would be forgotten here; network …
   */
  async tipAgain(signal?: AbortSignal): Promise<void> {
    await this.#reload();
    if (!this.facts.isJar || !this.#kept?.bought) return;
    const owed = (await this.refunds(signal)).find(({ state }) => state === 'owed');
    if (owed) throw new Failure('payment-owed', { sats: owed.sats });
    const { seed, records, attempts } = this.#fresh();
    await this.#change((kept) => (kept.bought ? { ...kept, seed, records, attempts, bought: null } : kept));
  }

  /**
   * The link that was bought.
   * @throws Failure payment-required before; link-forged if what is locked is not what was offered
   */
  async open(): Promise<OpenedLink> {
    const kept = this.#kept;
    if (!kept?.bought) throw new Failure('payment-required');
    const { connection, engine, pool, objects, link } = this.#parts;
    const { served, offer } = this.#shown;
    // What it was bought by is the last of them.
    const [agreed] = await this.#agreed();
    if (!agreed) throw new Failure('bad-journal', { path: this.#parts.name });
    const ref = await this.#unlock(agreed, kept.bought.half);
    if (!ref) throw new Failure('bad-journal', { path: this.#parts.name });
    const facts = {
      title: offer.title,
      growing: false,
      expectedBytes: null,
      receivedBytes: served.receivedBytes,
      createdMs: kept.bought.at,
      expiresAt: served.expiresAt,
      downloadsLeft: served.downloadsLeft,
      fingerprint: link.fingerprint,
      version: served.version,
      takesTips: false,
    };
    const record = { state: 'snapshot', ref, title: offer.title, createdMs: kept.bought.at, expectedBytes: null } as const;
    return new OpenedLink({ connection, engine, pool, objects, facts, record, stretched: null });
  }

  /** @returns null for a tip jar: nothing is locked */
  async #unlock({ record, offer }: { readonly record: PaidRecord; readonly offer: OpenedOffer }, half: Bytes): Promise<Ref | null> {
    const { engine, link } = this.#parts;
    if (record.version === 3) return null;
    return unlockRoot(engine, { secret: link.secret, half }, offer, record.locked);
  }

  #assertListed({ hash, price, isFloor, isJar, commitment, agentKey, state, case: id }: Listing): void {
    const { offer } = this.#shown;
    if (state === 'under-notice') throw new Failure('payment-refused', { reason: state, ...(id !== null && { case: id }) });
    if (state !== 'open') throw refused(state === 'sold-out' ? state : 'ended');
    const isOurs = equalBytes(hash, offer.hash) && equalBytes(commitment, offer.commitment) && equalBytes(agentKey, offer.agentKey);
    if (!isOurs || !isSamePrice(price, offer.price) || isFloor !== offer.isFloor || isJar !== offer.isJar) throw differs();
  }

  /**
   * A key for this purchase and the offer that was agreed to, on disk before anything is sent. A payment that may have been heard is asked
   * about first: nothing is paid twice because an answer was lost.
   */
  async #begin(agreed: Quote, signal: AbortSignal | undefined, session?: AccountSession): Promise<KeptPurchase> {
    await this.#assertOpen(signal, session);
    // A quote freezes the offer that it was made for: without its record, what it buys could not be opened.
    if (!this.#isShown(agreed) && !(await this.#hasRecordOf(agreed.offerHash))) throw differs();
    return this.#change((kept) => assertRoom(this.#withAgreed(kept, agreed)));
  }

  #isShown({ offerHash }: Quote): boolean {
    return equalBytes(offerHash, this.#shown.offer.hash);
  }

  /** With the record that was agreed to. */
  #withAgreed(kept: KeptPurchase, agreed: Quote): KeptPurchase {
    const isKept = kept.records.some((record) => equalBytes(record, this.#shown.sealed));
    return this.#isShown(agreed) && !isKept ? this.#withShown(kept) : kept;
  }

  /** With the offer that is shown as the last that was agreed to. */
  #withShown(kept: KeptPurchase): KeptPurchase {
    const { sealed, offer } = this.#shown;
    return { ...kept, title: offer.title, records: [...kept.records.filter((record) => !equalBytes(record, sealed)), sealed] };
  }

  #fresh(): KeptPurchase {
    const { link, connection } = this.#parts;
    const { title } = this.#shown.offer;
    return { link, origin: connection.origin, title, seed: connection.random(32), records: [], attempts: [], bought: null };
  }

  /** Nothing that was begun may still turn out to be paid; what was never paid makes room. @throws Failure payment-refused with reason bought */
  async #assertOpen(signal: AbortSignal | undefined, session?: AccountSession): Promise<void> {
    const { state, unpaid } = await this.#look(() => true, signal, session).catch((error: unknown) => {
      if (error instanceof Failure && error.code === 'payment-owed') return { state: 'owed', unpaid: [] } as const;
      throw error;
    });
    if (state === 'bought') throw refused('bought');
    if (this.#kept?.attempts.some((attempt) => attempt.way === 'balance' && !mayAsk(attempt, session))) throw new Failure('not-enrolled');
    if (!this.#kept) return;
    await this.#change((kept) => withoutUnpaid(kept, unpaid, this.#parts.connection.serverNow()));
  }

  async #hasRecordOf(hash: Bytes): Promise<boolean> {
    for (const { offer } of await this.#agreed()) if (equalBytes(offer.hash, hash)) return true;
    return false;
  }

  /** Every offer that something was agreed to, the latest first. */
  async #agreed(): Promise<{ readonly record: PaidRecord; readonly offer: OpenedOffer }[]> {
    const { engine, link } = this.#parts;
    const records = (this.#kept?.records ?? []).toReversed().map(decodePaidRecord);
    return Promise.all(records.map(async (record) => ({ record, offer: await openRecordOffer(engine, link, record) })));
  }

  /** Another tab or program may have begun a payment, or ended one. */
  async #reload(): Promise<void> {
    this.#kept = (await this.#parts.purchases.get(this.#parts.name)) ?? this.#kept;
  }

  /** What others have kept meanwhile stays: the change is made to what is kept, not to what was read before. */
  async #change(work: (kept: KeptPurchase) => KeptPurchase): Promise<KeptPurchase> {
    const ours = this.#kept ?? this.#fresh();
    this.#kept = await this.#parts.purchases.change(this.#parts.name, (kept) => work(kept ?? ours));
    return this.#kept;
  }

  #isOver(attempt: Attempt): boolean {
    return attempt.way === 'lightning' && this.#over.has(attempt.token);
  }

  #isLate(attempt: Attempt): boolean {
    return attempt.way === 'lightning' && this.#parts.connection.serverNow() > attempt.expiresAt + lateMs;
  }

  async #payNow(agreed: Quote, attempt: Attempt, signal: AbortSignal | undefined, session?: AccountSession): Promise<void> {
    const known = await this.#begin(agreed, signal, session);
    await this.#change((kept) => {
      if (kept.bought) throw refused('bought');
      const isNew = (one: Attempt) => one.way !== 'lightning' && !known.attempts.some((other) => isSameAttempt(one, other));
      // Begun in another tab since: what became of that is to be known first.
      if (kept.attempts.some(isNew)) throw refused('busy');
      return withAttempt(this.#withAgreed(kept, agreed), attempt);
    });
    let sent: Sent = 'once';
    const onWait = () => {
      sent = 'again';
    };
    try {
      const released = await this.#ask(attempt, signal, session, onWait);
      if (released) await this.#accept(released, attempt.sats);
    } catch (error) {
      if (refusalOf(error, sent) === 'unspent') await this.#drop(attempt);
      throw error;
    }
  }

  /** Refused is: nothing was spent. Everything else may have been heard, and is asked again. */
  async #drop(attempt: Attempt): Promise<void> {
    await this.#change((kept) => {
      const attempts = kept.attempts.filter((one) => !isSameAttempt(one, attempt));
      return attempts.length === kept.attempts.length ? kept : { ...kept, attempts };
    });
  }

  /** @param onWait called before it is sent again @returns null while nothing was paid, or where that cannot be asked */
  async #ask(attempt: Attempt, signal?: AbortSignal, session?: AccountSession, onWait?: () => void): Promise<Released | null> {
    const seed = this.#kept?.seed;
    if (!seed) return null;
    switch (attempt.way) {
      case 'lightning':
        return this.#pay.collect(attempt.token, signal);
      case 'coins':
        return this.#pay.payWithCoins(buyerKeyOf(seed), attempt, { signal, onWait });
      case 'balance':
        return mayAsk(attempt, session) ? this.#debit(attempt, buyerKeyOf(seed), session, { signal, onWait }) : null;
    }
  }

  async #debit(
    { request, quote }: { readonly request: Bytes; readonly quote: string },
    buyerKey: Bytes,
    session: AccountSession,
    options: Asking,
  ): Promise<Released> {
    const answer = await this.#parts.connection.ask(payContract['pay.buy'], {
      params: { offer: this.facts.offerId },
      body: { request: formatBase64url(request), buyerKey: formatBase64url(buyerKey), quote },
      device: await deviceOf(session),
      ...options,
    });
    const [release, receipt] = [parseBase64url(answer.release), parseBase64url(answer.receipt)];
    if (!release || !receipt) throw new Failure('bad-answer', { reason: 'a release' });
    return { release, receipt };
  }

  /** Checks what came against the offers that were agreed to, and keeps it. */
  async #accept(released: Released, sats: number): Promise<void> {
    const kept = this.#kept;
    if (!kept) return;
    const candidates = await this.#agreed();
    for (const [i, { record, offer }] of candidates.entries()) {
      try {
        const half = await openRelease(kept.seed, offer, released.release);
        const at = await checkReceipt(offer, buyerKeyOf(kept.seed), released.receipt);
        await this.#unlock({ record, offer }, half);
        const opening = encodePaidRecord(record);
        await this.#change((now) => {
          if (now.bought) return now;
          const records = [...now.records.filter((one) => !equalBytes(one, opening)), opening];
          return { ...now, records, bought: { half, ...released, at, sats } };
        });
        return;
      } catch (error) {
        // Sealed for another of them.
        if (i === candidates.length - 1 || !(error instanceof Failure && error.code === 'reject')) throw error;
      }
    }
  }
}

/** What was begun with one account is no purchase of another. */
/** What shows a payment to who owes something for it; null: an account needs none, it has it back by itself. */
function proofOf(attempt: Attempt): string | null {
  return attempt.way === 'lightning' ? attempt.token : attempt.way === 'coins' ? attempt.coins : null;
}

function mayAsk(attempt: Attempt & { readonly way: 'balance' }, session: AccountSession | undefined): session is AccountSession {
  return attempt.userId === session?.userId;
}

/** Another device of the same account may ask as well: what was bought is named by the request. */
async function deviceOf({ author }: AccountSession) {
  return { ...author.device, deviceId: await deviceIdOf(author.device.publicKey) };
}

function isSamePrice(a: Price, b: Price): boolean {
  return a.amount === b.amount && a.currency === b.currency;
}

/** @param sats what is asked, where that is known */
function differs(sats?: number): Failure {
  return new Failure('price-differs', sats === undefined ? {} : { sats });
}

/**
 * Whether coins that were refused would buy it once a wallet has made others of them: worth more than the price, too many for a header, or written
 * in the older way.
 */
export function isChangeNeeded(error: unknown, coins: string): boolean {
  if (!(error instanceof Failure) || error.code !== 'payment-refused') return false;
  const { reason } = error.facts;
  return reason === '11005' || reason === 'too-many-coins' || (reason === 'other-mint' && coins.trim().startsWith('cashuA'));
}
