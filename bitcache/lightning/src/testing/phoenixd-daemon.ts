// phoenixd's HTTP interface as its documentation describes it. https://phoenix.acinq.co/server/api
import { msat } from '@reprise/ledger';
import type { PaymentHash } from '../port.ts';
import { type Called, Daemon, type Reply } from './daemon.ts';
import { type OurInvoice, type OurPayment, World } from './world.ts';

export const phoenixdPassword = 'password of the tests';
/** What it keeps of a receipt to make room, in msat, where a test sets it. */
export type Liquidity = { kept: bigint };

export function startPhoenixd(world = new World(), liquidity: Liquidity = { kept: 0n }): Promise<Daemon> {
  return Daemon.start(world, { answer: (called) => answer(world, liquidity, called), isPayment: ({ path }) => path === '/payinvoice' });
}

const ok = (json: unknown): Reply => ({ status: 200, json });
const notFound: Reply = { status: 404, json: 'Not found' };

async function answer(world: World, liquidity: Liquidity, { headers, method, path, query, body, gone }: Called): Promise<Reply> {
  if (headers.authorization !== `Basic ${Buffer.from(`:${phoenixdPassword}`).toString('base64')}`)
    return { status: 401, json: 'Unauthorized' };
  const form = new URLSearchParams(body);
  if (path === '/getinfo') return ok({ nodeId: '02', chain: world.network, version: '0.6.0' });
  if (path === '/getbalance') return ok({ balanceSat: Number(world.spendable / 1_000n), feeCreditSat: 0 });
  if (path === '/createinvoice' && method === 'POST') return ok(createInvoice(world, form));
  if (path === '/payinvoice' && method === 'POST') return payInvoice(world, form, gone);
  if (path === '/payments/incoming') return ok(incoming(world, query).map((one) => invoiceJson(one, liquidity)));
  const [, , kind, hash] = path.split('/');
  const invoice = world.ours.get(hash as PaymentHash);
  if (kind === 'incoming') return invoice ? ok(invoiceJson(invoice, liquidity)) : notFound;
  const payment = world.payment(hash as PaymentHash);
  return kind === 'outgoingbyhash' && payment ? ok(paymentJson(payment)) : notFound;
}

function createInvoice(world: World, form: URLSearchParams): object {
  const made = world.create({
    label: form.get('externalId') ?? '',
    amount: msat(BigInt(form.get('amountSat') ?? 0) * 1_000n),
    description: form.has('descriptionHash') ? { hash: form.get('descriptionHash') ?? '' } : { text: form.get('description') ?? '' },
    expirySeconds: Number(form.get('expirySeconds')),
  });
  return { amountSat: Number(made.amount / 1_000n), paymentHash: made.hash, serialized: made.bolt11 };
}

async function payInvoice(world: World, form: URLSearchParams, gone: AbortSignal): Promise<Reply> {
  // No limit on fees: whatever the way costs is paid.
  const known = world.payments.length;
  const payment = world.send(form.get('invoice') ?? '', 1_000_000_000n);
  if (world.payments.length === known) return { status: 400, json: { reason: 'this invoice has already been paid' } };
  while (payment.state === 'in-flight' && !gone.aborted) await world.changed(gone);
  const { id, hash, amount, fee, preimage, state } = payment;
  if (state !== 'succeeded') return ok({ paymentHash: hash, reason: 'the recipient is not reachable' });
  const sat = (amount_: bigint) => Number(amount_ / 1_000n);
  return ok({
    paymentId: `id-${id}`,
    paymentHash: hash,
    paymentPreimage: preimage,
    recipientAmountSat: sat(amount),
    routingFeeSat: sat(fee),
  });
}

function incoming(world: World, query: URLSearchParams): OurInvoice[] {
  const id = query.get('externalId');
  const offset = Number(query.get('offset') ?? 0);
  return [...world.ours.values()]
    .filter(({ label, state }) => (id === null || label === id) && (query.get('all') === 'true' || state === 'settled'))
    .filter(({ madeAt }) => madeAt >= Number(query.get('from') ?? 0))
    .slice(offset, offset + Number(query.get('limit') ?? 20));
}

function invoiceJson({ hash, label, bolt11, preimage, state, received, madeAt, settledAt }: OurInvoice, { kept }: Liquidity): object {
  const isPaid = state === 'settled';
  return {
    paymentHash: hash,
    preimage,
    externalId: label,
    invoice: bolt11,
    isPaid,
    createdAt: madeAt,
    receivedSat: isPaid ? Number((received - kept) / 1000n) : 0,
    fees: isPaid ? Number(kept) : 0,
    completedAt: isPaid ? settledAt : null,
  };
}

function paymentJson({ id, hash, state, preimage, fee, startedAt }: OurPayment): object {
  const isPaid = state === 'succeeded';
  return {
    paymentId: `id-${id}`,
    paymentHash: hash,
    preimage,
    isPaid,
    fees: isPaid ? Number(fee) : 0,
    createdAt: startedAt,
    completedAt: state === 'in-flight' ? null : startedAt,
  };
}
