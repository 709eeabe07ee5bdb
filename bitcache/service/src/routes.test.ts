// The paywall as its buyers see it: a wallet that others wrote mints coins, reads the challenge and pays it; an L402 client pays an invoice.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { decodePaymentRequest, getEncodedToken, type Proof, Wallet } from '@cashu/cashu-ts';
import { openDatabase } from '@reprise/database';
import { type Bytes, formatBase64url, formatHex, parseBase64url, systemRandom } from '@reprise/kit';
import { wire } from '../../mint/src/testing/sandbox.ts';
import { type Served, serveMint } from '../../mint/src/testing/serve.ts';
import { serviceRoutes } from './routes.ts';
import { Buyer, seller, Shop } from './testing/shop.ts';
import { readToken } from './token.ts';

const mintUrl = 'https://shop.example/mint';

describe('the routes of paid links', () => {
  let shop: Shop;
  let served: Served;
  let app: ReturnType<typeof serviceRoutes>;
  let wallet: Wallet;
  const troubles: unknown[] = [];
  before(async () => {
    shop = await Shop.open(await openDatabase({ path: ':memory:' }), { settings: { mintUrl, askEveryMs: 0 } });
    served = await serveMint(shop.sandbox.mint, (error) => troubles.push(error));
    app = serviceRoutes(shop.service, (error) => troubles.push(error));
    wallet = new Wallet(served.url, { unit: 'sat', bip39seed: systemRandom(64) });
    await wallet.loadMint();
  });
  after(async () => {
    await shop.assertWhole();
    await served[Symbol.asyncDispose]();
    await shop[Symbol.asyncDispose]();
    assert.deepEqual(troubles, []);
  });

  const keyOf = (buyer: Buyer) => ({ 'Reprise-Buyer-Key': formatBase64url(buyer.key) });
  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') => app.request(path, { method, headers });
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    app.request(path, {
      method: 'POST',
      headers,
      body: JSON.stringify(body, (_, value) => (typeof value === 'bigint' ? Number(value) : value)),
    });
  const opened = async (buyer: Buyer, hash: string, response: Response): Promise<Bytes> => {
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('Cache-Control'), 'no-store');
    const { release } = (await response.json()) as { release: string };
    return buyer.open(hash, parseBase64url(release) as Bytes);
  };
  const refused = async (status: number, code: string | number, response: Response): Promise<void> => {
    assert.deepEqual([response.status, ((await response.json()) as { code: unknown }).code], [status, code]);
    assert.equal(response.headers.get('X-Reason'), String(code));
  };
  const mintCoins = async (amount: number): Promise<Proof[]> => {
    const quote = await wallet.createMintQuoteBolt11(amount);
    await shop.sandbox.payIn(quote.request);
    return wallet.ops.mintBolt11(amount, await wallet.checkMintQuoteBolt11(quote.quote)).run();
  };

  it('show what is for sale and what it costs, and never the half', async () => {
    const { offer, secret: _, sales: __, ...listing } = await shop.offer({ price: 90 });
    const shown = await ask(`/${offer}`);
    const agent = formatBase64url(shop.service.agentKey);
    assert.deepEqual(await shown.json(), { offer, ...listing, version: 1, state: 'open', agent, network: 'regtest' });
    assert.equal(shown.headers.get('Cache-Control'), 'public, max-age=60');
    assert.equal((await ask(`/${offer}`, { 'If-None-Match': shown.headers.get('ETag') ?? '' })).status, 304);
    const price = (await (await ask(`/${offer}/price`)).json()) as Record<string, unknown>;
    assert.deepEqual([price['sats'], price['currency'], price['rate']], ['90', 'SAT', null]);
    const open = await shop.offer({ price: 90, isFloor: true, sales: 2 });
    const more = (await (await ask(`/${open.offer}/price?amount=120`)).json()) as Record<string, unknown>;
    assert.deepEqual([more['sats'], more['price'], more['salesLeft']], ['120', 120, 2]);
    for (const amount of ['89', '1e3', '', 'x']) await refused(422, 'bad-amount', await ask(`/${open.offer}/price?amount=${amount}`));
    const asked = await ask(`/${open.offer}/release?amount=120`, { ...keyOf(new Buyer()), 'Accept-Payment': 'lightning' });
    assert.deepEqual([asked.status, ((await asked.json()) as { sats: string }).sats], [402, '120']);
    await refused(404, 'no-offer', await ask(`/${'00'.repeat(16)}`));
    await refused(404, 'no-offer', await ask('/x/price'));
    await refused(404, 'no-offer', await ask('/x/release', keyOf(new Buyer())));
  });

  it('ask for payment, and give the half to a wallet of others that pays with coins', async () => {
    const listing = await shop.offer({ price: 70 });
    const path = `/${listing.offer}/release`;
    const buyer = new Buyer();
    const challenge = await ask(path, keyOf(buyer));
    assert.equal(challenge.status, 402);
    assert.equal(challenge.headers.get('X-Lightning'), null);
    const wanted = decodePaymentRequest(challenge.headers.get('X-Cashu') ?? '');
    assert.deepEqual([wanted.amount?.toNumber(), wanted.unit, wanted.mints], [70, 'sat', [mintUrl]]);
    const quote = { 'Reprise-Quote': challenge.headers.get('Reprise-Quote') ?? '' };
    const { send } = await wallet.ops.send(70, await mintCoins(100)).run();
    const token = { 'X-Cashu': getEncodedToken({ mint: mintUrl, proofs: send, unit: 'sat' }) };
    // Who only looks does not pay.
    assert.equal((await ask(path, { ...keyOf(buyer), ...token }, 'HEAD')).status, 402);
    const first = await ask(path, { ...keyOf(buyer), ...quote, ...token });
    const bytes = await first.clone().text();
    assert.deepEqual(await opened(buyer, listing.hash, first), listing.secret);
    assert.ok((await wallet.checkProofsStates(send)).every(({ state }) => state === 'SPENT'));
    assert.equal(await (await ask(path, { ...keyOf(buyer), ...token })).text(), bytes);
    await refused(409, 'other-buyer-key', await ask(path, { ...keyOf(new Buyer()), ...token }));
  });

  it('refuse headers that are no payment, and spend nothing', async () => {
    const { offer } = await shop.offer({ price: 10 });
    const path = `/${offer}/release`;
    const buyer = keyOf(new Buyer());
    const proofs = await mintCoins(8);
    const token = (mint: string, unit = 'sat') => getEncodedToken({ mint, proofs, unit });
    await refused(400, 'other-mint', await ask(path, { ...buyer, 'X-Cashu': token('https://elsewhere.example') }));
    await refused(400, 'other-mint', await ask(path, { ...buyer, 'X-Cashu': token(mintUrl, 'usd') }));
    for (const text of ['', 'cashuB', 'cashuBo2F0', 'cashuA', `cashuB${Buffer.alloc(40, 0x81).toString('base64url')}`, 'x'.repeat(5_000)])
      await refused(400, 'other-mint', await ask(path, { ...buyer, 'X-Cashu': text }));
    await refused(400, 'too-little', await ask(path, { ...buyer, 'X-Cashu': token(mintUrl) }));
    const { offer: cheap } = await shop.offer({ price: 7 });
    await refused(400, 11005, await ask(`/${cheap}/release`, { ...buyer, 'X-Cashu': token(mintUrl) }));
    await refused(400, 'bad-buyer-key', await ask(path));
    await refused(400, 'bad-buyer-key', await ask(path, { 'Reprise-Buyer-Key': formatBase64url(systemRandom(1_215)) }));
    await refused(400, 'bad-quote', await ask(path, { ...buyer, 'Reprise-Quote': 'x', 'X-Cashu': token(mintUrl) }));
    await refused(400, 1, await app.request(path, { method: 'POST', body: '{' }));
    await refused(400, 1, await post(path, { inputs: [], buyerKey: 7 }));
    assert.ok((await wallet.checkProofsStates(proofs)).every(({ state }) => state === 'UNSPENT'));
  });

  it('give change to who posts blank outputs', async () => {
    const listing = await shop.offer({ price: 5 });
    const buyer = new Buyer();
    const blanks = shop.sandbox.outputs(15n);
    const body = { inputs: await shop.sandbox.coins(12n), outputs: wire(blanks), buyerKey: formatBase64url(buyer.key) };
    const response = await post(`/${listing.offer}/release`, body);
    const { change } = (await response.clone().json()) as { change: Parameters<typeof shop.sandbox.unblind>[1] };
    assert.deepEqual(await opened(buyer, listing.hash, response), listing.secret);
    const coins = shop.sandbox.unblind(blanks, change);
    assert.equal(
      coins.reduce((sum, { amount }) => sum + amount, 0n),
      7n,
    );
  });

  it('speak L402: an invoice, a token that survives it, and the same release with or without the preimage', async () => {
    const listing = await shop.offer({ price: 33 });
    const path = `/${listing.offer}/release`;
    const buyer = new Buyer();
    const challenge = await ask(path, { ...keyOf(buyer), 'Accept-Payment': 'lightning' });
    const named = challenge.headers.get('WWW-Authenticate') ?? '';
    const [, token = '', macaroon, invoice = ''] = /^L402 version="0", token="(.+)", macaroon="(.+)", invoice="(.+)"$/.exec(named) ?? [];
    assert.deepEqual([macaroon, challenge.headers.get('X-Lightning'), challenge.status], [token, invoice, 402]);
    // Asked again, also without a header: the same invoice and the same token.
    const again = await ask(`${path}?pay=lightning&key=${formatBase64url(buyer.key)}`);
    assert.equal(again.headers.get('WWW-Authenticate'), named);
    const unpaid = await ask(path, { Authorization: `L402 ${token}` });
    assert.equal(unpaid.headers.get('Retry-After'), '10');
    await refused(402, 'unpaid', unpaid);
    await shop.pay(invoice);
    const { preimage } = [...shop.sandbox.backend.world.ours.values()].find(({ bolt11 }) => bolt11 === invoice) ?? {};
    assert.ok(preimage);
    const shown = [`L402 ${token}:${preimage}`, `LSAT ${token}:${preimage}`, `L402 ${token}`].map((Authorization) => ({ Authorization }));
    for (const headers of [...shown, { 'X-Lightning': preimage }])
      assert.deepEqual(await opened(buyer, listing.hash, await ask(path, headers)), listing.secret);
    await refused(400, 'bad-preimage', await ask(path, { Authorization: `L402 ${token}:${'00'.repeat(32)}` }));
    await refused(400, 'bad-preimage', await ask(path, { 'X-Lightning': 'abc' }));
    await refused(404, 'no-invoice', await ask(path, { 'X-Lightning': '00'.repeat(32) }));
    const other = await shop.offer();
    await refused(401, 'bad-token', await ask(`/${other.offer}/release`, { Authorization: `L402 ${token}` }));
    await refused(404, 'no-refund', await ask(`/${listing.offer}/refund`, { Authorization: `L402 ${token}` }));
    shop.sandbox.clock.pass(401 * 86_400_000);
    await refused(401, 'bad-token', await ask(path, { Authorization: `L402 ${token}` }));
  });

  it('refuse every token with a byte changed, cut or added, and one that is held to something unknown', async () => {
    const { offer } = await shop.offer();
    const { token } = await shop.service.makeInvoice({ offer, buyerKey: new Buyer().key, quote: null });
    const bytes = Buffer.from(token, 'base64');
    assert.ok(shop.service.paymentOf(offer, token));
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ 1;
      assert.equal(shop.service.paymentOf(offer, changed.toString('base64')), undefined);
      assert.equal(shop.service.paymentOf(offer, bytes.subarray(0, at).toString('base64')), undefined);
    }
    assert.equal(shop.service.paymentOf(offer, Buffer.concat([bytes, Buffer.of(0)]).toString('base64')), undefined);
    // As anybody may add one: the signature over what was added is right, and what it demands is not known here.
    const added = (caveat: string) => {
      const signature = createHmac('sha256', bytes.subarray(-32)).update(caveat).digest();
      const packet = Buffer.concat([Buffer.of(2, caveat.length), Buffer.from(caveat), Buffer.of(0)]);
      return Buffer.concat([bytes.subarray(0, -35), packet, Buffer.of(0, 6, 32), signature]).toString('base64');
    };
    assert.equal(shop.service.paymentOf(offer, added('user=eve')), undefined);
    assert.equal(shop.service.paymentOf(offer, added('expires=1')), undefined);
    assert.ok(shop.service.paymentOf(offer, added('expires=9999999999999')));
    assert.equal(readToken(systemRandom(32), token, offer, 0), undefined);
  });

  it('give back as coins what bought nothing, to who shows the payment', async () => {
    const { offer } = await shop.offer({ price: 40 });
    const { token, bolt11, paymentHash } = await shop.service.makeInvoice({ offer, buyerKey: new Buyer().key, quote: null });
    await shop.service.withdrawOffer(seller, offer);
    await shop.pay(bolt11);
    const shown = { Authorization: `L402 ${token}` };
    await refused(410, 'owed-back', await ask(`/${offer}/release`, shown));
    assert.deepEqual(await (await ask(`/${offer}/refund`, shown)).json(), { amount: '40', reason: 'ended', state: 'owed' });
    await refused(401, 'bad-token', await ask(`/${offer}/refund`));
    await refused(401, 'bad-token', await ask(`/${offer}/refund`, { Authorization: `L402 ${formatHex(systemRandom(40))}` }));
    // The nodes that carried the payment know the preimage too.
    const { preimage = '' } = [...shop.sandbox.backend.world.ours.values()].find((each) => each.bolt11 === bolt11) ?? {};
    assert.ok(preimage);
    await refused(410, 'owed-back', await ask(`/${offer}/release`, { 'X-Lightning': preimage }));
    await refused(401, 'bad-token', await ask(`/${offer}/refund`, { 'X-Lightning': preimage }));
    const blanks = shop.sandbox.outputs(40n);
    await refused(401, 'bad-token', await post(`/${offer}/refund`, { outputs: wire(blanks) }, { 'X-Lightning': preimage }));
    const response = await post(`/${offer}/refund`, { outputs: wire(blanks) }, shown);
    const { signatures } = (await response.json()) as { signatures: Parameters<typeof shop.sandbox.unblind>[1] };
    assert.equal(shop.sandbox.unblind(blanks, signatures).length, 2);
    assert.equal((await shop.service.readRefund(paymentHash)).state, 'taken');
  });

  it('answer any page, and let it read what it needs', async () => {
    const { offer } = await shop.offer();
    const answer = await ask(`/${offer}/release`, { Origin: 'https://anywhere.example', ...keyOf(new Buyer()) });
    assert.equal(answer.headers.get('Access-Control-Allow-Origin'), '*');
    for (const name of ['X-Cashu', 'WWW-Authenticate', 'Reprise-Quote']) {
      assert.ok(answer.headers.get('Access-Control-Expose-Headers')?.includes(name));
    }
  });
});
