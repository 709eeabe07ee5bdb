// LND's REST interface as its documentation describes it. https://lightning.engineering/api-docs/api/lnd/
import { msat } from '@reprise/ledger';
import type { FailureReason, PaymentHash } from '../port.ts';
import { type Called, Daemon, type Reply } from './daemon.ts';
import { type OurInvoice, type OurPayment, World } from './world.ts';

export const lndMacaroon = '0201036c6e64';

export function startLnd(world = new World()): Promise<Daemon> {
  return Daemon.start(world, { answer: (called) => answer(world, called), isPayment: ({ path }) => path === '/v2/router/send' });
}

const notFound = (message: string): Reply => ({ status: 404, json: { code: 5, message, details: [] } });
const ok = (json: unknown): Reply => ({ status: 200, json });

async function answer(world: World, called: Called): Promise<Reply> {
  const { method, path, query, body } = called;
  if (called.headers['grpc-metadata-macaroon'] !== lndMacaroon) return { status: 401, json: { code: 2, message: 'verification failed' } };
  if (path === '/v1/getinfo') return ok({ chains: [{ chain: 'bitcoin', network: world.network }], synced_to_chain: true });
  if (path === '/v1/balance/channels') return ok({ local_balance: { msat: String(world.spendable) }, remote_balance: { msat: '5000' } });
  if (path === '/v1/invoices' && method === 'POST') return ok(addInvoice(world, body));
  if (path === '/v1/invoices') return ok(listInvoices(world, query));
  if (path === '/v1/invoices/subscribe') return { lines: settled(world, Number(query.get('settle_index')), called.gone) };
  if (path === '/v2/invoices/cancel') return cancel(world, body);
  if (path === '/v2/router/send') return { lines: send(world, body, called.gone) };
  const invoice = world.ours.get(path.slice('/v1/invoice/'.length) as PaymentHash);
  if (path.startsWith('/v1/invoice/')) return invoice ? ok(invoiceJson(world, invoice)) : notFound('unable to locate invoice');
  const named = path.slice('/v2/router/track/'.length);
  if (!/^[A-Za-z0-9_-]{43}=$/.test(named)) return { status: 400, json: { code: 3, message: 'type mismatch, parameter: payment_hash' } };
  const hash = Buffer.from(named, 'base64url').toString('hex') as PaymentHash;
  const payment = world.payment(hash);
  if (!payment) return { lines: only({ error: { code: 5, message: "payment isn't initiated" } }) };
  return { lines: follow(world, payment, called.gone) };
}

function addInvoice(world: World, body: string): object {
  const asked = JSON.parse(body) as { value_msat: string; memo?: string; description_hash?: string; expiry: string };
  const hash = asked.description_hash && Buffer.from(asked.description_hash, 'base64').toString('hex');
  const invoice = world.create({
    label: `lnd-${world.ours.size}`,
    amount: msat(BigInt(asked.value_msat)),
    description: hash ? { hash } : { text: asked.memo ?? '' },
    expirySeconds: Number(asked.expiry),
  });
  return { r_hash: base64(invoice.hash), payment_request: invoice.bolt11, add_index: String(world.ours.size) };
}

function listInvoices(world: World, query: URLSearchParams): object {
  const offset = Number(query.get('index_offset'));
  const page = [...world.ours.values()].slice(offset, offset + Number(query.get('num_max_invoices')));
  return { invoices: page.map((invoice) => invoiceJson(world, invoice)), last_index_offset: String(offset + page.length) };
}

function cancel(world: World, body: string): Reply {
  const hash = Buffer.from((JSON.parse(body) as { payment_hash: string }).payment_hash, 'base64').toString('hex') as PaymentHash;
  const invoice = world.cancel(hash);
  return invoice?.state === 'settled' ? { status: 500, json: { code: 2, message: 'invoice already settled' } } : ok({});
}

async function* send(world: World, body: string, gone: AbortSignal): AsyncIterable<unknown> {
  const asked = JSON.parse(body) as { payment_request: string; fee_limit_msat: string };
  const known = world.payments.length;
  const payment = world.send(asked.payment_request, BigInt(asked.fee_limit_msat));
  if (world.payments.length === known)
    yield { error: { code: 6, message: payment.state === 'succeeded' ? 'invoice is already paid' : 'payment is in transition' } };
  else yield* follow(world, payment, gone);
}

async function* follow(world: World, payment: OurPayment, gone: AbortSignal): AsyncIterable<unknown> {
  yield { result: paymentJson(payment) };
  while (payment.state === 'in-flight' && !gone.aborted) {
    await world.changed(gone);
    if (!gone.aborted && (payment.state as string) !== 'in-flight') yield { result: paymentJson(payment) };
  }
}

async function* settled(world: World, after: number, gone: AbortSignal): AsyncIterable<unknown> {
  const highest = () => Math.max(0, ...[...world.ours.values()].map(({ settleIndex }) => settleIndex));
  // Index 0 asks for what comes only.
  for (let last = after || highest(); !gone.aborted; ) {
    const next = [...world.ours.values()].find(({ settleIndex }) => settleIndex === last + 1);
    if (!next) {
      await world.changed(gone);
      continue;
    }
    last++;
    yield { result: invoiceJson(world, next) };
  }
}

async function* only(line: unknown): AsyncIterable<unknown> {
  yield line;
}

function invoiceJson(world: World, { hash, state, received, madeAt, expiresAt, settleIndex }: OurInvoice): object {
  const isOver = state === 'cancelled' || (state === 'open' && expiresAt <= world.now());
  return {
    r_hash: base64(hash),
    state: state === 'settled' ? 'SETTLED' : isOver ? 'CANCELED' : 'OPEN',
    amt_paid_msat: String(received),
    creation_date: String(madeAt / 1_000),
    expiry: String((expiresAt - madeAt) / 1_000),
    settle_index: String(settleIndex),
  };
}

const reasons: Partial<Record<FailureReason, string>> = { timeout: 'TIMEOUT', 'no-route': 'NO_ROUTE', 'fee-limit': 'NO_ROUTE' };

function paymentJson({ id, hash, state, preimage, fee, reason }: OurPayment): object {
  return {
    payment_hash: hash,
    payment_index: String(id),
    status: { 'in-flight': 'IN_FLIGHT', succeeded: 'SUCCEEDED', failed: 'FAILED' }[state],
    payment_preimage: preimage ?? '00'.repeat(32),
    fee_msat: String(fee),
    failure_reason: state === 'failed' ? `FAILURE_REASON_${reasons[reason ?? 'other'] ?? 'ERROR'}` : 'FAILURE_REASON_NONE',
    htlcs: state === 'in-flight' ? [{ status: 'IN_FLIGHT' }] : [],
  };
}

function base64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}
