// Core Lightning's REST interface as its documentation describes it. https://docs.corelightning.org/reference
import { msat } from '@reprise/ledger';
import { parseInvoice } from '../bolt11/parse.ts';
import type { PaymentHash } from '../port.ts';
import { type Called, Daemon, type Reply } from './daemon.ts';
import { type OurInvoice, type OurPayment, World } from './world.ts';

export const clnRune = 'rune-of-the-tests';

export function startCln(world = new World()): Promise<Daemon> {
  return Daemon.start(world, { answer: (called) => answer(world, called), isPayment: ({ path }) => path === '/v1/xpay' });
}

type Parameters = Readonly<Record<string, string | number>>;
const ok = (json: unknown): Reply => ({ status: 201, json });
const error = (code: number, message: string): Reply => ({ status: 500, json: { code, message } });

async function answer(world: World, { headers, method, path, body, gone }: Called): Promise<Reply> {
  if (headers['rune'] !== clnRune || method !== 'POST') return { status: 401, json: { code: 1501, message: 'Not permitted' } };
  const parameters = JSON.parse(body) as Parameters;
  switch (path) {
    case '/v1/getinfo':
      return ok({ network: world.network === 'mainnet' ? 'bitcoin' : world.network });
    case '/v1/listfunds':
      return ok({
        channels: [{ state: 'CHANNELD_NORMAL', connected: true, our_amount_msat: Number(world.spendable), amount_msat: 2_000_000_000 }],
      });
    case '/v1/invoice':
      return invoice(world, parameters);
    case '/v1/listinvoices':
      return ok({ invoices: found(world, parameters).map((one) => invoiceJson(world, one)) });
    case '/v1/delinvoice':
      return remove(world, parameters);
    case '/v1/xpay':
      return xpay(world, parameters, gone);
    case '/v1/listpays':
      return ok({ pays: world.payments.filter(({ hash }) => hash === parameters['payment_hash']).map(payJson) });
    case '/v1/waitanyinvoice':
      return wait(world, Number(parameters['lastpay_index']), gone);
    default:
      return error(-32_601, 'Unknown command');
  }
}

function invoice(world: World, { label, amount_msat, description, expiry }: Parameters): Reply {
  if (found(world, { label: label as string }).length > 0) return error(900, 'Duplicate label');
  const made = world.create({
    label: String(label),
    amount: msat(BigInt(amount_msat ?? 0)),
    description: { text: String(description) },
    expirySeconds: Number(expiry),
  });
  return ok({ payment_hash: made.hash, bolt11: made.bolt11, expires_at: made.expiresAt / 1_000 });
}

function found(world: World, { label, payment_hash }: Parameters): OurInvoice[] {
  return [...world.ours.values()].filter((one) => one.state !== 'cancelled' && (one.label === label || one.hash === payment_hash));
}

function remove(world: World, { label, status }: Parameters): Reply {
  const [one] = found(world, { label: label as string });
  if (!one) return error(905, 'Unknown invoice');
  if (invoiceJson(world, one).status !== status) return error(906, 'Invoice status is not as expected');
  world.cancel(one.hash);
  return ok(invoiceJson(world, one));
}

async function xpay(world: World, { invstring, maxfee, retry_for }: Parameters, gone: AbortSignal): Promise<Reply> {
  const parsed = parseInvoice(String(invstring));
  const payment = world.send(String(invstring), BigInt(maxfee ?? 0));
  const giveUp = AbortSignal.any([gone, AbortSignal.timeout(1_000 * Number(retry_for))]);
  while (payment.state === 'in-flight' && !giveUp.aborted) await world.changed(giveUp);
  if (payment.state === 'in-flight') return error(209, 'Timed out');
  if (payment.state === 'failed') return error(205, 'Could not find a route');
  const { amount, fee, preimage } = payment;
  return ok({
    payment_preimage: preimage,
    amount_msat: Number(parsed.amount),
    amount_sent_msat: Number(amount + fee),
    failed_parts: 0,
    successful_parts: 1,
  });
}

async function wait(world: World, last: number, gone: AbortSignal): Promise<Reply> {
  for (;;) {
    const next = [...world.ours.values()].find(({ settleIndex }) => settleIndex === last + 1);
    if (next) return ok(invoiceJson(world, next));
    if (gone.aborted) return error(904, 'Timed out');
    await world.changed(gone);
  }
}

function invoiceJson(world: World, { label, hash, bolt11, state, received, amount, expiresAt, settleIndex }: OurInvoice) {
  const status = state === 'settled' ? 'paid' : expiresAt <= world.now() ? 'expired' : 'unpaid';
  const paid = status === 'paid' ? { pay_index: settleIndex, amount_received_msat: Number(received) } : {};
  return { label, bolt11, payment_hash: hash as PaymentHash, amount_msat: Number(amount), status, expires_at: expiresAt / 1_000, ...paid };
}

function payJson({ id, hash, state, preimage, amount, fee, startedAt }: OurPayment): object {
  const common = { payment_hash: hash, created_index: id, created_at: Math.floor(startedAt / 1_000) };
  if (state !== 'succeeded') return { ...common, status: state === 'failed' ? 'failed' : 'pending' };
  return { ...common, status: 'complete', preimage, amount_msat: Number(amount), amount_sent_msat: Number(amount + fee) };
}
