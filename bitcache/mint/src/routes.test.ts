import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openDatabase } from '@reprise/database';
import type { Hono } from 'hono';
import { mintRoutes } from './routes.ts';
import { Sandbox, wire } from './testing/sandbox.ts';
import { blindAll } from './testing/wallet.ts';

describe('the mint over HTTP', () => {
  let sandbox: Sandbox;
  let app: Hono;
  const troubles: unknown[] = [];
  before(async () => {
    sandbox = await Sandbox.open(await openDatabase({ path: ':memory:' }), {
      settings: { motd: 'Worthless coins.', urls: ['https://m.example/mint'] },
    });
    app = mintRoutes(sandbox.mint, (error) => troubles.push(error));
  });
  after(async () => {
    await sandbox[Symbol.asyncDispose]();
    assert.deepEqual(troubles, []);
  });

  const post = (path: string, body: string | object) =>
    app.request(path, {
      method: 'POST',
      body:
        typeof body === 'string' ? body : JSON.stringify(body, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)),
    });

  it('issues and pays nothing while money is stopped, by whatever path it is asked, and looks up and swaps all the same', async () => {
    const { mint, backend } = sandbox;
    const [paid, given] = [await mint.makeMintQuote({ amount: 4n, unit: 'sat' }), await mint.makeMintQuote({ amount: 4n, unit: 'sat' })];
    for (const { request } of [paid, given]) await sandbox.payIn(request);
    const blinded = sandbox.outputs(4n);
    const issued = { quote: given.quote, outputs: wire(blinded) };
    const { signatures } = (await (await post('/v1/mint/bolt11', issued)).json()) as { signatures: never[] };
    const inputs = sandbox.unblind(blinded, signatures);
    const [outside, inside] = [backend.world.invoice(2_000n), (await mint.makeMintQuote({ amount: 2n, unit: 'sat' })).request];
    const quotes = await Promise.all([outside, inside].map((request) => mint.makeMeltQuote({ request, unit: 'sat' })));
    sandbox.stopped = true;
    try {
      const issue = { quote: paid.quote, outputs: wire(sandbox.outputs(4n)) };
      const refused: readonly (readonly [string, object])[] = [
        ['/v1/mint/quote/bolt11', { amount: 5, unit: 'sat' }],
        ['/v1/mint/bolt11', issue],
        ['/v1/%6dint/bolt11', issue],
        ['/v1/mint/bolt11/batch', { quotes: [paid.quote], outputs: issue.outputs }],
        ['/v1/melt/quote/bolt11', { request: outside, unit: 'sat' }],
        ...quotes.map(({ quote }) => ['/v1/melt/bolt11', { quote, inputs }] as const),
      ];
      for (const [path, body] of refused) {
        const answer = await post(path, body);
        const { code, detail } = (await answer.json()) as { code: number; detail: string };
        assert.deepEqual([answer.status, code, answer.headers.get('retry-after')], [503, 2, '600'], path);
        assert.match(detail, /stopped issuing and paying until its operator has looked/, path);
      }
      await assert.rejects(mint.giveCoins({ outputs: wire(sandbox.outputs(1n)) }, 1n), { code: 2 });
      assert.equal(backend.handedOver.length, 0);
      // What was given is given again, and what can be looked up is.
      assert.deepEqual(await (await post('/v1/mint/bolt11', issued)).json(), { signatures });
      assert.equal((await app.request(`/v1/mint/quote/bolt11/${paid.quote}`)).status, 200);
      for (const { quote } of quotes) assert.equal((await app.request(`/v1/melt/quote/bolt11/${quote}`)).status, 200);
      assert.equal((await post('/v1/swap', { inputs, outputs: wire(sandbox.outputs(4n)) })).status, 200);
    } finally {
      sandbox.stopped = false;
    }
  });

  it('says what it is, with its message of the day', async () => {
    const info = (await (await app.request('/v1/info')).json()) as {
      motd: string;
      urls: string[];
      nuts: Record<string, { supported?: boolean; methods?: object[] }>;
    };
    assert.deepEqual([info.motd, info.urls], ['Worthless coins.', ['https://m.example/mint']]);
    for (const nut of ['7', '8', '9', '10', '11', '12', '14', '20']) assert.equal(info.nuts[nut]?.supported, true, nut);
    for (const nut of ['4', '5', '17', '19', '29']) assert.ok(info.nuts[nut], nut);
    for (const nut of ['15', '21', '22']) assert.equal(info.nuts[nut], undefined, nut);
  });

  it('publishes keys under an id that anyone can compute, and those of one keyset', async () => {
    const { keysets } = (await (await app.request('/v1/keys')).json()) as { keysets: { id: string; keys: Record<string, string> }[] };
    const [keyset] = keysets;
    assert.match(keyset?.id ?? '', /^01[0-9a-f]{64}$/);
    assert.equal(Object.keys(keyset?.keys ?? {}).length, 32);
    assert.deepEqual(await (await app.request(`/v1/keys/${keyset?.id}`)).json(), { keysets });
    const unknown = await app.request('/v1/keys/009a1f293253e41e');
    assert.deepEqual([unknown.status, ((await unknown.json()) as { code: number }).code], [400, 12_001]);
  });

  it('may be asked from any page, and keeps no answer in a cache', async () => {
    const answer = await app.request('/v1/keysets', { headers: { Origin: 'https://wallet.example' } });
    assert.deepEqual([answer.headers.get('access-control-allow-origin'), answer.headers.get('cache-control')], ['*', 'no-store']);
    const asked = await app.request('/v1/swap', {
      method: 'OPTIONS',
      headers: { Origin: 'https://w.example', 'Access-Control-Request-Method': 'POST' },
    });
    assert.equal(asked.status, 204);
  });

  const unreadable = [
    '',
    '{',
    'null',
    '[]',
    '5',
    '"x"',
    '{"inputs":1}',
    '{"inputs":[],"outputs":[]}',
    '{"inputs":[null],"outputs":[]}',
    '{"inputs":[{"amount":1.0}]}',
  ];
  for (const body of unreadable) {
    it(`refuses what it cannot read: ${JSON.stringify(body)}`, async () => {
      for (const path of ['/v1/swap', '/v1/mint/quote/bolt11', '/v1/melt/quote/bolt11', '/v1/checkstate', '/v1/restore']) {
        const answer = await post(path, body);
        assert.deepEqual([answer.status, ((await answer.json()) as { code: number }).code], [400, 1], path);
      }
    });
  }

  it('keeps every digit of an amount', async () => {
    for (const amount of ['9007199254740993', '18446744073709551615']) {
      const answer = await post('/v1/mint/quote/bolt11', `{"unit":"sat","amount":${amount}}`);
      assert.equal(((await answer.json()) as { code: number }).code, 11_006);
    }
    for (const amount of ['1e3', '1.0', '-1', '"5"', '00']) {
      const answer = await post('/v1/mint/quote/bolt11', `{"unit":"sat","amount":${amount}}`);
      assert.equal(((await answer.json()) as { code: number }).code, 1, amount);
    }
  });

  it('refuses too much of anything before it costs', async () => {
    const point = `02${'11'.repeat(32)}`;
    const proof = { amount: 1, id: sandbox.activeId, secret: 'x', C: point };
    const codeOf = async (answer: Response) => [answer.status, ((await answer.json()) as { code: number }).code];
    const many = Array.from({ length: 1_001 }, (_, at) => ({ ...proof, secret: String(at) }));
    assert.deepEqual(await codeOf(await post('/v1/swap', { inputs: many, outputs: [] })), [400, 11_014]);
    assert.deepEqual(
      await codeOf(await post('/v1/swap', { inputs: [{ ...proof, secret: 'x'.repeat(1_000_000) }], outputs: [] })),
      [400, 1],
    );
    assert.deepEqual(await codeOf(await post('/v1/checkstate', { Ys: Array.from({ length: 1_001 }, () => point) })), [400, 11_014]);
    assert.deepEqual(await codeOf(await post('/v1/swap', ' '.repeat(10_000_000))), [413, 1]);
    const key = `02${'11'.repeat(32)}`;
    const secret = JSON.stringify(['P2PK', { nonce: 'n', data: key }]);
    const witness = JSON.stringify({ signatures: Array.from({ length: 11_000 }, () => '0'.repeat(128)) });
    assert.deepEqual(await codeOf(await post('/v1/swap', { inputs: [{ ...proof, secret, witness }], outputs: [] })), [400, 1]);
  });

  it('answers others while it signs a thousand outputs', async () => {
    const quote = (await (await post('/v1/mint/quote/bolt11', { unit: 'sat', amount: 1_000 })).json()) as {
      quote: string;
      request: string;
    };
    await sandbox.payIn(quote.request);
    const outputs = wire(
      blindAll(
        sandbox.activeId,
        Array.from({ length: 1_000 }, () => 1n),
      ),
    );
    let isSigned = false;
    const signing = (async () => {
      const answer = await post('/v1/mint/bolt11', { quote: quote.quote, outputs });
      isSigned = true;
      return answer;
    })();
    let between = 0;
    while (!isSigned) {
      assert.equal((await app.request('/v1/info')).status, 200);
      await new Promise(setImmediate);
      between++;
    }
    assert.equal(((await (await signing).json()) as { signatures: object[] }).signatures.length, 1_000);
    assert.ok(between > 10, `${between} answers in between`);
    await sandbox.assertWhole();
  });

  it('says that there is nothing where nothing is, and that a quote is unknown', async () => {
    assert.equal((await app.request('/v1/mint')).status, 404);
    assert.equal((await app.request('/v2/info')).status, 404);
    const quote = await app.request('/v1/mint/quote/bolt11/019e6d5a-2347-7000-8322-05d51d498303');
    assert.deepEqual([quote.status, ((await quote.json()) as { code: number }).code], [404, 3]);
  });

  it('answers that it cannot when the node does not, and takes no money', async () => {
    await using other = await Sandbox.open(await openDatabase({ path: ':memory:' }), { settings: { openQuotesMax: 2 } });
    const routes = mintRoutes(other.mint);
    const ask = () => routes.request('/v1/mint/quote/bolt11', { method: 'POST', body: '{"unit":"sat","amount":5}' });
    assert.deepEqual([(await ask()).status, (await ask()).status], [200, 200]);
    const third = await ask();
    assert.deepEqual([third.status, third.headers.get('retry-after')], [503, '10']);
    other.clock.pass(600_001);
    assert.equal((await ask()).status, 200);
  });
});
