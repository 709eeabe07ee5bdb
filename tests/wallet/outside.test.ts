// A wallet of one's own over a relay: what it pays, what it refuses, and what nobody can say. Nothing is asked for twice, whatever happens in between.
// spec/wallet.md "A wallet of one's own".
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type Clock, sleep } from '@reprise/kit';
import { Failure } from '@reprise/protocol';
import { memoryWalletStore, type WalletStore } from '@reprise/wallet';
import { OutsidePurse } from '@reprise/wallet/outside';
import { generateSecretKey } from 'nostr-tools/pure';
import { type DrawnInvoice, drawInvoice, type OwnWallet, refusal, startOwnWallet } from '../support/own-wallet.ts';
import { freePort } from '../support/server.ts';

const nothing = '0'.repeat(64);

describe('a wallet of one’s own', { concurrency: false }, () => {
  let wallet: OwnWallet;
  let store: WalletStore;
  let nowMs = 0;
  const clock: Clock = { now: () => Date.now() + nowMs };
  before(async () => {
    wallet = await startOwnWallet();
  });
  after(() => wallet[Symbol.asyncDispose]());
  beforeEach(async () => {
    [nowMs, store, wallet.relay.mood] = [0, memoryWalletStore(), 'kind'];
    wallet.answer = ({ method }) => (method === 'get_budget' ? { result: {} } : undefined);
    await purse().connect(wallet.url, allowed());
  });

  /** As after a reload: nothing but what is kept. */
  const purse = (more: { readonly answerMs?: number; readonly payMs?: number } = {}) =>
    new OutsidePurse({ store, clock, dial: (url) => new WebSocket(url), answerMs: 2_000, payMs: 2_000, ...more });
  const allowed = (of: OwnWallet = wallet) => [of.relay.url];
  const payments = () => wallet.asked.filter(({ method }) => method === 'pay_invoice').length;
  const states = async () => (await purse().facts()).asked.map(({ state }) => state);

  test('is connected with its budget, pays an invoice once, and is not asked again after a reload', async () => {
    const { bolt11, preimage, hash } = drawInvoice(2_500);
    wallet.answer = ({ method }) =>
      method === 'get_budget'
        ? { result: { total_budget: 10_000_000, used_budget: 1_500_000, renews_at: 1_800_000_000 } }
        : { result: { preimage } };
    assert.deepEqual(await purse().budget(), { total: 10_000_000, used: 1_500_000, renewsAt: 1_800_000_000_000 });
    const before = payments();
    const paid = await purse().pay({ bolt11, purpose: 'link 1' });
    assert.deepEqual([paid.hash, paid.sats, paid.state], [hash, 2_500, 'paid']);
    assert.deepEqual(await purse().pay({ bolt11, purpose: 'link 1' }), paid);
    assert.equal(payments(), before + 1);
    assert.deepEqual(wallet.asked.at(-1)?.params, { invoice: bolt11 });
  });

  test('two tabs that press at the same time ask once', async () => {
    const { bolt11, preimage } = drawInvoice(21);
    wallet.answer = () => ({ result: { preimage } });
    const before = payments();
    const ended = await Promise.all([purse(), purse(), purse()].map((one) => one.pay({ bolt11, purpose: 'jar' })));
    assert.equal(payments(), before + 1);
    assert.ok(ended.some(({ state }) => state === 'paid'));
    assert.deepEqual(await states(), ['paid']);
  });

  const said = [
    ['QUOTA_EXCEEDED', 'over-budget'],
    ['INSUFFICIENT_BALANCE', 'no-balance'],
    ['RESTRICTED', 'not-allowed'],
    ['UNAUTHORIZED', 'not-allowed'],
    ['NOT_IMPLEMENTED', 'payment-failed'],
  ] as const;
  for (const [code, reason] of said)
    test(`what it refuses with ${code} was not paid, and can be asked for again`, async () => {
      const { bolt11, preimage } = drawInvoice(100);
      wallet.answer = () => refusal(code);
      await assert.rejects(purse().pay({ bolt11, purpose: 'x' }), isRefused(reason));
      assert.deepEqual(await states(), []);
      wallet.answer = () => ({ result: { preimage } });
      assert.equal((await purse().pay({ bolt11, purpose: 'x' })).state, 'paid');
    });

  test('a payment that failed may be on its way: what the wallet lists decides', async () => {
    const { bolt11 } = drawInvoice(100);
    let listed = 'pending';
    wallet.answer = ({ method }) =>
      method === 'pay_invoice' ? refusal('PAYMENT_FAILED') : { result: { type: 'outgoing', state: listed, preimage: '' } };
    assert.equal((await purse().pay({ bolt11, purpose: 'x' })).state, 'asked');
    listed = 'failed';
    await purse().lookUp();
    assert.deepEqual(await states(), []);
    await assert.rejects(purse().pay({ bolt11, purpose: 'x' }), isRefused('payment-failed'));
  });

  test('a relay that hands nothing on leaves the payment open, and neither it nor another for the same is asked for until nothing can come of it', async () => {
    const [first, second] = [drawInvoice(100), drawInvoice(100)];
    wallet.relay.mood = 'deaf';
    const before = wallet.relay.heard.length;
    assert.equal((await purse({ answerMs: 200, payMs: 200 }).pay({ bolt11: first.bolt11, purpose: 'link' })).state, 'asked');
    wallet.relay.mood = 'kind';
    wallet.answer = () => ({ result: { preimage: second.preimage } });
    assert.equal((await purse().pay({ bolt11: first.bolt11, purpose: 'link' })).state, 'asked');
    assert.equal((await purse().pay({ bolt11: second.bolt11, purpose: 'link' })).hash, first.hash);
    const asking = wallet.relay.heard.slice(before).filter(({ kind }) => kind === 23_194);
    assert.equal(asking.length, 2, 'it was asked to pay, and then what it knows of it');
    nowMs = 700_000;
    const third = drawInvoice(100, { madeAt: clock.now() });
    assert.equal((await purse().pay({ bolt11: third.bolt11, purpose: 'link' })).hash, first.hash, 'clocks differ');
    nowMs = 800_000;
    wallet.answer = () => ({ result: { preimage: third.preimage } });
    assert.deepEqual([(await purse().pay({ bolt11: third.bolt11, purpose: 'link' })).state, await states()], ['paid', ['paid']]);
  });

  test('what is asked for ends by itself where the wallet reads it late', async () => {
    wallet.answer = () => undefined;
    await purse({ answerMs: 200, payMs: 200 }).pay({ bolt11: drawInvoice(1).bolt11, purpose: 'x' });
    const asking = wallet.relay.heard.findLast(({ kind }) => kind === 23_194);
    const expiration = Number(asking?.tags.find(([name]) => name === 'expiration')?.[1]);
    assert.ok(expiration > 0 && expiration <= Date.now() / 1_000 + 1);
  });

  test('an answer to another request, of another key, of another kind or without a proof that fits is none', async () => {
    const { bolt11, preimage, hash } = drawInvoice(100);
    const result = { result: { preimage } };
    wallet.answer = ({ method, request }, { say }) => {
      if (method === 'lookup_invoice') return { result: { type: 'outgoing', state: 'settled', preimage: nothing } };
      say(request, result, { about: 'ab'.repeat(32), type: method });
      say(request, result, { as: generateSecretKey(), type: method });
      say(request, result, { type: 'get_balance' });
      say(request, { result: { preimage: nothing } }, { type: method });
      say(request, result, { type: method });
      return undefined;
    };
    const ended = await purse().pay({ bolt11, purpose: 'x' });
    assert.deepEqual([ended.hash, ended.state], [hash, 'asked'], 'the first answer that is one had a proof of something else');
  });

  test('an answer that was changed on its way is none', async () => {
    const { bolt11, preimage } = drawInvoice(100);
    wallet.answer = ({ method }) => (method === 'pay_invoice' ? { result: { preimage } } : undefined);
    let isCut = false;
    const dial = (url: string) => {
      const socket = new WebSocket(url);
      return {
        send: (text: string) => socket.send(text),
        close: () => socket.close(),
        addEventListener: (type: string, listener: (event: { data: unknown }) => void) =>
          socket.addEventListener(type, (event) => {
            const data = 'data' in event ? String(event.data) : '';
            isCut ||= data.includes('"kind":23195');
            listener({ data: data.replace(/"created_at":(\d+)/, '"created_at":1$1') });
          }),
      };
    };
    const lied = new OutsidePurse({ store, clock, dial: dial as never, answerMs: 200, payMs: 500 });
    assert.equal((await lied.pay({ bolt11, purpose: 'x' })).state, 'asked');
    assert.ok(isCut);
  });

  test('a relay that says that it takes nothing, and hands it on, has the wallet pay once: what was paid counts, and nothing else is asked for', async () => {
    const [first, second] = [drawInvoice(100), drawInvoice(100)];
    const before = payments();
    wallet.answer = ({ method, params }) =>
      method === 'pay_invoice' ? { result: { preimage: proofOf(params, first, second) } } : undefined;
    wallet.relay.mood = 'lying';
    assert.equal((await purse().pay({ bolt11: first.bolt11, purpose: 'x' })).state, 'paid');
    // Its answer is kept back as well.
    wallet.answer = () => undefined;
    assert.equal((await purse({ answerMs: 200, payMs: 200 }).pay({ bolt11: second.bolt11, purpose: 'y' })).state, 'asked');
    assert.equal((await purse().pay({ bolt11: drawInvoice(100).bolt11, purpose: 'y' })).hash, second.hash);
    assert.equal(payments(), before + 2);
    assert.deepEqual(await states(), ['paid', 'asked']);
  });

  test('what a relay says it did not take is open until the invoice has ended, or the wallet knows nothing of it and can no longer hear of it', async () => {
    const { bolt11, preimage } = drawInvoice(100);
    const before = payments();
    wallet.relay.mood = 'refusing';
    assert.equal((await purse({ answerMs: 200, payMs: 200 }).pay({ bolt11, purpose: 'x' })).state, 'asked');
    wallet.relay.mood = 'kind';
    wallet.answer = () => refusal('NOT_FOUND');
    await purse().lookUp();
    assert.deepEqual(await states(), ['asked'], 'the relay may hold the request back, and hand it on yet');
    nowMs = 200_000;
    await purse().lookUp();
    assert.deepEqual(await states(), []);
    wallet.answer = () => ({ result: { preimage } });
    assert.equal((await purse().pay({ bolt11, purpose: 'x' })).state, 'paid');
    assert.equal(payments(), before + 1);
    wallet.relay.mood = 'refusing';
    const last = drawInvoice(100, { madeAt: clock.now() });
    assert.equal((await purse({ answerMs: 200, payMs: 200 }).pay({ bolt11: last.bolt11, purpose: 'z' })).state, 'asked');
    nowMs += 780_000;
    assert.deepEqual(await states(), ['paid'], 'three minutes after the end of its invoice');
  });

  test('a relay that is gone has asked for nothing; one that goes in the middle may have', async () => {
    const { bolt11, preimage } = drawInvoice(100);
    const other = memoryWalletStore();
    await using elsewhere = await startOwnWallet();
    elsewhere.answer = () => ({ result: {} });
    const from = new OutsidePurse({ store: other, clock, dial: (url) => new WebSocket(url), answerMs: 500, payMs: 2_000 });
    await from.connect(elsewhere.url, allowed(elsewhere));
    elsewhere.answer = ({ method }, { relay }) => {
      relay.cut();
      return method === 'pay_invoice' ? { result: { preimage } } : undefined;
    };
    assert.equal((await from.pay({ bolt11, purpose: 'x' })).state, 'asked');
    await elsewhere.relay.close();
    await assert.rejects(from.pay({ bolt11: drawInvoice(5).bolt11, purpose: 'y' }), isRefused('relay-unreachable'));
    assert.deepEqual(
      (await from.facts()).asked.map(({ purpose }) => purpose),
      ['x'],
    );
  });

  test('is not connected by what is no connection, to a relay that may not be reached, or where nobody is', async () => {
    const connect = (text: string, may = allowed()) => purse({ answerMs: 300 }).connect(text, may);
    const port = await freePort();
    const wrong = [
      '',
      'nostr:npub1',
      wallet.url.replace(/secret=../, 'secret=zz'),
      wallet.url.replace(/secret=\w{64}/, `secret=${nothing}`),
      wallet.url.replace(/relay=[^&]*/, 'relay=https://relay.example'),
      wallet.url.replace(/relay=[^&]*/, 'relay=ws://relay.example'),
      wallet.url.padEnd(2_001, 'x'),
    ];
    for (const text of wrong) await assert.rejects(connect(text), isRefused('connection-malformed'), text);
    await assert.rejects(connect(wallet.url, []), isRefused('relay-not-allowed'));
    await assert.rejects(connect(wallet.url, ['wss://127.0.0.1']), isRefused('relay-not-allowed'));
    const gone = `ws://127.0.0.1:${port}`;
    await assert.rejects(connect(wallet.url.replace(/relay=[^&]*/, `relay=${gone}`), [gone]), isRefused('relay-unreachable'));
    const stranger = wallet.url.replace(/\/\/\w{64}/, `//${'79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'}`);
    await assert.rejects(connect(stranger), isRefused('wallet-unknown'));
    await using reader = await startOwnWallet({ methods: ['get_balance'], relay: wallet.relay });
    await assert.rejects(connect(reader.url), isRefused('cannot-pay'));
    wallet.answer = () => refusal('UNAUTHORIZED');
    await assert.rejects(connect(wallet.url), isRefused('not-allowed'));
    wallet.answer = () => undefined;
    await assert.rejects(connect(wallet.url), isRefused('no-answer'));
    assert.equal((await purse().facts()).connected?.relays[0], new URL(wallet.relay.url).host, 'what was connected before still is');
  });

  test('the first relay that answers is enough', async () => {
    const port = await freePort();
    const two = wallet.url.replace('relay=', `relay=${encodeURIComponent(`ws://127.0.0.1:${port}`)}&relay=`);
    wallet.answer = () => ({ result: {} });
    assert.equal(await purse().connect(two, [...allowed(), `ws://127.0.0.1:${port}`]), null);
    assert.equal((await purse().facts()).connected?.relays.length, 2);
  });

  test('disconnected, it is asked for nothing, its secret is gone, and what it was asked for is still known', async () => {
    const { bolt11 } = drawInvoice(100);
    wallet.answer = () => undefined;
    await purse({ answerMs: 100, payMs: 100 }).pay({ bolt11, purpose: 'link' });
    await purse().disconnect();
    assert.equal((await purse().facts()).connected, null);
    const kept = new TextDecoder().decode(await store.load());
    assert.ok(!kept.includes(/secret=(\w+)/.exec(wallet.url)?.[1] ?? ''));
    await assert.rejects(purse().pay({ bolt11, purpose: 'link' }), isRefused('not-connected'));
    wallet.answer = () => ({ result: {} });
    await purse().connect(wallet.url, allowed());
    assert.equal((await purse().pay({ bolt11, purpose: 'link' })).state, 'asked');
  });

  test('nothing is asked for by an invoice that is none, has no amount, or has ended', async () => {
    const before = wallet.asked.length;
    const pay = (bolt11: string) => purse().pay({ bolt11, purpose: 'x' });
    await assert.rejects(pay('lnbc1'), isRefused('invoice-malformed'));
    await assert.rejects(pay(drawInvoice(10, { expirySeconds: 60, madeAt: Date.now() - 61_000 }).bolt11), isRefused('invoice-expired'));
    await sleep(50);
    assert.equal(wallet.asked.length, before);
  });
});

function proofOf(params: Readonly<Record<string, unknown>>, ...drawn: readonly DrawnInvoice[]): string {
  return drawn.find(({ bolt11 }) => bolt11 === params['invoice'])?.preimage ?? nothing;
}

function isRefused(reason: string) {
  return (error: unknown) => error instanceof Failure && error.code === 'wallet-refused' && error.facts['reason'] === reason;
}
