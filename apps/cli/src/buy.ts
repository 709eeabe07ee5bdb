// `reprise get` of a link that is sold: what it costs, the payment that was asked for, and the link that it opens. What was begun is finished by the
// next run, and what was bought stays bought. docs/guide/cli.md "Links that are sold".
import { decodeUtf8, encodeUtf8 } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import { connect, type OpenedLink, parseLink, type SealPool, type Transport } from '@reprise/sdk';
import { isChangeNeeded, type OfferedLink, openOfferedLink, type Price, type Quote } from '@reprise/sdk/paid';
import { nodeEngine } from '@reprise/vault/node';
import type { HistoryState, SentToken, Wallet } from '@reprise/wallet';
import { openEnrolled } from './account.ts';
import { parseServer } from './arguments.ts';
import type { CommandContext } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { formatPrice, formatSats, parsePrice } from './price-text.ts';
import { readLine } from './prompt.ts';
import type { State } from './state.ts';
import type { Terminal } from './terminal.ts';

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
  const way = parseWay(wishes.pay === '-' ? (await readLine(context.terminal)).trim() : wishes.pay);
  const given = wishes.amount === undefined ? null : parsePrice(wishes.amount);
  const most = wishes.maxPrice === undefined ? given : parsePrice(wishes.maxPrice);
  const offered = await openOffer(request, context);
  const { interrupted } = context.terminal;
  const state = offered.needsAccount ? await resumeWithAccount(offered, context) : await offered.resume(interrupted);
  if (state === 'bought') return offered.open();
  if (way === undefined) {
    const { sats, salesLeft } = await offered.quote(interrupted);
    const { title, isFloor, price } = offered.facts;
    throw new Failure('payment-required', { sats, price: price.amount, currency: price.currency, title, isFloor, salesLeft });
  }
  // Sealed content that is not there is not paid for.
  const [agreed] = await Promise.all([offered.quote(interrupted, amountFor(offered, given)), offered.check(interrupted)]);
  demandPrice(agreed, most, way);
  await pay(offered, { agreed, way, request }, context);
  return offered.open();
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
  const offered = await openOffer(request, context);
  const sats = await (to === 'wallet' ? refundToWallet(offered, request, context) : refundToBalance(offered, context));
  if (isJson) terminal.print(JSON.stringify({ refunded: sats, to }));
  else terminal.say(`${sats === 0 ? words.nothingOwed : words.refunded(formatSats(sats, terminal.language), to)}\n`);
  return exitCodes.done;
}

/** What an earlier run began to draw is drawn to its end. */
async function refundToWallet(offered: OfferedLink, request: BuyRequest, { terminal }: CommandContext): Promise<number> {
  using opened = await openBuyersWallet(request, terminal);
  let sats = 0;
  for (const { token, state } of await offered.refunds(terminal.interrupted)) {
    try {
      const { amount } = await opened.wallet.drawRefund(await opened.wallet.owedFor(token), offered.facts.title);
      sats += Number(amount);
    } catch (error) {
      const isGone = error instanceof Failure && error.facts['reason'] === 'refund-gone';
      if (!isGone || state !== 'taken') throw error;
    }
    await offered.forgetRefunded(token);
  }
  return sats;
}

async function refundToBalance(offered: OfferedLink, { terminal }: CommandContext): Promise<number> {
  using enrolled = await openEnrolled(terminal);
  let sats = 0;
  for (const { state, token } of await offered.refunds(terminal.interrupted))
    if (state === 'owed') sats += await offered.refundToBalance(token, enrolled.account.session, terminal.interrupted);
  return sats;
}

async function openOffer({ link: text, server, transport, pool, state }: BuyRequest, { terminal }: CommandContext): Promise<OfferedLink> {
  const link = parseLink(text);
  const origin = server === undefined ? link.origin : parseServer(server);
  if (origin === null) throw new Failure('usage', { reason: 'no-origin' });
  const connection = connect({ server: origin, transport });
  const purchases = await state.purchases();
  const offered = await openOfferedLink({ connection, link, pool, engine: nodeEngine, purchases, signal: terminal.interrupted });
  if (!offered) throw new Failure('link-version', {});
  return offered;
}

/** The wallet of this machine or account, with its coins of the server that sells: an account may be elsewhere. */
async function openBuyersWallet({ server, link }: BuyRequest, terminal: Terminal) {
  const [{ openWallet }, { mintAt }] = await Promise.all([import('./wallet-open.ts'), import('./wallet-mint.ts')]);
  const origin = originOf({ link, server });
  if (origin === null) throw new Failure('usage', { reason: 'no-origin' });
  const { mint, isSandbox } = await mintAt(terminal, origin);
  return { ...(await openWallet(terminal, { mint })), isSandbox };
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

type Payment = { readonly agreed: Quote; readonly way: Way; readonly request: BuyRequest };

async function pay(offered: OfferedLink, { agreed, way, request }: Payment, context: CommandContext): Promise<void> {
  const { terminal, words } = context;
  const signal = terminal.interrupted;
  if (typeof way === 'object') return payWithToken(offered, { agreed, coins: way.coins, request }, context);
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
    case 'wallet':
      return payFromWallet(offered, agreed, request, context);
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

type TokenPayment = { readonly agreed: Quote; readonly coins: string; readonly request: BuyRequest };

/** A token that is worth more than the price goes into the wallet, which pays the price and keeps what is left. */
async function payWithToken(offered: OfferedLink, { agreed, coins, request }: TokenPayment, context: CommandContext): Promise<void> {
  const { terminal, words } = context;
  try {
    return await offered.payWithCoins(agreed, coins, terminal.interrupted);
  } catch (error) {
    if (!isChangeNeeded(error, coins)) throw error;
  }
  using opened = await openBuyersWallet(request, terminal);
  const { amount } = await opened.wallet.receive(coins);
  await payFromWallet(offered, agreed, request, context);
  terminal.say(`${words.changeKept(formatSats(Number(amount) - agreed.sats, terminal.language))}\n`);
}

/** Coins that were taken out and not spent go back, or are the ones for the next run: nothing of them is lost, and no more is taken out. */
async function payFromWallet(offered: OfferedLink, agreed: Quote, request: BuyRequest, { terminal, words }: CommandContext): Promise<void> {
  using opened = await openBuyersWallet(request, terminal);
  if (opened.isSandbox) terminal.say(`${words.walletSandbox}\n`);
  const { id, token } = await takeOut(opened.wallet, offered, agreed.sats);
  try {
    await offered.payWithCoins(agreed, token, terminal.interrupted);
  } catch (error) {
    // What stays out after all is found by its memo; what kept it from being bought is what a person has to know.
    if (!offered.isUnderWay(token)) await opened.wallet.takeBack(id).catch(() => undefined);
    throw error;
  }
}

/** What an earlier run took out for the same offer and nobody took is used. */
async function takeOut(wallet: Wallet, { facts }: OfferedLink, sats: number): Promise<SentToken> {
  // Nothing else: it stands in the token, which the shop reads.
  const mark = `· ${facts.offerId}`;
  const left = (await wallet.history()).filter(({ kind, memo, state }) => kind === 'send' && memo.endsWith(mark) && !isOver(state));
  for (const { id } of left) {
    const { state, amount } = await wallet.wait(id, 0);
    if (isOver(state)) continue;
    if (amount === BigInt(sats)) return wallet.tokenOf(id);
    await wallet.takeBack(id);
  }
  return wallet.send(BigInt(sats), mark);
}

function isOver(state: HistoryState): boolean {
  return state === 'arrived' || state === 'failed';
}
