// Rates from a file, and from a server that is down, writes nonsense, redirects inward or stands inside.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '@reprise/kit';
import { type AddressFetch, RateWatch } from '@reprise/service';
import { ConfigRefused, parseConfig } from '../config.ts';
import { outwardFetch } from './outward-http.ts';
import { rateSources } from './rate-sources.ts';
import { certificate, privateKey } from './testing/certificate.ts';

type Answer = { readonly status?: number; readonly type?: string; readonly body: string; readonly location?: string };

const server = createServer({ cert: certificate, key: privateKey });
const answers = new Map<string, Answer>();
let port = 0;
before(async () => {
  server.on('request', (incoming, outgoing) => {
    const { status = 200, type = 'application/json', body, location } = answers.get(incoming.url ?? '') ?? { status: 404, body: '' };
    outgoing.writeHead(status, { 'content-type': type, ...(location && { location }) }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const here = outwardFetch({ resolve: async () => ['127.0.0.1'], mayCall: (address) => address === '127.0.0.1', ca: certificate });

async function rateFrom(from: string, fetch: AddressFetch = here) {
  const { bitcoinRates } = parseConfig({ REPRISE_BITCACHE_RATES_FROM: from });
  const troubles: string[] = [];
  const onTrouble = ({ kind }: { readonly kind: string }) => troubles.push(kind);
  const rates = new RateWatch({ sources: rateSources(bitcoinRates, fetch, systemClock), clock: systemClock, onTrouble });
  await rates.refresh();
  const rate = await rates.latest('EUR');
  return { price: rate?.price, source: rate?.source, troubles };
}

const at = (path: string, pointer: string) => `EUR=https://pay.example:${port}${path}#${pointer}`;

describe('rates from servers that the operator named', () => {
  it('are the median of what stands at the places that he named', async () => {
    answers.set('/a', { body: '{"result":{"XXBTZEUR":{"c":["58000.10","0.1"]}}}' });
    answers.set('/b?pair=a,b', { body: '{"a/b":{"last":58100}}' });
    answers.set('/c', { body: '[{"p~x":58050.123456789}]' });
    const from = [at('/a', '/result/XXBTZEUR/c/0'), at('/b?pair=a,b', '/a~1b/last'), at('/c', '/0/p~0x')].join(' ');
    assert.deepEqual(await rateFrom(from), { price: 5_805_012_345_678n, source: 'pay.example', troubles: [] });
  });

  it('are none where an answer is nonsense', async () => {
    const nonsense: readonly Answer[] = [
      { status: 500, body: '{"p":58000}' },
      { type: 'text/html', body: '<p>58000</p>' },
      { body: '58000' },
      { body: '{"p":' },
      { body: '{"p":null}' },
      { body: '{"p":{"p":58000}}' },
      { body: '{"p":"58,000"}' },
      { body: '{"p":-58000}' },
      { body: '{"p":1e300}' },
      { body: '{"q":58000}' },
      { body: `{"p":58000,"x":"${'x'.repeat(65_536)}"}` },
      { status: 302, location: 'http://169.254.169.254/', body: '{"p":58000}' },
    ];
    for (const answer of nonsense) {
      answers.set('/n', answer);
      assert.deepEqual(
        await rateFrom(at('/n', '/p')),
        { price: undefined, source: undefined, troubles: ['source-failed', 'too-few'] },
        answer.body,
      );
    }
    answers.set('/n', { body: '{"p":58000}' });
    assert.equal((await rateFrom(at('/n', '/__proto__/p'))).price, undefined);
  });

  it('are never asked inside the house, whatever a name leads to', async () => {
    answers.set('/n', { body: '{"p":58000}' });
    for (const address of ['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', '::ffff:127.0.0.1']) {
      const inward = outwardFetch({ resolve: async () => [address], ca: certificate });
      assert.deepEqual((await rateFrom(at('/n', '/p'), inward)).troubles, ['source-failed', 'too-few'], address);
    }
    assert.deepEqual((await rateFrom(`EUR=https://127.0.0.1:${port}/n#/p`, outwardFetch({ ca: certificate }))).price, undefined);
  });
});

describe('rates from a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-rates-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'rates');
  const { bitcoinRates } = parseConfig({ REPRISE_BITCACHE_RATES_FILE: path });

  it('are as new as it is, and follow it', async () => {
    const troubles: string[] = [];
    const onTrouble = ({ kind }: { readonly kind: string }) => troubles.push(kind);
    const rates = new RateWatch({ sources: rateSources(bitcoinRates, here, systemClock), clock: systemClock, onTrouble });
    await rates.refresh();
    assert.deepEqual([rates.known, troubles.includes('source-failed')], [[], true]);
    troubles.length = 0;
    writeFileSync(path, 'EUR=58000.5\n');
    await rates.refresh();
    assert.deepEqual([rates.known.map(({ currency, price }) => [currency, price]), troubles], [[['EUR', 5_800_050_000_000n]], []]);
    for (const wrong of ['EUR=', 'nonsense', '', `EUR=58000${' '.repeat(5_000)}`]) {
      writeFileSync(path, wrong);
      await rates.refresh();
      assert.equal(rates.known[0]?.price, 5_800_050_000_000n, wrong);
    }
    writeFileSync(path, 'EUR=59000,USD=63000');
    await rates.refresh();
    assert.deepEqual(
      rates.known.map(({ currency }) => currency),
      ['EUR', 'USD'],
    );
    utimesSync(path, 1_000, 1_000);
    troubles.length = 0;
    await rates.refresh();
    assert.ok(troubles.includes('source-failed'), 'an old file is no rate of now');
  });
});

it('what is set is refused clearly where it is no place of a rate', () => {
  const refused = (environment: Record<string, string>, reason: RegExp) =>
    assert.throws(
      () => parseConfig(environment),
      (error) => error instanceof ConfigRefused && reason.test(error.message),
    );
  for (const wrong of [
    'https://x.example/#/p',
    'EUR=http://x.example/#/p',
    'EUR=https://x.example/',
    'EUR=https://x.example/#p',
    'GBP=https://x.example/#/p',
    'EUR=https://u:p@x.example/#/p',
  ])
    refused({ REPRISE_BITCACHE_RATES_FROM: wrong }, /addresses with the place of the price/);
  refused({ REPRISE_BITCACHE_RATES: 'EUR=1', REPRISE_BITCACHE_RATES_FILE: 'x' }, /only one of/);
  refused({ REPRISE_BITCACHE_RATES_FROM: Array.from({ length: 21 }, () => 'EUR=https://x.example/#/p').join(' ') }, /at most 20/);
});
