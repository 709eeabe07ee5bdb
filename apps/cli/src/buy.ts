// `reprise get` of a link that is sold: what it costs, the payment that was asked for, and the link that it opens. What was begun is finished by the
// next run, and what was bought stays bought. docs/guide/cli.md "Links that are sold".
import { decodeUtf8, encodeUtf8 } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import { connect, type OpenedLink, parseLink, type SealPool, type Transport } from '@reprise/sdk';
import {
  isChangeNeeded,
  openBegun,
  openBegunTips,
  type OfferedLink,
  openOfferedLink,
  openTipJar,
  type Price,
  type PurchaseState,
  type Quote,
} from '@reprise/sdk/paid';
import { nodeEngine } from '@reprise/vault/node';
import { type HistoryEntry, isRefused, type Sat, type Wallet } from '@reprise/wallet';
import { openEnrolled } from './account.ts';
import { parseServer } from './arguments.ts';
import type { CommandContext } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { formatPrice, formatSats, parsePrice } from './price-text.ts';
import { askSecret } from './prompt.ts';
import type { State } from './state.ts';
import type { OpenedWallet } from './wallet-open.ts';
import { takeOut } from './wallet-out.ts';

/** As the command line names them; a token of coins stands for itself, `-` for one on standard input. */
export type PayWishes = {
  readonly pay: string | undefined;
  readonly maxPrice: string | undefined;
  /** What to pay where the price is the least. */
  readonly amount: string | undefined;
  readonly isJson: boolean;
};

export type BuyRequest = {
  readonly link: string;
  readonly server: string | undefined;
  readonly transport: Transport;
  readonly pool: SealPool;
  readonly state: State;
  readonly wishes: PayWishes;
};

const ways = ['lightning', 'sandbox', 'wallet', 'balance'] as const;
type Way = (typeof ways)[number] | { readonly coins: string };

/**
 * @returns the link, bought now or before
 * @throws Failure payment-required where nothing says how to pay, with what it costs; price-differs above the price that was agreed to;
 *   payment-refused, payment-waits, payment-owed; link-forged where what is sold is not there
 */
export async function buyLink(request: BuyRequest, context: CommandContext): Promise<OpenedLink> {
  const { wishes } = request;
  const named = wishes.pay === '-' ? undefined : parseWay(wishes.pay);
  const given = wishes.amount === undefined ? null : parsePrice(wishes.amount);
  const bound = wishes.maxPrice === undefined ? null : parsePrice(wishes.maxPrice);
  const most = bound ?? given;
  const offered = await openSold(request, context);
  const { interrupted } = context.terminal;
  if ((await resumeOffer(offered, context)) === 'bought') return offered.open();
  const way = wishes.pay === '-' ? await readWay('-', context) : named;
  if (way === undefined) {
    const { sats, salesLeft } = await offered.quote(interrupted);
    const { title, isFloor, price } = offered.facts;
    throw new Failure('payment-required', { sats, price: price.amount, currency: price.currency, title, isFloor, salesLeft });
  }
  // Opened while the price is asked.
  const opening = way === 'wallet' ? openPrepared(request, context) : null;
  opening?.catch(() => undefined);
  try {
    // Sealed content that is not there is not paid for.
    const [agreed] = await Promise.all([offered.quote(interrupted, amountFor(offered, given)), offered.check(interrupted)]);
    demandPrice(agreed, most, way);
    const leaving = bound?.currency === 'SAT' ? BigInt(bound.amount) : null;
    await pay(offered, { agreed, most: leaving, way, request, opening }, context);
    return await offered.open();
  } finally {
    (await opening?.catch(() => null))?.[Symbol.dispose]();
  }
}

/** @param text as on the command line; `-`: a token is asked for @throws Failure usage */
export async function readWay(text: string, { terminal, words }: CommandContext): Promise<Way> {
  return parseWay(text === '-' ? (await askSecret(terminal, words.askToken)).trim() : text) as Way;
}

/** What became of what an earlier run began. */
export function resumeOffer(offered: OfferedLink, context: CommandContext): Promise<PurchaseState> {
  return offered.needsAccount ? resumeWithAccount(offered, context) : offered.resume(context.terminal.interrupted);
}

/** A purchase from the balance whose answer was lost: nothing else is paid before it is known. */
async function resumeWithAccount(offered: OfferedLink, { terminal }: CommandContext) {
  using enrolled = await openEnrolled(terminal);
  return offered.resume(terminal.interrupted, enrolled.account.session);
}

/**
 * What is owed back for payments that bought nothing, or too much, becomes coins of the wallet, which needs no account; or balance of one.
 * @returns the exit code
 */
export async function takeRefunds(request: BuyRequest, context: CommandContext): Promise<number> {
  const { terminal, words } = context;
  const { pay: to = 'wallet', isJson } = request.wishes;
  if (to !== 'wallet' && to !== 'balance') throw new Failure('usage', { reason: 'refund-to', value: to });
  const offered = await openOwing(request, context);
  const { sats, failure } = await (to === 'wallet' ? refundToWallet(offered, request, context) : refundToBalance(offered, context));
  if (isJson && (sats > 0 || !failure)) terminal.print(JSON.stringify({ refunded: sats, to }));
  else if (sats > 0) terminal.say(`${words.refunded(formatSats(sats, terminal.language), to)}\n`);
  else if (!failure) terminal.say(`${words.nothingOwed}\n`);
  if (failure) throw failure;
  return exitCodes.done;
}

/** What was paid for a link outlives it, and its price. @throws Failure what opening the link throws, where nothing was begun here */
async function openOwing(request: BuyRequest, context: CommandContext): Promise<OfferedLink> {
  const served = async () => (await openOffer(request, context, openTipJar)) ?? (await openOffer(request, context, openOfferedLink));
  const offered = await served().catch(async (error: unknown) => {
    if (!isGone(error)) throw error;
    const [begun] = await allBegun(request, context);
    if (!begun) throw error;
    return begun;
  });
  if (offered) return offered;
  const [begun] = await allBegun(request, context);
  if (!begun) throw new Failure('link-version', {});
  return begun;
}

/** What was begun here with a link, a purchase and tips: what is owed for first. */
async function allBegun(request: BuyRequest, context: CommandContext): Promise<readonly OfferedLink[]> {
  const found: { readonly offered: OfferedLink; readonly isOwed: boolean }[] = [];
  for (const open of [openBegun, openBegunTips]) {
    const offered = await openOffer(request, context, open);
    if (!offered) continue;
    await resumeOffer(offered, context).catch((error: unknown) => {
      if (!(error instanceof Failure && error.code === 'payment-owed')) throw error;
    });
    const owed = (await offered.refunds(context.terminal.interrupted)).some(({ state }) => state === 'owed');
    found.push({ offered, isOwed: owed });
  }
  return found.sort((a, b) => Number(b.isOwed) - Number(a.isOwed)).map(({ offered }) => offered);
}

/** Ended by its maker, or at its time, or removed. */
function isGone(error: unknown): error is Failure {
  return error instanceof Failure && (error.code === 'link-unavailable' || error.code === 'link-removed');
}

/**
 * A link is gone: what was paid for it here comes before that.
 * @throws Failure payment-owed; else the one that was given, with `bought`, in satoshis, where it had been bought
 */
export async function tellGone(gone: Failure, request: BuyRequest, context: CommandContext): Promise<never> {
  const [begun] = await allBegun(request, context);
  if (!begun) throw gone;
  const owed = (await begun.refunds(context.terminal.interrupted)).find(({ state }) => state === 'owed');
  if (owed) throw new Failure('payment-owed', { sats: owed.sats, reason: owed.reason });
  if (!begun.bought || begun.facts.isJar) throw gone;
  throw new Failure(gone.code, { ...gone.facts, bought: begun.bought.sats }, { cause: gone });
}

/** What came, and what kept the rest from coming. */
type Refunded = { readonly sats: number; readonly failure: Failure | null };
type Owed = Awaited<ReturnType<OfferedLink['refunds']>>[number];

/** One that cannot be drawn keeps no other from being drawn. @returns the first failure */
async function drawEach(offered: OfferedLink, signal: AbortSignal, draw: (owed: Owed) => Promise<number>): Promise<Refunded> {
  let [sats, failure]: [number, Failure | null] = [0, null];
  for (const owed of await offered.refunds(signal)) {
    try {
      sats += await draw(owed);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failure ??= error;
      if (error.code === 'cancelled') break;
    }
  }
  return { sats, failure };
}

/** What an earlier run began to draw is drawn to its end. */
async function refundToWallet(offered: OfferedLink, request: BuyRequest, context: CommandContext): Promise<Refunded> {
  using opened = await openBuyersWallet(request, context);
  sayWorthless(opened, context);
  const { wallet } = opened;
  return drawEach(offered, context.terminal.interrupted, async ({ token, state }) => {
    const drawn = await wallet
      .drawRefund(await wallet.owedFor(token, offered.facts.offerId), offered.facts.title)
      .catch((error: unknown) => {
        const isGone = error instanceof Failure && error.facts['reason'] === 'refund-gone';
        if (isGone && state === 'taken') return null;
        throw error;
      });
    await offered.forgetRefunded(token);
    return Number(drawn?.amount ?? 0n);
  });
}

async function refundToBalance(offered: OfferedLink, { terminal }: CommandContext): Promise<Refunded> {
  using enrolled = await openEnrolled(terminal);
  const { session } = enrolled.account;
  return drawEach(offered, terminal.interrupted, async ({ token, state }) =>
    state === 'owed' ? offered.refundToBalance(token, session, terminal.interrupted) : 0,
  );
}

async function openSold(request: BuyRequest, context: CommandContext): Promise<OfferedLink> {
  const offered = await openOffer(request, context, openOfferedLink);
  if (!offered) throw new Failure('link-version', {});
  return offered;
}

/** @param open what a link is sold for, or its tip jar @returns null if it has none */
export async function openOffer(
  { link: text, server, transport, pool, state }: BuyRequest,
  { terminal }: CommandContext,
  open: typeof openOfferedLink,
): Promise<OfferedLink | null> {
  const link = parseLink(text);
  const origin = server === undefined ? link.origin : parseServer(server);
  if (origin === null) throw new Failure('usage', { reason: 'no-origin' });
  const connection = connect({ server: origin, transport });
  const purchases = await state.purchases();
  return open({ connection, link, pool, engine: nodeEngine, purchases, signal: terminal.interrupted });
}

/** The wallet of this machine or account, with its coins of the server that sells: an account may be elsewhere. */
async function openBuyersWallet({ server, link, transport }: BuyRequest, { terminal }: CommandContext): Promise<OpenedWallet> {
  const [{ openWallet }, { mintAt }] = await Promise.all([import('./wallet-open.ts'), import('./wallet-mint.ts')]);
  const origin = originOf({ link, server });
  if (origin === null) throw new Failure('usage', { reason: 'no-origin' });
  return openWallet(terminal, { known: await mintAt(terminal, origin, transport) });
}

async function openPrepared(request: BuyRequest, context: CommandContext): Promise<OpenedWallet> {
  const opened = await openBuyersWallet(request, context);
  // What stands in the way of that is met again, and told, where it pays.
  await opened.wallet.prepare().catch(() => undefined);
  return opened;
}

function sayWorthless({ isSandbox }: OpenedWallet, { terminal, words }: CommandContext): void {
  if (isSandbox) terminal.say(`${words.walletSandbox}\n`);
}

function originOf({ link, server }: Pick<BuyRequest, 'link' | 'server'>): string | null {
  return server === undefined ? parseLink(link).origin : parseServer(server);
}

/** @throws Failure usage */
function parseWay(text: string | undefined): Way | undefined {
  if (text === undefined) return undefined;
  if (text.startsWith('cashu')) return { coins: text };
  const way = ways.find((one) => one === text);
  if (!way) throw new Failure('usage', { reason: 'pay', value: text });
  return way;
}

/** @throws Failure usage where it is no amount in the currency of the price */
function amountFor({ facts }: OfferedLink, given: Price | null): number | undefined {
  if (given === null) return undefined;
  const { amount, currency } = facts.price;
  if (given.currency !== currency) throw new Failure('usage', { reason: 'amount-currency', value: currency });
  const isTaken = facts.isFloor ? given.amount >= amount : given.amount === amount;
  if (!isTaken) throw new Failure('payment-refused', { reason: 'bad-amount', price: amount, currency, isFloor: facts.isFloor });
  return given.amount;
}

/** A person sees an invoice before paying it, and a token is worth what it is worth; all else is paid without a further question. */
function demandPrice({ sats, price }: Quote, most: Price | null, way: Way): void {
  if (!most) {
    if (way === 'lightning' || typeof way === 'object') return;
    throw new Failure('usage', { reason: 'max-price' });
  }
  const asked = most.currency === 'SAT' ? sats : most.currency === price.currency ? price.amount : null;
  if (asked === null) throw new Failure('usage', { reason: 'max-price-currency', value: price.currency });
  if (asked > most.amount) throw new Failure('price-differs', { sats, price: price.amount, currency: price.currency });
}

type Payment = {
  readonly agreed: Quote;
  /** Satoshis that may leave the wallet, what the mint takes included; null: no bound but the price. */
  readonly most: Sat | null;
  readonly way: Way;
  readonly request: BuyRequest;
  /** What is paid from, if that is the wallet. */
  readonly opening: Promise<OpenedWallet> | null;
};

/** By whichever way; it is paid when this returns. */
export async function pay(offered: OfferedLink, { agreed, most, way, request, opening }: Payment, context: CommandContext): Promise<void> {
  const { terminal, words } = context;
  const signal = terminal.interrupted;
  if (typeof way === 'object') return payWithToken(offered, { agreed, most, coins: way.coins, request }, context);
  switch (way) {
    case 'lightning': {
      const invoice = await offered.payByLightning(agreed, signal);
      await showInvoice(agreed, invoice, request.wishes.isJson, context);
      await offered.settled(signal);
      terminal.say(`${words.paymentCame}\n`);
      return;
    }
    case 'sandbox': {
      const { bolt11 } = await offered.payByLightning(agreed, signal);
      await payInSandbox({ origin: originOf(request), transport: request.transport }, bolt11, signal);
      return offered.settled(signal);
    }
    case 'wallet': {
      const opened = await (opening ?? openBuyersWallet(request, context));
      sayWorthless(opened, context);
      await payFromWallet(offered, { agreed, most, opened }, context);
      return;
    }
    case 'balance': {
      using enrolled = await openEnrolled(terminal);
      return offered.payFromBalance(agreed, enrolled.account.session, signal);
    }
  }
}

type Shown = { readonly bolt11: string; readonly sats: number; readonly expiresAt: number };

export async function showInvoice(
  { price }: Pick<Quote, 'price'>,
  invoice: Shown,
  isJson: boolean,
  { terminal, words }: CommandContext,
): Promise<void> {
  const { language } = terminal;
  const { bolt11, sats, expiresAt } = invoice;
  if (isJson) {
    terminal.print(JSON.stringify({ invoice: bolt11, sats, expiresAt: new Date(expiresAt).toISOString() }));
    return;
  }
  // Upper case makes a code of fewer cells, and wallets read both.
  const { qrLines } = await import('./qr-lines.ts');
  terminal.say(`${words.payInvoice(formatSats(sats, language), formatPrice(price, language))}\n`);
  if (terminal.isUnicode) terminal.say(`\n${qrLines(bolt11.toUpperCase()).join('\n')}\n\n`);
  terminal.say(`${bolt11}\n${words.invoiceUntil(new Date(expiresAt))}\n`);
}

/** A second node beside a sandbox pays what it is asked to: its coins are worthless. @throws Failure payment-refused where there is no sandbox */
export async function payInSandbox(
  { origin, transport }: { readonly origin: string | null; readonly transport: Transport },
  invoice: string,
  signal: AbortSignal,
): Promise<void> {
  const body = encodeUtf8(JSON.stringify({ invoice }));
  const response = await transport({
    method: 'POST',
    url: `${origin}/sandbox/pay`,
    headers: { 'content-type': 'application/json' },
    body,
    signal,
  });
  const text = decodeUtf8(await response.bytes(65_536));
  if (response.status === 404) throw new Failure('payment-refused', { reason: 'no-sandbox' });
  if (response.status !== 200 || !/"state":"(succeeded|in-flight)"/.test(text)) throw new Failure('payment-refused', { reason: 'sandbox' });
}

type TokenPayment = Pick<Payment, 'agreed' | 'most' | 'request'> & { readonly coins: string };

/** A token that is worth more than the price goes into the wallet, which pays the price out of it and keeps what is left: no other coin is touched. */
async function payWithToken(offered: OfferedLink, { agreed, most, coins, request }: TokenPayment, context: CommandContext): Promise<void> {
  const { terminal, words } = context;
  try {
    return await offered.payWithCoins(agreed, coins, terminal.interrupted);
  } catch (error) {
    if (!isChangeNeeded(error, coins)) throw error;
  }
  using opened = await openBuyersWallet(request, context);
  sayWorthless(opened, context);
  const { amount } = await receiveAtLeast(opened.wallet, coins, agreed.sats);
  const { language } = terminal;
  terminal.say(`${words.tokenInWallet(formatSats(amount, language), agreed.sats)}\n`);
  const bound = most !== null && most < amount ? most : amount;
  const spent = await payFromWallet(offered, { agreed, most: bound, opened }, context);
  terminal.say(`${words.changeKept(formatSats(amount - spent, language))}\n`);
}

/** A token that does not cover the price stays what it is. @throws Failure payment-refused with reason too-little */
async function receiveAtLeast(wallet: Wallet, coins: string, sats: number): Promise<HistoryEntry> {
  try {
    return await wallet.receive(coins, BigInt(sats));
  } catch (error) {
    if (!isRefused(error, 'too-little')) throw error;
    throw new Failure('payment-refused', { reason: 'too-little', missing: Number(error.facts['missing']) }, { cause: error });
  }
}

type WalletPayment = Pick<Payment, 'agreed' | 'most'> & { readonly opened: OpenedWallet };

/**
 * Coins that were taken out and not spent go back, or are the ones for the next run: nothing of them is lost, and no more is taken out.
 * @returns what left the wallet
 */
async function payFromWallet(offered: OfferedLink, { agreed, most, opened }: WalletPayment, { terminal }: CommandContext): Promise<Sat> {
  const { id, token, amount, fee, written } = await takeOut(opened.wallet, `· ${offered.facts.offerId}`, {
    sats: BigInt(agreed.sats),
    most,
  });
  try {
    await offered.payWithCoins(agreed, token, terminal.interrupted);
    // What is not written down now is so by the next run.
    await written?.catch(() => undefined);
    return amount + fee;
  } catch (error) {
    // What stays out after all is found by its memo; what kept it from being bought is what a person has to know.
    if (!offered.isUnderWay(token)) await opened.wallet.takeBack(id).catch(() => undefined);
    throw error;
  }
}
