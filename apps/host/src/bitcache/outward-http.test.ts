// A server that lies, stalls, sends without end and redirects inward; and names that lead inward in every form there is.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { type OutwardSettings, outwardFetch } from './outward-http.ts';
import { isPublicAddress } from './public-address.ts';
import { certificate, privateKey } from './testing/certificate.ts';
import { trusting } from './trusting-http.ts';

const server = createServer({ cert: certificate, key: privateKey });
let answer: (incoming: IncomingMessage, outgoing: ServerResponse) => void = () => {};
let port = 0;
const seen: string[] = [];
before(async () => {
  server.on('request', (incoming, outgoing) => {
    seen.push(`${incoming.headers.host}${incoming.url}`);
    answer(incoming, outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const json = { 'content-type': 'application/json; charset=utf-8' };
/** As in earnest, but that this machine counts as public. */
const here: Partial<OutwardSettings> = {
  resolve: async () => ['127.0.0.1'],
  mayCall: (address) => address === '127.0.0.1',
  ca: certificate,
};
const ask = (path = '/', settings: Partial<OutwardSettings> = {}) =>
  outwardFetch({ ...here, ...settings })(`https://pay.example:${port}${path}`);

describe('a call to a server that a stranger named', () => {
  it('brings its JSON, resolved once and connected to the address that was checked', async () => {
    answer = (_, outgoing) => outgoing.writeHead(200, json).end('{"tag":"payRequest"}');
    let resolved = 0;
    const rebinding = async () => [['127.0.0.1'], ['169.254.169.254']][resolved++] ?? [];
    assert.deepEqual(await ask('/x?amount=1', { resolve: rebinding }), { tag: 'payRequest' });
    assert.deepEqual([resolved, seen.at(-1)], [1, `pay.example:${port}/x?amount=1`]);
    assert.deepEqual(await outwardFetch(here)(`https://127.0.0.1:${port}/`), { tag: 'payRequest' });
  });

  it('follows no redirect, inward or elsewhere', async () => {
    for (const location of ['http://169.254.169.254/latest/meta-data/', 'https://[::1]/', `https://other.example:${port}/`]) {
      const before = seen.length;
      answer = (_, outgoing) => outgoing.writeHead(302, { ...json, location }).end('{}');
      await assert.rejects(ask(), /status 302/);
      assert.equal(seen.length, before + 1);
    }
  });

  it('takes 64 kB of JSON, and is done with more', async () => {
    const sized = (bytes: number) => JSON.stringify('x'.repeat(bytes - 2));
    answer = (_, outgoing) => outgoing.writeHead(200, json).end(sized(65_536));
    assert.equal(((await ask()) as string).length, 65_534);
    answer = (_, outgoing) => outgoing.writeHead(200, json).end(sized(65_537));
    await assert.rejects(ask(), /too long/);
    let sent = 0;
    answer = (_, outgoing) => {
      outgoing.writeHead(200, json);
      const piece = Buffer.alloc(65_536, 0x20);
      const pump = () => {
        while (sent < 10_485_760 && !outgoing.destroyed) {
          sent += piece.length;
          if (!outgoing.write(piece)) return void outgoing.once('drain', pump);
        }
        outgoing.end();
      };
      pump();
    };
    await assert.rejects(ask(), /too long/);
    assert.ok(sent < 10_485_760, `${sent} bytes were taken`);
  });

  it('does not wait for who stalls: before the answer, within it, or when asked for a name', async () => {
    const soon = { withinMs: 200 };
    answer = () => {};
    await assert.rejects(ask('/', soon), { name: /TimeoutError|AbortError/ });
    answer = (_, outgoing) => outgoing.writeHead(200, json).write('{');
    await assert.rejects(ask('/', soon));
    await assert.rejects(ask('/', { ...soon, resolve: () => new Promise(() => {}) }), { name: 'TimeoutError' });
  });

  it('refuses what is no JSON, no https, no success, or cut off', async () => {
    answer = (_, outgoing) => outgoing.writeHead(200, { 'content-type': 'text/html' }).end('{}');
    await assert.rejects(ask(), /not JSON/);
    answer = (_, outgoing) => outgoing.writeHead(200, json).end('{"tag":');
    await assert.rejects(ask(), SyntaxError);
    answer = (_, outgoing) => outgoing.writeHead(500, json).end('{}');
    await assert.rejects(ask(), /status 500/);
    answer = (_, outgoing) => {
      outgoing.writeHead(200, { ...json, 'content-length': '100' });
      outgoing.write('{', () => outgoing.destroy());
    };
    await assert.rejects(ask());
    await assert.rejects(outwardFetch(here)(`http://pay.example:${port}/`), /not https/);
    // A certificate of a stranger, and one for another name.
    answer = (_, outgoing) => outgoing.writeHead(200, json).end('{}');
    await assert.rejects(outwardFetch({ resolve: async () => ['127.0.0.1'], mayCall: () => true })(`https://pay.example:${port}/`), {
      code: /CERT|SELF_SIGNED/,
    });
    await assert.rejects(outwardFetch(here)(`https://elsewhere.example:${port}/`), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  it('is not made at all to a name that leads inward, alone or among others', async () => {
    const before = seen.length;
    for (const addresses of [['127.0.0.1'], ['10.0.0.1'], ['93.184.216.34', '192.168.1.1'], ['::1'], ['::ffff:127.0.0.1'], []])
      await assert.rejects(
        outwardFetch({ resolve: async () => addresses, ca: certificate })(`https://pay.example:${port}/`),
        /not a public address/,
      );
    for (const host of ['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1', '0', '[fd00::1]'])
      await assert.rejects(outwardFetch({ ca: certificate })(`https://${host}:${port}/`), /not a public address/, host);
    assert.equal(seen.length, before);
  });
});

it('addresses of the internet are told from all others', () => {
  for (const address of ['1.1.1.1', '93.184.216.34', '172.15.0.1', '172.32.0.1', '100.63.0.1', '2606:4700::1111', '2a00:1450::1'])
    assert.equal(isPublicAddress(address), true, address);
  const inward = [
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.9.9.9', '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.1'],
    ...[
      '192.0.2.1',
      '192.88.99.1',
      '192.168.0.1',
      '198.18.0.1',
      '198.51.100.1',
      '203.0.113.1',
      '224.0.0.1',
      '239.1.1.1',
      '240.0.0.1',
      '255.255.255.255',
    ],
    ...[
      '::',
      '::1',
      '::ffff:127.0.0.1',
      '::ffff:8.8.8.8',
      '::127.0.0.1',
      'fc00::1',
      'fd12::1',
      'fe80::1',
      'fe80::1%eth0',
      'fec0::1',
      'ff02::1',
    ],
    ...[
      '64:ff9b::7f00:1',
      '64:ff9b:1::1',
      '100::1',
      '2001::1',
      '2001:db8::1',
      '2002:7f00:1::',
      '3fff::1',
      '5f00::1',
      '4000::1',
      'localhost',
      '',
    ],
  ];
  for (const address of inward) assert.equal(isPublicAddress(address), false, address);
});

it('a node is called with the certificate that it made for itself, and with no other', async () => {
  answer = (incoming, outgoing) => {
    let body = '';
    incoming.on('data', (piece) => (body += piece));
    incoming.on('end', () => outgoing.writeHead(201, json).end(JSON.stringify([incoming.method, incoming.headers['x-secret'], body])));
  };
  const url = `https://127.0.0.1:${port}/v1/x`;
  const init = { method: 'POST', headers: { 'x-secret': 's' }, body: '{"a":1}' };
  const response = await trusting(certificate)(url, init);
  assert.deepEqual([response.status, await response.json()], [201, ['POST', 's', '{"a":1}']]);
  await assert.rejects(fetch(url, init));
  await assert.rejects(trusting(certificate)(url, { ...init, signal: AbortSignal.abort() }), { name: 'AbortError' });
});
