// Links for sale over HTTP: 402 as NUT-24, L402 and BUD-07 have it. The host mounts this where `/pay` is. Anyone may ask, from any page.
// spec/paid-links.md "Over HTTP".
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { type Bytes, formatBase64url, parseBase64url } from '@reprise/kit';
import { MintFailure, parseBody } from '@reprise/mint';
import { ServiceFailure } from './failures.ts';
import { statusOf } from './http-status.ts';
import { amountIn, challenge, credentialOf, noStore, paymentShown, payWithHeader } from './release-request.ts';
import type { Granted } from './sales.ts';
import type { Service } from './service.ts';

const bodyBytesMax = 2_097_152;
const exposed = ['X-Cashu', 'X-Lightning', 'X-Reason', 'WWW-Authenticate', 'Reprise-Quote', 'Reprise-Network', 'Retry-After', 'ETag'];
const accepted = [
  'Content-Type',
  'Authorization',
  'X-Cashu',
  'X-Lightning',
  'Accept-Payment',
  'Reprise-Buyer-Key',
  'Reprise-Quote',
  'If-None-Match',
];

/** @param onError is told of what is no answer to a buyer: bugs, a database that is gone */
export function serviceRoutes(service: Service, onError: (error: unknown) => void = () => {}): Hono {
  const app = new Hono();
  app.use(cors({ origin: '*', allowMethods: ['GET', 'HEAD', 'POST'], allowHeaders: accepted, exposeHeaders: exposed }));
  app.use(bodyLimit({ maxSize: bodyBytesMax, onError: (context) => refuse(context, new MintFailure(1)) }));
  app.onError((error, context) => {
    if (error instanceof ServiceFailure || error instanceof MintFailure) return refuse(context, error);
    onError(error);
    return refuse(context, new ServiceFailure('busy'));
  });
  app.notFound((context) => context.json({ code: 'no-offer' }, 404));

  app.get('/:offer', async (context) => {
    const shown = await service.readOffer(context.req.param('offer'));
    const tag = `"${shown.version}-${shown.state}"`;
    const headers = { ETag: tag, 'Cache-Control': 'public, max-age=60' };
    if (context.req.header('If-None-Match') === tag) return context.body(null, 304, headers);
    return context.json({ ...shown, agent: formatBase64url(service.agentKey), network: service.network }, 200, headers);
  });
  app.get('/:offer/price', async (context) => {
    const { text, rate, sats, ...quote } = await service.quotePrice(context.req.param('offer'), amountIn(context));
    const written = rate && { ...rate, price: String(rate.price) };
    return context.json({ ...quote, sats: String(sats), rate: written, quote: text, network: service.network }, 200, noStore);
  });
  // A HEAD is answered by the route of GET: it takes no payment and makes no invoice.
  app.get('/:offer/release', async (context) => {
    const offer = context.req.param('offer');
    if (context.req.method === 'HEAD') return challenge(service, context, { offer, buyerKey: null });
    const payment = credentialOf(service, context, offer);
    if (payment) return context.json(written(await service.collect(offer, payment)), 200, noStore);
    const buyerKey = readBuyerKey(context.req.header('Reprise-Buyer-Key') ?? context.req.query('key') ?? '');
    const token = context.req.header('X-Cashu');
    if (token === undefined) return challenge(service, context, { offer, buyerKey });
    return context.json(written(await payWithHeader(service, context, { offer, buyerKey, token })), 200, noStore);
  });
  app.post('/:offer/release', async (context) => {
    const body = parseBody(await context.req.text());
    const { buyerKey, quote = null, ...coins } = body;
    if (typeof buyerKey !== 'string' || (quote !== null && typeof quote !== 'string')) throw new MintFailure(1);
    const bought = await service.buyWithCoins({ offer: context.req.param('offer'), buyerKey: readBuyerKey(buyerKey), quote, coins });
    return context.json({ ...written(bought), change: bought.change }, 200, noStore);
  });
  app.get('/:offer/refund', async (context) => {
    const { amount, reason, state } = await service.readRefund(await paymentShown(service, context, context.req.param('offer')));
    return context.json({ amount: String(amount), reason, state }, 200, noStore);
  });
  app.post('/:offer/refund', async (context) => {
    const payment = await paymentShown(service, context, context.req.param('offer'));
    const signatures = await service.takeRefund(payment, parseBody(await context.req.text()));
    return context.json({ signatures }, 200, noStore);
  });
  return app;
}

function readBuyerKey(text: string): Bytes {
  const key = parseBase64url(text);
  if (!key) throw new ServiceFailure('bad-buyer-key');
  return key;
}

function written({ release, receipt }: Granted) {
  return { release: formatBase64url(release), receipt: formatBase64url(receipt) };
}

function refuse(context: Context, failure: ServiceFailure | MintFailure): Response {
  const { status, seconds } = statusOf(failure);
  const headers: Record<string, string> = { ...noStore, 'X-Reason': String(failure.code) };
  if (seconds !== undefined) headers['Retry-After'] = String(seconds);
  const facts = failure instanceof MintFailure ? { detail: failure.message } : failure.facts;
  return context.json({ code: failure.code, ...facts }, status, headers);
}
