// Plans that are for sale, and the purchase of one: from the balance, with a token, or with an invoice that is looked after. Loaded when somebody
// looks. spec/paid-links.md "Plans".
import { Failure } from '@reprise/protocol/formats';
import { payContract } from '@reprise/protocol/pay';
import type { PlanInvoice, PlanOutcome, PlansOnSale, PlanWish } from '../../app/plans-port.ts';
import { server } from '../engine/connection.ts';
import { paymentFacts } from '../engine/payment-facts.ts';
import { theAccount } from './account.ts';
import { dropOrder, keepOrder, type KeptOrder, type Order, readOrder } from './kept-orders.ts';
import type { OpenDrive } from './open-drive.ts';
import { isRefusal, sendOrder } from './send-order.ts';

type Looking = {
  /** Of the order whose payment is waited for: whoever looks has the node asked as well. */
  waitedFor: string | null;
  /** How many plans the account had bought when somebody last looked. */
  boughtBefore: number | null;
};
/** It goes with the account that is open. */
const looking = new WeakMap<OpenDrive, Looking>();

function lookingOf(open: OpenDrive): Looking {
  const here = looking.get(open) ?? { waitedFor: null, boughtBefore: null };
  looking.set(open, here);
  return here;
}

/** @returns null where nothing is sold */
export async function plansOnSale(open: OpenDrive): Promise<PlansOnSale | null> {
  const facts = await paymentFacts();
  if (!facts) return null;
  const here = lookingOf(open);
  await lookAtDeposit(open, here);
  const [{ plans, bought }, balance] = await Promise.all([
    server().ask(payContract['pay.plans'], asking(open)),
    server().ask(payContract['pay.balance'], asking(open)),
  ]);
  // What an invoice has bought counts from now on, whoever paid it.
  if (here.boughtBefore !== null && bought.length > here.boughtBefore) void open.readUsage().catch(() => undefined);
  here.boughtBefore = bought.length;
  return {
    worthless: facts.isSandbox,
    rate: facts.rate,
    available: Number(balance.available),
    bought: bought.length,
    plans: plans.map(({ plan, days, price, currency, sats, bytesMax, historyDays }) => ({
      plan,
      days,
      price: { amount: price, currency },
      sats: sats === null ? null : Number(sats),
      bytes: bytesMax,
      historyDays,
    })),
  };
}

/** Only so that it is heard of sooner: the list does not hang on it. */
async function lookAtDeposit(open: OpenDrive, here: Looking): Promise<void> {
  const hash = here.waitedFor;
  if (hash === null) return;
  const isEnded = await server()
    .ask(payContract['pay.readDeposit'], { ...asking(open), params: { hash } })
    .then(
      ({ state }) => state !== 'open',
      (error: unknown) => isRefusal(error, ['not-found']),
    );
  if (isEnded && here.waitedFor === hash) here.waitedFor = null;
}

/** `most` and `way` as they were first sent: a repeat sends the same. */
type PlanOrder = { readonly way: 'balance' | 'invoice'; readonly most: string };
type KeptPlan = KeptOrder<PlanOrder>;

/** With these nothing was paid, now or before. */
const refusals: readonly Failure['code'][] = ['plan-dearer', 'not-found', 'no-rate', 'balance-too-low', 'account-frozen', 'key-reused'];

export async function buyPlan(open: OpenDrive, wish: PlanWish): Promise<PlanOutcome> {
  const order: Order = { account: theAccount().account.record.userId, kind: 'plan', what: wish.plan };
  const outcome = await buyNow(open, order, wish);
  void open.readUsage().catch(() => undefined);
  return outcome;
}

async function buyNow(open: OpenDrive, order: Order, { plan, sats, pay }: PlanWish): Promise<PlanOutcome> {
  const purchase = { order, refusals, call: { ...asking(open), params: { plan } } };
  const wanted: PlanOrder = { way: pay.way === 'invoice' ? 'invoice' : 'balance', most: String(sats) };
  if (await isBoughtBefore(purchase, wanted)) return 'bought-before';
  if (pay.way === 'token') {
    await demandPrice(open, plan, sats);
    await server().ask(payContract['pay.coinsIn'], { ...asking(open), body: { token: pay.token } });
  }
  const keep = () => keepOrder(order, async () => wanted);
  if (wanted.way === 'balance') return buyFromBalance(purchase, await keep());
  // One whose answer was lost may have ended since.
  const invoice = (await makeInvoice(open, purchase, await keep())) ?? (await makeInvoice(open, purchase, await keep()));
  if (!invoice) throw new Failure('bad-answer');
  return invoice;
}

type Purchase = {
  readonly order: Order;
  readonly refusals: typeof refusals;
  readonly call: ReturnType<typeof asking> & { readonly params: { readonly plan: string } };
};

/** An order whose answer was lost is heard to its end before anything else is paid. An invoice that nobody has seen is paid by nobody. */
async function isBoughtBefore(purchase: Purchase, wanted: PlanOrder): Promise<boolean> {
  const kept = await readOrder<PlanOrder>(purchase.order);
  if (!kept) return false;
  if (kept.way === 'invoice') {
    if (wanted.way !== 'invoice' || wanted.most !== kept.most) await dropOrder(purchase.order, kept.request);
    return false;
  }
  try {
    await buyFromBalance(purchase, kept);
    return true;
  } catch (error) {
    if (isRefusal(error, refusals)) return false;
    throw error;
  }
}

async function buyFromBalance({ call, ...sent }: Purchase, { request, most }: KeptPlan): Promise<'bought'> {
  await sendOrder({ ...sent, request }, () => server().ask(payContract['pay.buyPlan'], { ...call, body: { request, most } }));
  return 'bought';
}

/** @returns null for an invoice that is open no more */
async function makeInvoice(open: OpenDrive, { call, ...sent }: Purchase, { request, most }: KeptPlan): Promise<PlanInvoice | null> {
  const send = () => server().ask(payContract['pay.orderPlan'], { ...call, body: { request, most } });
  const { invoice, amount, expiresAt, paymentHash, state } = await sendOrder({ ...sent, request }, send);
  if (state !== 'open') return null;
  lookingOf(open).waitedFor = paymentHash;
  return { bolt11: invoice, sats: Number(amount), expiresAt };
}

/** Before coins leave the wallet for it. @throws Failure not-found, no-rate, plan-dearer */
async function demandPrice(open: OpenDrive, plan: string, most: number): Promise<void> {
  const { plans } = await server().ask(payContract['pay.plans'], asking(open));
  const wanted = plans.find((one) => one.plan === plan);
  if (!wanted) throw new Failure('not-found');
  if (wanted.sats === null) throw new Failure('no-rate');
  if (Number(wanted.sats) > most) throw new Failure('plan-dearer', { sats: wanted.sats });
}

/** Who asks is this device, for its account. */
const asking = ({ drive }: OpenDrive) => ({ params: {}, device: drive.parts.space.tools.device });
