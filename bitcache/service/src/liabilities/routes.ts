// What a mint owes, for anybody who asks from any page. The host mounts this at `/pay/liabilities`. spec/liabilities.md "Over HTTP".
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { formatBase64url } from '@reprise/kit';
import type { Liabilities } from './liabilities.ts';

const noStore = { 'Cache-Control': 'no-store' };

/** @param onError is told of what is no answer: bugs, a database that is gone */
export function liabilityRoutes(liabilities: Liabilities, onError: (error: unknown) => void = () => {}): Hono {
  const app = new Hono();
  app.use(cors({ origin: '*', allowMethods: ['GET', 'HEAD'] }));
  app.onError((error, context) => {
    onError(error);
    return context.json({ code: 'busy' }, 503, { ...noStore, 'Retry-After': '10' });
  });
  app.notFound((context) => context.json({ code: 'not-found' }, 404));

  app.get('/liabilities', async (context) => {
    const from = readFrom(context.req.query('from'));
    if (from === undefined) return context.json({ code: 'bad-request' }, 400, noStore);
    const { latest, epochs } = await liabilities.epochs(from);
    const key = formatBase64url(liabilities.publicKey);
    return context.json({ network: liabilities.network, key, latest, epochs: epochs.map(formatBase64url) }, 200, noStore);
  });
  app.get('/liabilities/:keyset/:list{promised|spent}', async (context) => {
    const { keyset, list } = context.req.param();
    const from = readFrom(context.req.query('from'));
    if (from === undefined || !/^[0-9a-f]{66}$/.test(keyset)) return context.json({ code: 'bad-request' }, 400, noStore);
    const coins = await liabilities.coins(keyset, list as 'promised' | 'spent', from);
    return context.body(coins, 200, { ...noStore, 'Content-Type': 'application/octet-stream' });
  });
  return app;
}

function readFrom(text = '0'): number | undefined {
  return /^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : undefined;
}
