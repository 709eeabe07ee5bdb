// Plans that are for sale, and the purchase of one: from the balance, with a token, or with an invoice that is looked after. Loaded when somebody
// looks. spec/paid-links.md "Plans".
import { formatBase64url, systemRandom } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import { payContract } from '@reprise/protocol/pay';
import type { PlanInvoice, PlansOnSale, PlanWish } from '../../app/plans-port.ts';
import { server } from '../engine/connection.ts';
import { paymentFacts } from '../engine/payment-facts.ts';
import type { OpenDrive } from './open-drive.ts';

/** Of the order whose payment is waited for: whoever looks has the node asked as well. */
let waitedFor: string | null = null;
/** How many plans the account had bought when somebody last looked. */
let boughtBefore: number | null = null;

/** @returns null where nothing is sold */
export async function plansOnSale(open: OpenDrive): Promise<PlansOnSale | null> {
  const facts = await paymentFacts();
  if (!facts) return null;
  if (waitedFor !== null) {
    const { state } = await server().ask(payContract['pay.readDeposit'], { ...asking(open), params: { hash: waitedFor } });
    if (state === 'settled') waitedFor = null;
  }
  const [{ plans, bought }, balance] = await Promise.all([
    server().ask(payContract['pay.plans'], asking(open)),
    server().ask(payContract['pay.balance'], asking(open)),
  ]);
  // What an invoice has bought counts from now on, whoever paid it.
  if (boughtBefore !== null && bought.length > boughtBefore) void open.readUsage().catch(() => undefined);
  boughtBefore = bought.length;
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

/** Orders whose answer has not come, by what was ordered: sent again they are the same order. */
const ordered = new Map<string, string>();

/** @returns the invoice to pay; null: it is bought */
export async function buyPlan(open: OpenDrive, { plan, sats, pay }: PlanWish): Promise<PlanInvoice | null> {
  const name = `${pay.way} ${sats} ${plan}`;
  const request = ordered.get(name) ?? formatBase64url(systemRandom(16));
  ordered.set(name, request);
  const call = { ...asking(open), params: { plan }, body: { request, most: String(sats) } };
  try {
    if (pay.way === 'token') await server().ask(payContract['pay.coinsIn'], { ...asking(open), body: { token: pay.token } });
    const invoice = pay.way === 'invoice' ? await order(call) : void (await server().ask(payContract['pay.buyPlan'], call));
    ordered.delete(name);
    void open.readUsage().catch(() => undefined);
    return invoice ?? null;
  } catch (error) {
    if (!isUnanswered(error)) ordered.delete(name);
    throw error;
  }
}

async function order(call: Parameters<typeof sendOrder>[0]): Promise<PlanInvoice> {
  const { invoice, amount, expiresAt, paymentHash } = await sendOrder(call);
  waitedFor = paymentHash;
  return { bolt11: invoice, sats: Number(amount), expiresAt };
}

function sendOrder(
  call: ReturnType<typeof asking> & { readonly params: { plan: string }; readonly body: { request: string; most: string } },
) {
  return server().ask(payContract['pay.orderPlan'], call);
}

function isUnanswered(error: unknown): boolean {
  return error instanceof Failure && (error.code === 'network' || error.code === 'unavailable' || error.code === 'bad-answer');
}

/** Who asks is this device, for its account. */
const asking = ({ drive }: OpenDrive) => ({ params: {}, device: drive.parts.space.tools.device });
