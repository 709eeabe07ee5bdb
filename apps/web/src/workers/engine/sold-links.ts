// Links that open with a purchase, and tip jars of those that open without: what is offered, and the purchase of each as it goes on. The course is decided in engine/purchase-course.ts;
// this does what is due and tells the page. spec/paid-links.md.
import type { Bytes } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import {
  isChangeNeeded,
  openBegun,
  openBegunTips,
  openOfferedLink,
  openTipJar,
  type OfferedLink,
  pollDelayMs,
  type Quote,
} from '@reprise/sdk/paid';
import { type Link, parseLink } from '@reprise/vault';
import type { BoughtFacts, OpenedAnswer, PricedFacts, PurchaseAct } from '../../engine/calls.ts';
import type { BoughtOnce } from '../../engine/port.ts';
import type { AskedPrice, BitcoinRate, Closed, Owed, Pocket, Purchase } from '../../engine/paid-port.ts';
import { afterEvent, dueAfter, type PurchaseEvent } from '../../engine/purchase-course.ts';
import { EngineError } from '../../engine/rpc.ts';
import { server } from './connection.ts';
import { toEngineFailure } from './failures.ts';
import { keep } from './opened-links.ts';
import { sealPool } from './other-workers.ts';
import { callPage } from './page.ts';
import { type PaymentFacts, paymentFacts } from './payment-facts.ts';
import { hasOpenAccount, lookIntoPockets, pocket } from './pockets.ts';
import { purchasesHere } from './purchase-rows.ts';

export { splitReceipt } from '@reprise/sdk/paid';

/** What a tip is before somebody writes another, in satoshis. */
const tipFirst = 21;

/** By the link that is bought: one tab shows one, and comes back to it. */
const running = new Map<string, RunningPurchase>();
let lastHandle = 0;

/**
 * @param fragment of the link, `link` what it says
 * @param half of a receipt; null without one
 * @returns null if it is not sold
 */
export async function openSold(fragment: string, link: Link, half: Bytes | null): Promise<OpenedAnswer | null> {
  const known = running.get(fragment);
  if (known?.answer) return known.answer;
  known?.stop();
  running.delete(fragment);
  const [offered, terms] = await Promise.all([openOffered(link, openOfferedLink), paymentFacts()]);
  if (!offered) return null;
  if (half) await offered.redeem(half);
  const purchase = new RunningPurchase({ link, offered, terms, open: openOfferedLink }, `sold-${++lastHandle}`);
  await purchase.begin();
  if (purchase.answer) return purchase.answer;
  running.get(fragment)?.stop();
  running.set(fragment, purchase);
  return { kind: 'priced', priced: await purchase.facts() };
}

/**
 * What was paid outlives the link, and its price: where money is owed for one that is gone, or opens for everybody by now, that is said first.
 * @returns null where nothing was begun here, and else what is owed, or what had been bought
 */
export async function openOwed(
  fragment: string,
  link: Link,
): Promise<OpenedAnswer | { readonly kind: 'over'; readonly bought: BoughtOnce | null } | null> {
  const [terms, sold] = await Promise.all([paymentFacts(), openOffered(link, openBegun)]);
  const tips = await openOffered(link, openBegunTips);
  for (const offered of [sold, tips]) {
    if (!offered) continue;
    const open = offered === tips ? openTipJar : openOfferedLink;
    const purchase = new RunningPurchase({ link, offered, terms, open }, `owed-${++lastHandle}`);
    if (!(await purchase.beginOwed())) continue;
    running.get(fragment)?.stop();
    running.set(fragment, purchase);
    return { kind: 'priced', priced: await purchase.facts() };
  }
  return sold && { kind: 'over', bought: await boughtOnce(sold) };
}

/** Of a link that is gone. */
async function boughtOnce(offered: OfferedLink): Promise<BoughtOnce | null> {
  const { bought } = offered;
  if (!bought) return null;
  const refunds = await offered.refunds();
  return { at: bought.at || null, sats: bought.sats, isReturned: refunds.some(({ reason }) => reason === 'removed') };
}

/** @param fragment of a link that opens at once @returns null if it takes no tips */
export async function openJar(fragment: string): Promise<PricedFacts | null> {
  const [link, name] = [parseLink(fragment), `tips ${fragment}`];
  const [offered, terms] = await Promise.all([openOffered(link, openTipJar), paymentFacts()]);
  if (!offered) return null;
  const purchase = new RunningPurchase({ link, offered, terms, open: openTipJar }, `tips-${++lastHandle}`);
  await purchase.begin();
  running.get(name)?.stop();
  running.set(name, purchase);
  return purchase.facts();
}

export function actOnPurchase(handle: string, act: PurchaseAct): void {
  [...running.values()].find((one) => one.handle === handle)?.act(act);
}

async function openOffered(link: Link, open: typeof openOfferedLink): Promise<OfferedLink | null> {
  return open({ connection: server(), link, pool: sealPool, purchases: await purchasesHere() });
}

type Parts = {
  readonly link: Link;
  readonly offered: OfferedLink;
  readonly terms: PaymentFacts | null;
  readonly open: typeof openOfferedLink;
};

class RunningPurchase {
  readonly handle: string;
  /** What the link opens to, once it is bought. */
  answer: OpenedAnswer | null = null;
  readonly #link: Link;
  /** A price, or a tip jar. */
  readonly #open: typeof openOfferedLink;
  /** null where nothing is sold: then nothing is asked of /pay. */
  readonly #terms: PaymentFacts | null;
  #offered: OfferedLink;
  #state: Purchase = { at: 'looking' };
  #quote: Quote | null = null;
  /** What the buyer pays where the price is a floor; undefined: the price. */
  #amount: number | undefined;
  #check: Promise<void> | null = null;
  /** A payment was begun here, now or before. */
  #begun = false;
  /** null: the page does not listen yet. Nothing is done by itself before. */
  #isSeen: boolean | null = null;
  /** How often a payment was asked after since somebody began to wait for it. */
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #working = false;
  /** What was pressed last while something else was under way, and in which state. */
  #pressed: { readonly at: Purchase['at']; readonly work: () => Promise<void> } | null = null;
  readonly #over = new AbortController();

  constructor({ link, offered, terms, open }: Parts, handle: string) {
    this.handle = handle;
    this.#link = link;
    this.#open = open;
    this.#amount = offered.facts.isJar ? tipFirst : undefined;
    this.#offered = offered;
    this.#terms = terms;
  }

  /** Finishes what was begun before; else the price is read. */
  async begin(): Promise<void> {
    await this.#guarded(async () => {
      const state = await this.#offered.resume(this.#over.signal);
      if (state === 'bought') return this.#unlock();
      this.#begun = state === 'waiting';
      await this.#look();
      const { invoice } = this.#offered;
      if (this.#begun && invoice && this.#state.at === 'offered' && invoice.expiresAt > Date.now())
        this.#tell({ kind: 'invoiced', asked: this.#state.asked, invoice });
    });
  }

  /** Where nothing can be bought any more. @returns whether something is owed back */
  async beginOwed(): Promise<boolean> {
    await this.#offered.resume(this.#over.signal).catch((error: unknown) => {
      if (codeOf(error) !== 'payment-owed') throw error;
    });
    const owed = await this.#firstOwed();
    if (owed) this.#tell({ kind: 'owed', owed });
    return owed !== null;
  }

  async facts(): Promise<PricedFacts> {
    const { title, paddedBytes, price, isFloor, isJar, notAfter, fingerprint } = this.#offered.facts;
    return {
      handle: this.handle,
      title,
      bytes: paddedBytes,
      fingerprint: new Uint8Array(await crypto.subtle.digest('SHA-256', fingerprint)),
      price,
      isFloor,
      isJar,
      salesEndAt: notAfter,
      worthless: this.#terms?.isSandbox ?? false,
      relays: this.#terms?.relays ?? [],
      purpose: this.#offered.name,
      purchase: this.#state,
    };
  }

  stop(): void {
    this.#over.abort();
    clearTimeout(this.#timer);
  }

  act(act: PurchaseAct): void {
    switch (act.kind) {
      case 'see':
        return this.#see(act.isSeen);
      case 'look':
        return this.#press(() => this.#look());
      case 'invoice':
        return this.#press(() => this.#askInvoice());
      case 'other-way':
        return this.#tell({ kind: 'other-way' });
      case 'choose':
        return this.#press(() => this.#choose(act.amount));
      case 'token':
        return this.#press(() => this.#payWithToken(act.token));
      case 'pocket':
        return this.#press(() => this.#withPockets(this.#payFrom(act.from)));
      case 'refund':
        return this.#press(() => this.#withPockets(this.#claimRefunds()));
      case 'sandbox':
        return this.#press(() => this.#payInSandbox());
    }
  }

  /** Whoever comes back from a wallet is not kept waiting. */
  #see(isSeen: boolean): void {
    if (this.#isSeen === isSeen) return;
    this.#isSeen = isSeen;
    this.#asked = 0;
    if (!this.#working) this.#plan();
  }

  /** What a person wants is done as soon as what is under way has ended, unless that has changed what they saw. */
  #press(work: () => Promise<void>): void {
    this.#tell({ kind: 'pressed' });
    if (this.#working) this.#pressed = { at: this.#state.at, work };
    else void this.#run(work);
  }

  async #look(): Promise<void> {
    if (!this.#terms) return this.#tell({ kind: 'closed', closed: { why: 'off' } });
    this.#quote = await this.#agreedQuote();
    this.#check ??= this.#offered.check(this.#over.signal);
    this.#check.catch(() => undefined);
    this.#tell({ kind: 'priced', asked: this.#askedBy(this.#quote) });
  }

  async #choose(amount: number): Promise<void> {
    const before = this.#amount;
    this.#amount = amount;
    try {
      this.#quote = await this.#agreedQuote();
    } catch (error) {
      this.#amount = before;
      throw error;
    }
    // Another offer meanwhile: then its price is asked again.
    this.#tell({ kind: 'priced', asked: this.#askedBy(this.#quote), isChosen: this.#quote.price.amount === amount });
  }

  #askedBy(quote: Quote): AskedPrice {
    return askedOf(quote, this.#terms?.rate ?? null);
  }

  /** A seller may have changed the price since the link was opened: then the new offer is read, and is what counts. */
  async #agreedQuote(): Promise<Quote> {
    try {
      return await this.#offered.quote(this.#over.signal, this.#amount);
    } catch (error) {
      if (codeOf(error) !== 'price-differs') throw error;
      const offered = await openOffered(this.#link, this.#open);
      // Given away meanwhile: nothing is to be paid any more.
      if (!offered) throw new Failure('price-differs', {});
      this.#offered = offered;
      this.#check = null;
      const { isFloor, price } = offered.facts;
      if (!isFloor || (this.#amount ?? 0) < price.amount) this.#amount = undefined;
      return this.#offered.quote(this.#over.signal, this.#amount);
    }
  }

  /** Before money is asked for: what is sold must be there. */
  async #assertThere(): Promise<void> {
    try {
      await (this.#check ??= this.#offered.check(this.#over.signal));
    } catch (error) {
      this.#check = null;
      throw error;
    }
  }

  async #askInvoice(): Promise<void> {
    await this.#assertThere();
    if (!this.#quote || this.#quote.expiresAt <= Date.now()) await this.#look();
    if (this.#state.at === 'offered' && this.#state.was && !this.#state.busy) return;
    const invoice = await this.#invoiceFor(this.#quote as Quote);
    if (!invoice) return;
    this.#begun = true;
    this.#tell({ kind: 'invoiced', asked: this.#askedBy(this.#quote as Quote), invoice });
  }

  /** Where the rate has moved, the invoice is that of the moment; where the price is another, it is asked again. */
  async #invoiceFor(quote: Quote) {
    try {
      return await this.#offered.payByLightning(quote, this.#over.signal);
    } catch (error) {
      if (codeOf(error) !== 'price-differs') throw error;
      await this.#look();
      if (this.#state.at !== 'offered' || this.#state.was) return null;
      return this.#offered.payByLightning(this.#quote as Quote, this.#over.signal);
    }
  }

  async #payWithToken(token: string): Promise<void> {
    if (!(await this.#isAgreed())) return;
    try {
      await this.#payWithCoins(token);
    } catch (error) {
      if (!isChangeNeeded(error, token)) throw error;
      await this.#withPockets(this.#payWithChange(token));
    }
  }

  /** The coins become those of this browser, which pays the price out of them and keeps what is left: all of it, where that stops. */
  async #payWithChange(token: string): Promise<void> {
    const price = BigInt((this.#quote as Quote).sats);
    const { amount } = await (await pocket('here')).receive(token, price);
    try {
      // No other coin of the browser pays for it.
      const missing = price - amount;
      if (missing > 0n) throw new Failure('wallet-refused', { reason: 'too-little', missing: String(missing) });
      await this.#payFrom('here');
    } catch (error) {
      throw withCoinsKept(error);
    }
  }

  /** Exactly the price, from a wallet: what was not taken goes back into it. */
  async #payFrom(which: Pocket): Promise<void> {
    const [isAgreed, purse] = await Promise.all([this.#isAgreed(), pocket(which)]);
    if (!isAgreed) return;
    // Without a word: it would stand in the token, which the shop reads.
    const { id, token } = await purse.handOut(BigInt((this.#quote as Quote).sats), '');
    try {
      await this.#payWithCoins(token);
    } catch (error) {
      // A purse that does not answer goes on with it later; what kept it from being bought is what a person has to know.
      if (!this.#offered.isUnderWay(token)) await purse.takeBack(id).catch(() => undefined);
      throw error;
    }
  }

  /** What is in the purses afterwards is shown before it is told why something stopped. */
  async #withPockets(work: Promise<void>): Promise<void> {
    try {
      await work;
    } finally {
      await lookIntoPockets();
    }
  }

  /** What is sold is there, and what is asked for it is what was shown. */
  async #isAgreed(): Promise<boolean> {
    await this.#assertThere();
    if (!this.#quote || this.#quote.expiresAt <= Date.now()) await this.#look();
    return this.#state.at === 'offered' && !this.#state.was;
  }

  async #payWithCoins(token: string): Promise<void> {
    this.#begun = true;
    await this.#offered.payWithCoins(this.#quote as Quote, token, this.#over.signal);
    await this.#collect();
  }

  /** Whatever ends this half way, the purse ends it when it is looked into again. */
  async #claimRefunds(): Promise<void> {
    if (this.#state.at !== 'owed') return;
    const { owed } = this.#state;
    const taken = (await hasOpenAccount()) ? 'account' : 'here';
    const purse = await pocket(taken);
    const { title, offerId } = this.#offered.facts;
    let sats = 0;
    for (const refund of await this.#offered.refunds(this.#over.signal)) {
      if (refund.state === 'owed') {
        await purse.drawRefund(refund.token, title, offerId);
        sats += refund.sats;
      }
      // Of what was bought and taken down it is told afterwards too.
      if (refund.reason !== 'removed') await this.#offered.forgetRefunded(refund.token);
    }
    if (sats > 0) return this.#tell({ kind: 'owed', owed: { ...owed, sats, taken } });
    // Drawn elsewhere: the link can be bought anew.
    await this.#look();
    this.#tell({ kind: 'failed', failure: { code: 'wallet-refused', facts: { reason: 'refund-gone' } } });
  }

  /** Pays with coins that are worth nothing: the sandbox has a second node, which plays the world's wallets. */
  async #payInSandbox(): Promise<void> {
    if (this.#state.at !== 'waiting' || !this.#terms?.isSandbox) return;
    const body = new TextEncoder().encode(JSON.stringify({ invoice: this.#state.invoice.bolt11 }));
    const connection = server();
    const response = await connection.send({
      method: 'POST',
      url: `${connection.origin}/sandbox/pay`,
      headers: { 'content-type': 'application/json' },
      body,
    });
    const said = JSON.parse(new TextDecoder().decode(await response.bytes(16_384))) as { readonly state?: unknown };
    if (said.state !== 'succeeded') return this.#tell({ kind: 'failed', failure: { code: 'sandbox-refused', facts: {} } });
    this.#tell({ kind: 'paid' });
    await this.#collect();
  }

  async #collect(): Promise<void> {
    this.#asked++;
    const state = await this.#offered.resume(this.#over.signal);
    if (state !== 'bought') return this.#tell({ kind: 'unpaid' });
    this.#tell({ kind: 'paid' });
    await this.#unlock();
  }

  async #unlock(): Promise<void> {
    if (this.#offered.facts.isJar) {
      this.#begun = false;
      this.#tell({ kind: 'unlocked' });
      // Told: what is pressed next is another tip.
      return this.#offered.tipAgain(this.#over.signal);
    }
    const opened = await this.#offered.open();
    const { bought: kept, receiptUrl } = this.#offered;
    const bought: BoughtFacts = { at: kept?.at || null, receiptUrl: receiptUrl ?? '', worthless: this.#terms?.isSandbox ?? false };
    this.answer = { kind: 'ready', link: await keep(opened, this.#link), bought };
    this.#tell({ kind: 'unlocked' });
  }

  async #run(work: () => Promise<void>): Promise<void> {
    this.#working = true;
    clearTimeout(this.#timer);
    await this.#guarded(work);
    for (let next = this.#pressed; next; next = this.#pressed) {
      this.#pressed = null;
      if (next.at !== this.#state.at || this.#over.signal.aborted) continue;
      // A price that changed meanwhile is not what they pressed for.
      if (this.#state.at !== 'offered' || !this.#state.was) this.#tell({ kind: 'pressed' });
      await this.#guarded(next.work);
    }
    this.#working = false;
    this.#plan();
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#over.signal.aborted) return;
      if (codeOf(error) === 'payment-owed') return this.#guarded(() => this.#readOwed());
      // In another tab, or by an earlier payment.
      if (codeOf(error) === 'payment-refused' && (error as Failure).facts['reason'] === 'bought')
        return this.#guarded(() => this.#collect());
      this.#tell(eventOf(error));
    }
  }

  async #readOwed(): Promise<void> {
    const owed = await this.#firstOwed();
    if (!owed) return this.#look();
    this.#tell({ kind: 'owed', owed });
  }

  async #firstOwed(): Promise<Owed | null> {
    const owed = (await this.#offered.refunds(this.#over.signal)).find(({ state }) => state === 'owed');
    return owed ? { sats: owed.sats, reason: owed.reason, taken: null } : null;
  }

  #plan(): void {
    clearTimeout(this.#timer);
    if (this.#over.signal.aborted || this.#isSeen === null) return;
    const pace = { begun: this.#begun, isSeen: this.#isSeen, collectMs: pollDelayMs(this.#asked) };
    const due = dueAfter(this.#state, Date.now(), pace);
    if (!due) return;
    const acts = { look: () => this.#look(), renew: () => this.#askInvoice(), collect: () => this.#collect() };
    this.#timer = setTimeout(() => void this.#run(acts[due.act]), Math.max(0, due.at - Date.now()));
  }

  #tell(event: PurchaseEvent): void {
    if (event.kind === 'invoiced' || event.kind === 'paid') this.#asked = 0;
    this.#state = afterEvent(this.#state, event);
    if (this.#isSeen !== null) void callPage('purchaseChanged', { handle: this.handle, purchase: this.#state });
    if (!this.#working) this.#plan();
  }
}

/** @param known of the host, for a price in satoshis: what it is about */
function askedOf({ sats, price, rate, salesLeft, expiresAt }: Quote, known: BitcoinRate | null): AskedPrice {
  const { currency } = price;
  const frozen = rate && currency !== 'SAT' && { currency, perBitcoin: Number(rate.price) / 1e8, at: rate.at, source: rate.source };
  return { ...price, sats, rate: frozen || known, salesLeft, holdsUntil: expiresAt };
}

function codeOf(error: unknown): string | null {
  return error instanceof Failure ? error.code : null;
}

/** A payment that stopped after its token had become coins of this browser. */
function withCoinsKept(error: unknown): Error {
  if (error instanceof Failure) return new Failure(error.code, { ...error.facts, coinsKept: 1 });
  const { code, facts } = toEngineFailure(error);
  return new EngineError({ code, facts: { ...facts, coinsKept: 1 } });
}

/** What the shop refuses, as an end of the sale or as trouble of the last press. */
function eventOf(error: unknown): PurchaseEvent {
  const failure = toEngineFailure(error);
  const reason = String(failure.facts['reason'] ?? '');
  const closed = (why: Exclude<Closed['why'], 'notice'>): PurchaseEvent => ({ kind: 'closed', closed: { why } as Closed });
  switch (codeOf(error)) {
    case 'price-differs':
      return closed('differs');
    case 'object-missing':
    case 'link-forged':
      return ['list', 'object', ''].includes(reason)
        ? closed('incomplete')
        : { kind: 'failed', failure: { code: 'bad-release', facts: {} } };
    case 'payment-refused':
      break;
    default:
      return { kind: 'failed', failure };
  }
  switch (reason) {
    case 'ended':
    case 'sold-out':
    case 'no-rate':
    case 'busy':
      return closed(reason);
    case 'under-notice':
      return {
        kind: 'closed',
        closed: { why: 'notice', reference: typeof failure.facts['case'] === 'string' ? failure.facts['case'] : null },
      };
    case 'unavailable':
      return closed('busy');
    case 'no-offer':
    case 'payments-off':
      return closed('off');
    default:
      return { kind: 'failed', failure: { code: reason, facts: failure.facts } };
  }
}
