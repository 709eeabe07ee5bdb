// `reprise plan`: what the account may keep, until when, and more of it for money. docs/guide/cli.md "Plans".
import { sleep } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import { payContract } from '@reprise/protocol/pay';
import type { AccountSession } from '@reprise/sdk/account';
import { nodeTransport } from '@reprise/sdk/node';
import type { Price } from '@reprise/sdk/paid';
import { openEnrolled } from './account.ts';
import { formatBytes, formatDate } from './amounts.ts';
import { parseArguments } from './arguments.ts';
import { payInSandbox, showInvoice } from './buy.ts';
import type { CommandContext } from './command.ts';
import { deviceOf } from './device-of.ts';
import { exitCodes } from './exit-codes.ts';
import { askOnce } from './plan-order.ts';
import { formatPrice, formatSats, parsePrice } from './price-text.ts';
import { hasArrived, takeOut } from './wallet-out.ts';

const options = { pay: { type: 'string' }, 'max-price': { type: 'string' } } as const;
const ways = ['balance', 'wallet', 'lightning', 'sandbox'] as const;
type Way = (typeof ways)[number];

export async function plan(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, options);
  const [act, name, ...more] = positionals;
  if (act !== undefined && act !== 'buy') throw new Failure('usage', { reason: 'plan-act', value: act });
  if (act === 'buy' && name === undefined) throw new Failure('usage', { reason: 'plan-name' });
  if (more.length > 0) throw new Failure('usage', { reason: 'no-more', value: more[0] ?? '' });
  using enrolled = await openEnrolled(context.terminal);
  const desk = await openDesk(enrolled.account.session, context);
  if (name !== undefined) await buy(desk, name, values, context);
  return show(desk, values, context);
}

async function openDesk(session: AccountSession, { terminal }: CommandContext) {
  const { connection } = session;
  const call = { device: await deviceOf(session), signal: terminal.interrupted };
  const onSale = () => connection.ask(payContract['pay.plans'], { ...call, params: {} });
  return { session, connection, call, onSale };
}
type Desk = Awaited<ReturnType<typeof openDesk>>;
type OnSale = Awaited<ReturnType<Desk['onSale']>>;

async function show(
  { connection, call, onSale }: Desk,
  values: { json?: boolean; quiet?: boolean },
  { terminal, words }: CommandContext,
): Promise<number> {
  const usage = await connection.call('account.usage', { ...call, params: {} });
  // Where nothing is sold, the plan is what it is all the same.
  const sold = await onSale().catch((error: unknown) => {
    if (error instanceof Failure && (error.code === 'payments-off' || error.code === 'not-found')) return null;
    throw error;
  });
  const { plan: current, until, max, stored, entitlements } = usage;
  const plans = sold?.plans ?? [];
  if (values.json) {
    terminal.print(
      JSON.stringify({ plan: current, until, bytes: stored, bytesMax: max, entitlements, plans, network: sold?.network ?? null }),
    );
    return exitCodes.done;
  }
  const { language } = terminal;
  terminal.print(
    words.planNow(current, formatBytes(stored, language), formatBytes(max, language), until === null ? null : formatDate(until)),
  );
  if (values.quiet) return exitCodes.done;
  const ended = entitlements.find((one) => one.until <= Date.now());
  if (stored > max) terminal.say(`${words.planOver(formatBytes(stored - max, language), ended ? formatDate(ended.until) : null)}\n`);
  for (const one of plans) {
    const price: Price = { amount: one.price, currency: one.currency };
    terminal.print(
      words.planOnSale(one.plan, formatBytes(one.bytesMax, language), one.days, formatPrice(price, language), one.historyDays),
    );
  }
  if (sold?.network === 'regtest' && plans.length > 0) terminal.say(`${words.walletSandbox}\n`);
  return exitCodes.done;
}

type Given = {
  readonly pay?: string | undefined;
  readonly 'max-price'?: string | undefined;
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
};

async function buy(
  desk: Desk,
  name: string,
  { pay = 'balance', json, quiet, 'max-price': most }: Given,
  context: CommandContext,
): Promise<void> {
  const way = ways.find((one) => one === pay);
  if (!way) throw new Failure('usage', { reason: 'plan-pay', value: pay });
  const { terminal, words } = context;
  const before = await desk.onSale();
  const wanted = before.plans.find((one) => one.plan === name);
  if (!wanted) throw new Failure('not-found', { plan: name });
  if (wanted.sats === null) throw new Failure('no-rate');
  const bound = most === undefined ? null : parsePrice(most);
  demandPrice(wanted, bound, way);
  const order = { name, sats: wanted.sats };
  if (way === 'balance' || way === 'wallet') await payFromBalance(desk, { ...order, way, most: bound }, context);
  else
    await payInvoice(
      desk,
      order,
      { way, isJson: json === true, before, price: { amount: wanted.price, currency: wanted.currency } },
      context,
    );
  if (!json && !quiet) terminal.say(`${words.planBought(name, formatSats(Number(wanted.sats), terminal.language))}\n`);
}

/** An invoice is seen before it is paid; what leaves by itself needs a limit. */
function demandPrice({ sats, price, currency }: OnSale['plans'][number], most: Price | null, way: Way): void {
  if (!most) {
    if (way === 'lightning') return;
    throw new Failure('usage', { reason: 'max-price' });
  }
  const asked = most.currency === 'SAT' ? Number(sats) : most.currency === currency ? price : null;
  if (asked === null) throw new Failure('usage', { reason: 'max-price-currency', value: currency });
  if (asked > most.amount) throw new Failure('plan-dearer', { sats: String(sats) });
}

type Order = { readonly name: string; readonly sats: string };
type BalancePayment = Order & { readonly way: 'balance' | 'wallet'; readonly most: Price | null };

/** What is ordered already is not paid for anew: coins are brought where the balance does not cover it. */
async function payFromBalance(desk: Desk, order: BalancePayment, context: CommandContext): Promise<void> {
  const { session, connection, call } = desk;
  const { name: plan, sats, way } = order;
  const { stateFolder } = context.terminal;
  await askOnce(session, { stateFolder, plan, by: 'balance', most: sats }, async (body) => {
    const pay = () => connection.ask(payContract['pay.buyPlan'], { ...call, params: { plan }, body });
    try {
      await pay();
    } catch (error) {
      if (way === 'balance' || !(error instanceof Failure && error.code === 'balance-too-low')) throw error;
      await bringFromWallet(desk, order, context);
      await pay();
    }
  });
}

/** How long coins that were not taken may need to come back after Ctrl+C. */
const backMs = 10_000;

/** Coins of the wallet become balance, which pays: whatever dies in between, they are the one or the other. */
async function bringFromWallet(
  { session, connection, call }: Desk,
  { name, sats, most }: BalancePayment,
  { terminal, words }: CommandContext,
): Promise<void> {
  const { openWallet } = await import('./wallet-open.ts');
  using opened = await openWallet({ ...terminal, interrupted: laterThan(terminal.interrupted) }, { server: session.connection.origin });
  if (opened.isSandbox) terminal.say(`${words.walletSandbox}\n`);
  const available = BigInt((await connection.ask(payContract['pay.balance'], { ...call, params: {} })).available);
  const missing = BigInt(sats) - available;
  if (missing <= 0n) return;
  const leaving = most?.currency === 'SAT' ? BigInt(most.amount) - available : null;
  const out = await takeOut(opened.wallet, `· plan ${name}`, { sats: missing, most: leaving });
  try {
    await connection.ask(payContract['pay.coinsIn'], { ...call, params: {}, body: { token: out.token } });
    await out.written?.catch(() => undefined);
  } catch (error) {
    // An answer that was lost is no coin that was.
    if (!(await hasArrived(opened.wallet, out))) throw error;
  }
}

function laterThan(interrupted: AbortSignal): AbortSignal {
  const later = new AbortController();
  const stop = () => void setTimeout(() => later.abort(), backMs).unref();
  if (interrupted.aborted) later.abort();
  else interrupted.addEventListener('abort', stop, { once: true });
  return later.signal;
}

type Paying = { readonly way: 'lightning' | 'sandbox'; readonly isJson: boolean; readonly before: OnSale; readonly price: Price };
const pollMs = 1_000;
/** How long after an invoice has ended a payment that was on its way is waited for. */
const lateMs = 30_000;
/** The server carries out what is paid every ten seconds. What it has not carried out by then it leaves: the plan is no more, or costs more. */
const carryOutMs = 40_000;

async function payInvoice(
  { session, connection, call, onSale }: Desk,
  { name: plan, sats }: Order,
  paying: Paying,
  context: CommandContext,
): Promise<void> {
  const { terminal, words } = context;
  const wish = { stateFolder: terminal.stateFolder, plan, by: 'invoice', most: sats } as const;
  const { invoice, amount, expiresAt, paymentHash } = await askOnce(session, wish, (body) =>
    connection.ask(payContract['pay.orderPlan'], { ...call, params: { plan }, body }),
  );
  if (paying.way === 'sandbox') {
    using transport = nodeTransport();
    await payInSandbox({ origin: connection.origin, transport }, invoice, terminal.interrupted);
  } else await showInvoice({ price: paying.price }, { bolt11: invoice, sats: Number(amount), expiresAt }, paying.isJson, context);
  let settledAt: number | null = null;
  while ((await onSale()).bought.length <= paying.before.bought.length) {
    const { state } = await connection.ask(payContract['pay.readDeposit'], { ...call, params: { hash: paymentHash } });
    const now = connection.serverNow();
    if (state === 'settled') settledAt ??= now;
    if (settledAt !== null && now > settledAt + carryOutMs) throw new Failure('payment-refused', { reason: 'order-left' });
    if (settledAt === null && now > expiresAt + lateMs) throw new Failure('payment-waits');
    await sleep(pollMs, terminal.interrupted);
  }
  if (paying.way === 'lightning') terminal.say(`${words.paymentCame}\n`);
}
