// A visitor's side of a link that is sold: what is offered and checked, how it is paid, and the link that a purchase opens. Nothing is sent
// before the buyer's key is kept, and what was begun is found again by the next program that opens the link. spec/paid-links.md.
import { type Bytes, equalBytes, formatBase64url, formatHex, parseBase64url, sleep } from '@reprise/kit';
import { formatId, type LinkId } from '@reprise/protocol';
import { deviceIdOf, Failure } from '@reprise/protocol/formats';
import { payContract } from '@reprise/protocol/pay';
import { type Engine, isPaidRecord, type Link, linkAddress, parseLink, type Ref, webEngine } from '@reprise/vault';
import {
  buyerKeyOf,
  checkReceipt,
  decodePaidRecord,
  type OpenedOffer,
  openOffer,
  openRelease,
  type PaidRecord,
  type Price,
  unlockRoot,
} from '@reprise/vault/paid';
import type { AccountSession } from '../account/session.ts';
import type { Connection } from '../connect.ts';
import { decodeRecordText, OpenedLink, type OpenLinkOptions } from '../download.ts';
import { LinkObjects } from '../objects.ts';
import { inlinePool, type SealPool } from '../pool.ts';
import { formatReceiptLink } from './receipt-link.ts';
import { assertSold } from './check-content.ts';
import type { Attempt, Bought, KeptPurchase, Purchases } from './kept-purchase.ts';
import { headerTokenMax, type Invoice, type Listing, type Owed, PayRequests, type Quote, refused, type Released } from './pay-requests.ts';

/** What opening an offer takes. */
export type OfferedLinkOptions = Pick<OpenLinkOptions, 'connection' | 'link' | 'pool' | 'engine' | 'signal'> & {
  /** What this machine has bought and has begun to buy. */
  readonly purchases: Purchases;
};

/** What the seller signed, checked, and what the server says of the link. */
export type OfferFacts = {
  readonly title: string;
  readonly price: Price;
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
export type ShownInvoice = Omit<Invoice, 'token'>;

/**
 * Opens what a sold link offers. Nothing is asked of the part of the server that takes money.
 * @returns null if the link is not sold: `openLink` opens it
 * @throws Failure bad-link, link-unavailable, link-removed, link-forged, link-version, reject, bad-journal, network …
 */
export async function openOfferedLink(options: OfferedLinkOptions): Promise<OfferedLink | null> {
  const { connection, engine = webEngine, signal } = options;
  const link = typeof options.link === 'string' ? parseLink(options.link) : options.link;
  const address = await linkAddress(engine, link);
  const id = formatId<LinkId>(address.id);
  const kept = await options.purchases.get(id);
  const objects = new LinkObjects(connection, { link: id, token: address.token, gate: null });
  const answer = await connection.call('links.open', { params: { link: id }, body: objects.body, signal });
  const sealed = decodeRecordText(answer.record);
  if (!isPaidRecord(sealed)) return null;
  const record = decodePaidRecord(sealed);
  const offer = await openOffer(engine, link, record.offerId, record.offer);
  const served = {
    version: answer.version,
    expiresAt: answer.expiresAt,
    downloadsLeft: answer.downloadsLeft,
    receivedBytes: answer.receivedBytes,
  };
  const parts = { connection, engine, pool: options.pool ?? inlinePool(engine), objects, link, id, purchases: options.purchases };
  return new OfferedLink(parts, { sealed, record, offer, served }, kept);
}

type Parts = {
  readonly connection: Connection;
  readonly engine: Engine;
  readonly pool: SealPool;
  readonly objects: LinkObjects;
  readonly link: Link;
  readonly id: LinkId;
  readonly purchases: Purchases;
};

type Shown = {
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

const pollFirstMs = 250;
const pollMaxMs = 2_000;
/** How long after an invoice has expired a payment that was on its way is still waited for. */
const lateMs = 30_000;

/** A link that is sold, as its visitor sees it: checked, paid, and then opened. */
export class OfferedLink {
  readonly facts: OfferFacts;
  readonly #parts: Parts;
  readonly #shown: Shown;
  readonly #pay: PayRequests;
  #kept: KeptPurchase | null;

  constructor(parts: Parts, shown: Shown, kept: KeptPurchase | null) {
    const { offer, served } = shown;
    this.#parts = parts;
    this.#shown = shown;
    this.#kept = kept;
    this.#pay = new PayRequests(parts.connection, formatHex(offer.id));
    this.facts = {
      title: offer.title,
      price: offer.price,
      paddedBytes: offer.paddedBytes,
      notAfter: offer.notAfter,
      fingerprint: parts.link.fingerprint,
      offerId: formatHex(offer.id),
      expiresAt: served.expiresAt,
      downloadsLeft: served.downloadsLeft,
      version: served.version,
    };
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
    return bought ? formatReceiptLink(connection.origin, link, bought.half) : null;
  }

  /** The invoice that waits for payment, or could: the newest that was asked for here; null if there is none. */
  get invoice(): ShownInvoice | null {
    const last = this.#kept?.attempts.findLast((attempt) => attempt.way === 'lightning');
    return last ? { bolt11: last.bolt11, sats: last.sats, expiresAt: last.expiresAt } : null;
  }

  /**
   * Whether what is sold is there: the ids that the link holds are those that the seller signed, and up to four of the objects, drawn at
   * random, have the bytes that their ids say. Nothing of it can be read before the purchase.
   * @throws Failure link-forged with reason list, object-missing, reject, network …
   */
  check(signal?: AbortSignal): Promise<void> {
    const { connection, objects } = this.#parts;
    return assertSold({ connection, objects, list: this.#shown.offer.list }, signal);
  }

  /**
   * The price of now, as the operator asks it, compared with what the seller signed.
   * @throws Failure price-differs: open the link again and ask the buyer again; payment-refused with reason ended, sold-out, no-offer,
   *   no-rate, busy; network …
   */
  async quote(signal?: AbortSignal): Promise<Quote> {
    const [listing, quote] = await Promise.all([this.#pay.listing(signal), this.#pay.quote(signal)]);
    this.#assertListed(listing);
    if (quote.version !== listing.version || !isSamePrice(quote.price, this.facts.price)) throw differs(quote.sats);
    if (quote.price.currency === 'SAT' && quote.sats !== quote.price.amount) throw differs(quote.sats);
    return quote;
  }

  /**
   * An invoice for the price that was agreed to. The buyer's key is kept before it is asked for, the invoice's token before it is shown.
   * @throws Failure price-differs if another price is asked now, and as `quote`
   */
  async payByLightning(agreed: Quote, signal?: AbortSignal): Promise<ShownInvoice> {
    const kept = await this.#begin();
    const invoice = await this.#pay.invoice(buyerKeyOf(kept.seed), signal);
    if (invoice.sats !== agreed.sats) throw differs(invoice.sats);
    const known = kept.attempts.find((attempt) => attempt.way === 'lightning' && attempt.token === invoice.token);
    if (known?.way === 'lightning') return { bolt11: known.bolt11, sats: known.sats, expiresAt: known.expiresAt };
    const { bolt11, sats, token, expiresAt } = invoice;
    const attempt = { way: 'lightning', token, bolt11, sats, expiresAt } as const;
    await this.#keep({ ...kept, attempts: [...kept.attempts, attempt] });
    return { bolt11, sats, expiresAt };
  }

  /**
   * Waits until the invoice is paid; the payment may also have come before.
   * @throws Failure payment-waits when it has expired unpaid; payment-owed; cancelled on the signal: asked again, it goes on
   */
  async settled(signal?: AbortSignal): Promise<void> {
    const { connection } = this.#parts;
    for (let delayMs = pollFirstMs; ; delayMs = Math.min(pollMaxMs, delayMs * 1.1)) {
      const state = await this.resume(signal);
      if (state === 'bought') return;
      const last = this.invoice;
      if (!last || connection.serverNow() > last.expiresAt + lateMs) throw new Failure('payment-waits');
      await sleep(delayMs, signal).catch((cause: unknown) => {
        throw new Failure('cancelled', {}, { cause });
      });
    }
  }

  /**
   * Pays with coins that are worth exactly the price. They are kept with the purchase before they are sent: whatever happens then, the same
   * coins have the same answer.
   * @param coins `cashuB…` of the operator's mint
   * @throws Failure payment-refused: nothing was spent; the coins are the buyer's still
   */
  async payWithCoins(agreed: Quote, coins: string, signal?: AbortSignal): Promise<void> {
    const text = coins.trim();
    if (!/^cashuB[A-Za-z0-9_-]+={0,2}$/.test(text)) throw refused('other-mint');
    if (text.length > headerTokenMax) throw refused('too-many-coins');
    await this.#payNow({ way: 'coins', coins: text, quote: agreed.text, sats: agreed.sats }, signal);
  }

  /**
   * Pays from the balance of an account, which the operator then knows to have bought this.
   * @throws Failure balance-too-low, role-refused, payments-off, and as the contract lists
   */
  async payFromBalance(agreed: Quote, session: AccountSession, signal?: AbortSignal): Promise<void> {
    const request = this.#parts.connection.random(16);
    await this.#payNow({ way: 'balance', request, quote: agreed.text, sats: agreed.sats }, signal, session);
  }

  /**
   * Finds out what became of what was begun, on this machine and whenever; what was paid for is fetched, checked and kept.
   * @param session of the account, if a purchase from its balance was begun
   * @throws Failure payment-owed if a payment bought nothing; link-forged if what came is not what was offered; network …
   */
  async resume(signal?: AbortSignal, session?: AccountSession): Promise<PurchaseState> {
    if (this.#kept?.bought) return 'bought';
    let owed: Failure | null = null;
    let waits = false;
    for (const attempt of this.#kept?.attempts.toReversed() ?? []) {
      try {
        const released = await this.#ask(attempt, signal, session);
        if (released) {
          await this.#accept(released, attempt.sats);
          return 'bought';
        }
        waits = true;
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        if (error.code === 'payment-owed') owed = error;
        else if (!isRefusal(error)) throw error;
      }
    }
    if (owed) throw owed;
    return waits ? 'waiting' : 'none';
  }

  /** What is owed back for payments that bought nothing or too much, each with the token that shows it. */
  async refunds(signal?: AbortSignal): Promise<readonly (Owed & { readonly token: string })[]> {
    const found: (Owed & { readonly token: string })[] = [];
    for (const attempt of this.#kept?.attempts ?? []) {
      if (attempt.way !== 'lightning') continue;
      const owed = await this.#pay.readRefund(attempt.token, signal);
      if (owed) found.push({ ...owed, token: attempt.token });
    }
    return found;
  }

  /** What is owed, as balance of an account. @returns satoshis */
  async refundToBalance(token: string, session: AccountSession, signal?: AbortSignal): Promise<number> {
    const call = { params: { offer: this.facts.offerId }, body: { token }, device: await deviceOf(session), signal };
    return Number((await this.#parts.connection.ask(payContract['pay.refund'], call)).amount);
  }

  /** What is owed, as coins. @param outputs blinded, for exactly the amount @returns the mint's signatures; the same for the same outputs */
  refundAsCoins(token: string, outputs: readonly unknown[], signal?: AbortSignal): Promise<readonly unknown[]> {
    return this.#pay.takeRefund(token, outputs, signal);
  }

  /**
   * Opens here what was bought elsewhere, and keeps it as bought, at 0 for 0 satoshis. Nothing is asked of who takes money.
   * @param half of a receipt link
   * @throws Failure reject if it is not what this offer is opened with
   */
  async redeem(half: Bytes): Promise<void> {
    if (this.#kept?.bought) return;
    const kept = await this.#begin();
    await this.#unlock(kept, half);
    const none: Bytes = new Uint8Array(0);
    await this.#keep({ ...kept, bought: { half, release: none, receipt: none, at: 0, sats: 0 } });
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
    const ref = await this.#unlock(kept, kept.bought.half);
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
    };
    const record = { state: 'snapshot', ref, title: offer.title, createdMs: kept.bought.at, expectedBytes: null } as const;
    return new OpenedLink({ connection, engine, pool, objects, facts, record, stretched: null });
  }

  /** The record that was agreed to, or the one of now: they differ when the price has changed, and both open to what was offered. */
  async #unlock(kept: KeptPurchase, half: Bytes): Promise<Ref> {
    const { engine, link } = this.#parts;
    const record = decodePaidRecord(kept.record);
    const offer = await openOffer(engine, link, record.offerId, record.offer);
    return unlockRoot(engine, { secret: link.secret, half }, offer, record.locked);
  }

  #assertListed({ hash, price, commitment, agentKey, state }: Listing): void {
    const { offer } = this.#shown;
    if (state !== 'open') throw refused(state === 'sold-out' ? state : 'ended');
    const isOurs = equalBytes(hash, offer.hash) && equalBytes(commitment, offer.commitment) && equalBytes(agentKey, offer.agentKey);
    if (!isOurs || !isSamePrice(price, offer.price)) throw differs();
  }

  /** A key for this purchase, on disk before anything is sent. */
  async #begin(): Promise<KeptPurchase> {
    const { link, connection } = this.#parts;
    const { sealed, offer } = this.#shown;
    const before = this.#kept;
    if (before && equalBytes(before.record, sealed)) return before;
    const seed = before?.seed ?? connection.random(32);
    const kept: KeptPurchase = {
      link,
      origin: connection.origin,
      title: offer.title,
      seed,
      record: sealed,
      attempts: before?.attempts ?? [],
      bought: before?.bought ?? null,
    };
    await this.#keep(kept);
    return kept;
  }

  async #keep(purchase: KeptPurchase): Promise<void> {
    await this.#parts.purchases.put(this.#parts.id, purchase);
    this.#kept = purchase;
  }

  async #payNow(attempt: Attempt, signal: AbortSignal | undefined, session?: AccountSession): Promise<void> {
    const kept = await this.#begin();
    await this.#keep({ ...kept, attempts: [...kept.attempts, attempt] });
    try {
      const released = await this.#ask(attempt, signal, session);
      if (released) await this.#accept(released, attempt.sats);
    } catch (error) {
      // Refused is: nothing was spent. Everything else may have been heard, and is asked again.
      if (error instanceof Failure && isRefusal(error) && this.#kept)
        await this.#keep({ ...this.#kept, attempts: this.#kept.attempts.filter((one) => one !== attempt) });
      throw error;
    }
  }

  /** @returns null while nothing was paid */
  async #ask(attempt: Attempt, signal: AbortSignal | undefined, session?: AccountSession): Promise<Released | null> {
    const seed = this.#kept?.seed;
    if (!seed) return null;
    switch (attempt.way) {
      case 'lightning':
        return this.#pay.collect(attempt.token, signal);
      case 'coins':
        return this.#pay.payWithCoins(buyerKeyOf(seed), attempt.coins, attempt.quote, signal);
      case 'balance':
        return session ? this.#debit(attempt, buyerKeyOf(seed), session, signal) : null;
    }
  }

  async #debit(
    { request, quote }: { readonly request: Bytes; readonly quote: string },
    buyerKey: Bytes,
    session: AccountSession,
    signal: AbortSignal | undefined,
  ): Promise<Released> {
    const answer = await this.#parts.connection.ask(payContract['pay.buy'], {
      params: { offer: this.facts.offerId },
      body: { request: formatBase64url(request), buyerKey: formatBase64url(buyerKey), quote },
      device: await deviceOf(session),
      signal,
    });
    const [release, receipt] = [parseBase64url(answer.release), parseBase64url(answer.receipt)];
    if (!release || !receipt) throw new Failure('bad-answer', { reason: 'a release' });
    return { release, receipt };
  }

  /** Checks what came against the offer, and keeps it. A price may have changed on the way: then it fits the record of now. */
  async #accept(released: Released, sats: number): Promise<void> {
    const kept = this.#kept;
    if (!kept) return;
    const { engine, link } = this.#parts;
    const agreed = decodePaidRecord(kept.record);
    const candidates = [
      { record: kept.record, offer: await openOffer(engine, link, agreed.offerId, agreed.offer) },
      { record: this.#shown.sealed, offer: this.#shown.offer },
    ];
    for (const [i, { record, offer }] of candidates.entries()) {
      try {
        const half = await openRelease(kept.seed, offer, released.release);
        const at = await checkReceipt(offer, buyerKeyOf(kept.seed), released.receipt);
        const next = { ...kept, record };
        await this.#unlock(next, half);
        const bought: Bought = { half, release: released.release, receipt: released.receipt, at, sats };
        return await this.#keep({ ...next, bought });
      } catch (error) {
        if (i === candidates.length - 1 || !(error instanceof Failure && error.code === 'reject')) throw error;
      }
    }
  }
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

/** Whether the part of a server that takes money has said no: then nothing was spent. */
function isRefusal({ code }: Failure): boolean {
  return refusals.has(code);
}

const refusals = new Set(['payment-refused', 'balance-too-low', 'key-reused', 'offer-closed', 'quote-refused', 'not-found']);
