// The mint over HTTP, as the NUTs have it: the host mounts this where wallets shall find it. Anyone may ask, from any page.
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { MintFailure } from './failures.ts';
import type { Mint } from './mint.ts';
import { parseBody } from './read-request.ts';
import { limits } from './settings.ts';

type Fields = Readonly<Record<string, unknown>>;

/** @param onError is told of what is no answer to a wallet: bugs, a database that is gone */
export function mintRoutes(mint: Mint, onError: (error: unknown) => void = () => {}): Hono {
  const app = new Hono();
  app.use(cors({ origin: '*', allowMethods: ['GET', 'POST'], allowHeaders: ['Content-Type'] }));
  app.use(bodyLimit({ maxSize: limits.bodyBytesMax, onError: (context) => refuse(context, new MintFailure(1), 413) }));
  app.onError((error, context) => {
    if (error instanceof MintFailure) return refuse(context, error, error.code === 2 ? 503 : error.code === 3 ? 404 : 400);
    onError(error);
    return refuse(context, new MintFailure(2), 503);
  });
  app.notFound((context) => context.json({ detail: 'There is nothing here.', code: 0 }, 404));

  const get = (path: string, answer: (context: Context) => unknown) =>
    app.get(path, async (context) => reply(context, await answer(context)));
  const post = (path: string, answer: (body: Fields) => Promise<unknown>) =>
    app.post(path, async (context) => reply(context, await answer(parseBody(await context.req.text()))));

  get('/v1/info', () => mint.info());
  get('/v1/keys', () => mint.keys());
  get('/v1/keys/:id', (context) => mint.keys(context.req.param('id') ?? ''));
  get('/v1/keysets', () => mint.keysets());
  post('/v1/swap', mint.swap);
  post('/v1/checkstate', mint.checkState);
  post('/v1/restore', mint.restore);
  post('/v1/mint/quote/bolt11', mint.makeMintQuote);
  post('/v1/mint/quote/bolt11/check', mint.readMintQuotes);
  get('/v1/mint/quote/bolt11/:quote', (context) => mint.readMintQuote(context.req.param('quote') ?? ''));
  post('/v1/mint/bolt11', mint.issue);
  post('/v1/mint/bolt11/batch', mint.issueBatch);
  post('/v1/melt/quote/bolt11', mint.makeMeltQuote);
  get('/v1/melt/quote/bolt11/:quote', (context) => mint.readMeltQuote(context.req.param('quote') ?? ''));
  post('/v1/melt/bolt11', mint.melt);
  return app;
}

function reply(context: Context, body: unknown): Response {
  context.header('Cache-Control', 'no-store');
  return context.body(JSON.stringify(body), 200, { 'Content-Type': 'application/json' });
}

function refuse(context: Context, { code, message, retrySeconds }: MintFailure, status: 400 | 404 | 413 | 503): Response {
  context.header('Cache-Control', 'no-store');
  if (status === 503) context.header('Retry-After', String(retrySeconds));
  return context.json({ detail: message, code }, status);
}
