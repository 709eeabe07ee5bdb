// The mint's websocket at a real host: under both of its names, for so many of one address, and closed when the host stops.
// spec/mint.md "Subscriptions".
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { it } from 'node:test';
import { startHost } from '../support/server.ts';

const perAddressMax = 16;

it('the websocket of the mint opens under both names, bounds who comes, and ends with the host', async () => {
  await using host = await startHost();
  const sockets: WebSocket[] = [];
  for (let at = 0; at < perAddressMax; at++) {
    const socket = new WebSocket(`${host.url.replace('http', 'ws')}${at % 2 === 0 ? '/mint' : ''}/v1/ws`);
    sockets.push(socket);
    await once(socket, 'open');
  }
  const [first] = sockets as [WebSocket];
  const params = { kind: 'proof_state', subId: 'a', filters: [`02${'ab'.repeat(32)}`] };
  first.send(JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'subscribe', params }));
  const [told] = (await once(first, 'message')) as [MessageEvent<string>];
  assert.equal(told.data, '{"jsonrpc":"2.0","result":{"status":"OK","subId":"a"},"id":0}');

  assert.equal(await upgradeStatus(host.url, '/mint/v1/ws'), 429);
  const closing = once(sockets[1] as WebSocket, 'close');
  sockets[1]?.close();
  await closing;
  // The host hears of it a moment later.
  while ((await upgradeStatus(host.url, '/v1/ws')) === 429);
  assert.equal((await fetch(`${host.url}/mint/v1/ws`)).status, 404);
  assert.equal(await upgradeStatus(host.url, '/health'), 200);
  assert.equal(await upgradeStatus(host.url, '/mint/v1/wsx'), 404);

  const ended = once(first, 'close') as Promise<[CloseEvent]>;
  assert.equal(await host.stop(), 0);
  assert.equal((await ended)[0].code, 1001);
});

/** @returns how a request to upgrade is answered */
async function upgradeStatus(url: string, path: string): Promise<number | undefined> {
  const asked = request(`${url}${path}`, {
    headers: {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64'),
    },
  });
  asked.end();
  const answered = await Promise.race([
    (once(asked, 'response') as Promise<[IncomingMessage]>).then(([response]) => response),
    (once(asked, 'upgrade') as Promise<[IncomingMessage]>).then(([response]) => response),
  ]);
  answered.destroy();
  return answered.statusCode;
}
