// What a mint must do with payments, on either engine: part of mint.suite.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readTrialBalance } from '@reprise/ledger';
import type { PaymentHash } from '@reprise/lightning';
import { refused, type Under } from './refused.ts';
import { type Sandbox, wire } from './sandbox.ts';
import { blindAll, type WireOutput, yOf } from './wallet.ts';

export function describeMelting(under: Under): void {
  describe('payments', () => describeMelts(under));
  describe('payments, asked for wrongly,', () => describeMeltRefusals(under));
  describe('payments inside', () => describeInside(under));
  describe('payments of which the node has not said how they ended', () => describeUnknown(under));
  describe('payments whose worker is gone', () => describeTakenOver(under));
}

function describeMelts(under: Under): void {
  it('spend the coins, prove the payment and give change', async () => {
    const { mint, backend } = under();
    const bolt11 = backend.world.invoice(100_000n, { fee: 1_500n as never });
    const quote = await mint.makeMeltQuote({ request: bolt11, unit: 'sat' });
    assert.deepEqual([quote.amount, quote.fee_reserve, quote.state], [100, 10, 'UNPAID']);
    const inputs = await under().coins(120n);
    const blanks = blindAll(under().activeId, [1n, 1n, 1n, 1n, 1n]);
    const request = { quote: quote.quote, inputs, outputs: wire(blanks) };
    const paid = await mint.melt(request);
    assert.equal(paid.state, 'PAID');
    assert.match(paid.payment_preimage ?? '', /^[0-9a-f]{64}$/);
    // 120 − 100 − 1.5: eighteen whole satoshis come back.
    const change = under().unblind(blanks, paid.change ?? []);
    assert.equal(
      change.reduce((sum, { amount }) => sum + amount, 0n),
      18n,
    );
    assert.equal(JSON.stringify(await mint.melt(request)), JSON.stringify(paid));
    assert.equal(JSON.stringify(await mint.readMeltQuote(quote.quote)), JSON.stringify(paid));
    await refused(20006, mint.melt({ ...request, inputs: await under().coins(120n) }));
    await refused(11001, mint.swap({ inputs, outputs: wire(under().outputs(120n)) }));
    await mint.swap({ inputs: change, outputs: wire(under().outputs(18n)) });
    // Blanks that were not needed are free.
    await mint.swap({ inputs: await under().coins(1n), outputs: [{ ...(wire(blanks)[4] as WireOutput), amount: 1n }] });
  });

  it('give the coins back when the node says that it failed, and may be tried again', async () => {
    const { mint, backend } = under();
    const bolt11 = backend.world.invoice(50_000n, { end: 'fails' });
    const quote = await mint.makeMeltQuote({ request: bolt11, unit: 'sat' });
    const request = { quote: quote.quote, inputs: await under().coins(60n), outputs: wire(blindAll(under().activeId, [1n, 1n])) };
    await refused(20004, mint.melt(request));
    assert.equal((await mint.readMeltQuote(quote.quote)).state, 'UNPAID');
    await refused(20004, mint.melt(request));
    assert.deepEqual(
      backend.handedOver.filter(({ payer }) => payer === quote.quote).map(({ attempt }) => attempt),
      [1, 2],
    );
    await mint.swap({ inputs: request.inputs, outputs: wire(under().outputs(60n)) });
  });

  it('never cost more than was set aside', async () => {
    const { mint, backend } = under();
    const quote = await mint.makeMeltQuote({ request: backend.world.invoice(1_000_000n, { fee: 10_001n as never }), unit: 'sat' });
    await refused(20004, mint.melt({ quote: quote.quote, inputs: await under().coins(1_010n) }));
    assert.equal(backend.handedOver.at(-1)?.maxFee, 10_000n);
    // Parts of a satoshi were set aside with the amount: they may be used.
    const parts = await mint.makeMeltQuote({ request: backend.world.invoice(99_999n, { fee: 10_001n as never }), unit: 'sat' });
    assert.equal((await mint.melt({ quote: parts.quote, inputs: await under().coins(110n) })).state, 'PAID');
  });
}

function describeMeltRefusals(under: Under): void {
  it('want enough coins, for an invoice that can be paid', async () => {
    const { mint, backend } = under();
    const { world } = backend;
    const ask = (body: object) => mint.makeMeltQuote({ unit: 'sat', ...body });
    await refused(11011, ask({ request: world.invoice(0n, {}, { amountless: true }) }));
    await refused(1, ask({ request: world.invoice(5_000n, {}, { network: 'mainnet' }) }));
    await refused(1, ask({ request: 'lnbcrt1nonsense' }));
    await refused(11013, ask({ request: world.invoice(5_000n), unit: 'usd' }));
    await refused(11006, ask({ request: world.invoice(500_000_001n) }));
    await refused(11012, ask({ request: world.invoice(5_000n), options: { amountless: { amount_msat: 6_000n } } }));
    await refused(11012, ask({ request: world.invoice(5_000n), options: { mpp: { amount: 2_000n } } }));
    const quote = await ask({ request: world.invoice(5_000n) });
    await refused(11005, mint.melt({ quote: quote.quote, inputs: await under().coins(14n) }));
    await refused(
      10001,
      mint.melt({
        quote: quote.quote,
        inputs: await under().coins(15n),
        outputs: [{ amount: 1n, id: under().activeId, B_: `02${'ff'.repeat(32)}` }],
      }),
    );
    const late = await ask({ request: world.invoice(5_000n) });
    const inputs = await under().coins(15n);
    under().clock.pass(600_001);
    await refused(20007, mint.melt({ quote: late.quote, inputs }));
    await refused(
      20007,
      ask({ request: world.invoice(5_000n, {}, { expirySeconds: -1 as never }) }).catch((error: { code?: number }) =>
        Promise.reject(error.code === undefined ? { code: 20007 } : error),
      ),
    );
  });

  it('hold coins and outputs while they are under way, for one payment of an invoice', async () => {
    const { mint, backend } = under();
    const bolt11 = backend.world.invoice(20_000n, { end: 'hangs' });
    const [quote, twin] = [
      await mint.makeMeltQuote({ request: bolt11, unit: 'sat' }),
      await mint.makeMeltQuote({ request: bolt11, unit: 'sat' }),
    ];
    const inputs = await under().coins(32n);
    const blanks = blindAll(under().activeId, [1n, 1n]);
    const request = { quote: quote.quote, inputs, outputs: wire(blanks) };
    const pending = await mint.melt({ ...request, prefer_async: true });
    assert.equal(pending.state, 'PENDING');
    assert.equal((await mint.melt(request)).state, 'PENDING');
    assert.deepEqual(
      (await mint.checkState({ Ys: inputs.map(({ secret }) => yOf(secret)) })).states.map(({ state }) => state),
      inputs.map(() => 'PENDING'),
    );
    await refused(11002, mint.swap({ inputs, outputs: wire(under().outputs(32n)) }));
    await refused(11004, mint.swap({ inputs: await under().coins(1n), outputs: [{ ...(wire(blanks)[0] as WireOutput), amount: 1n }] }));
    await refused(20005, mint.melt({ quote: twin.quote, inputs: await under().coins(32n) }));
    await refused(20005, mint.makeMeltQuote({ request: bolt11, unit: 'sat' }));
    await mint.close();
    backend.world.settle(hashOf(under(), bolt11));
    assert.equal(await mint.resume(), 1);
    const paid = await mint.readMeltQuote(quote.quote);
    assert.deepEqual([paid.state, paid.change?.length], ['PAID', 2]);
    await refused(20006, mint.melt({ quote: twin.quote, inputs: await under().coins(32n) }));
    assert.equal(backend.world.paid(hashOf(under(), bolt11)), 1);
  });
}

function hashOf({ backend }: Sandbox, bolt11: string): PaymentHash {
  const payment = backend.world.payments.findLast((one) => one.bolt11 === bolt11);
  assert.ok(payment);
  return payment.hash;
}

function describeInside(under: Under): void {
  it('never reach the node: the coins pay the quote, and the invoice is closed', async () => {
    const { mint, backend } = under();
    const target = await mint.makeMintQuote({ amount: 40n, unit: 'sat' });
    const quote = await mint.makeMeltQuote({ request: target.request, unit: 'sat' });
    assert.equal(quote.fee_reserve, 0);
    const blanks = blindAll(under().activeId, [1n, 1n, 1n]);
    const before = backend.handedOver.length;
    const paid = await mint.melt({ quote: quote.quote, inputs: await under().coins(44n), outputs: wire(blanks) });
    assert.deepEqual([paid.state, backend.handedOver.length], ['PAID', before]);
    assert.equal(under().unblind(blanks, paid.change ?? [])[0]?.amount, 4n);
    assert.ok(!backend.world.receive(target.request), 'nobody can pay it any more');
    assert.equal((await mint.readMintQuote(target.quote)).state, 'PAID');
    await mint.issue({ quote: target.quote, outputs: wire(under().outputs(40n)) });
    await refused(20006, mint.makeMeltQuote({ request: target.request, unit: 'sat' }));
  });

  it('give way to money that came from outside first', async () => {
    const { mint, backend } = under();
    const target = await mint.makeMintQuote({ amount: 4n, unit: 'sat' });
    const quote = await mint.makeMeltQuote({ request: target.request, unit: 'sat' });
    assert.ok(backend.world.receive(target.request));
    const inputs = await under().coins(4n);
    await refused(20006, mint.melt({ quote: quote.quote, inputs }));
    assert.equal((await mint.readMintQuote(target.quote)).amount_paid, 4);
    await mint.swap({ inputs, outputs: wire(under().outputs(4n)) });
  });

  it('leave money that comes from outside afterwards to nobody until it is given back', async () => {
    const { mint, backend, database } = under();
    const target = await mint.makeMintQuote({ amount: 4n, unit: 'sat' });
    const quote = await mint.makeMeltQuote({ request: target.request, unit: 'sat' });
    await mint.melt({ quote: quote.quote, inputs: await under().coins(4n) });
    const invoice = [...backend.world.ours.values()].find(({ bolt11 }) => bolt11 === target.request);
    assert.ok(invoice);
    // A node that took money although it had cancelled.
    for (let times = 0; times < 2; times++)
      await mint.received(invoice.hash, { state: 'settled', amount: 4_000n as never, kept: 0n as never });
    assert.equal((await mint.readMintQuote(target.quote)).amount_paid, 4);
    const { lines } = await readTrialBalance(database);
    assert.equal(lines.find(({ code }) => code === 'suspense')?.posted, 4_000n);
  });

  it('that fail after the node has closed the invoice end the quote, which coins may pay still', async () => {
    const { mint, clock } = under();
    const target = await mint.makeMintQuote({ amount: 4n, unit: 'sat' });
    const { quote } = await mint.makeMeltQuote({ request: target.request, unit: 'sat' });
    await under().failInside(quote, await under().coins(4n));
    const read = await mint.readMintQuote(target.quote);
    assert.ok(read.state === 'UNPAID' && read.expiry * 1_000 <= clock.now(), JSON.stringify(read));
    assert.equal((await mint.melt({ quote, inputs: await under().coins(4n) })).state, 'PAID');
    await mint.issue({ quote: target.quote, outputs: wire(under().outputs(4n)) });
  });

  it('happen once, of many that pay one invoice at a time', async () => {
    const { mint } = under();
    const target = await mint.makeMintQuote({ amount: 2n, unit: 'sat' });
    const requests = await Promise.all(
      Array.from({ length: 6 }, async () => ({
        quote: (await mint.makeMeltQuote({ request: target.request, unit: 'sat' })).quote,
        inputs: await under().coins(2n),
      })),
    );
    const tries = await Promise.allSettled(requests.map((request) => mint.melt(request)));
    assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.equal((await mint.readMintQuote(target.quote)).amount_paid, 2);
  });
}

function describeUnknown(under: Under): void {
  for (const trouble of ['lost-after', 'throws', 'zero-preimage', 'unknown'] as const) {
    it(`hold the coins until it does: ${trouble}`, async () => {
      const { mint, backend } = under();
      const bolt11 = backend.world.invoice(10_000n);
      const quote = await mint.makeMeltQuote({ request: bolt11, unit: 'sat' });
      const inputs = await under().coins(20n);
      backend.payTrouble = trouble;
      assert.equal((await mint.melt({ quote: quote.quote, inputs })).state, 'PENDING');
      backend.lookupTrouble = trouble === 'lost-after' ? 'unknown' : trouble;
      for (let pass = 0; pass < 3; pass++) {
        under().clock.pass(60_000);
        assert.equal(await mint.resume(), 0);
      }
      await refused(11002, mint.swap({ inputs, outputs: wire(under().outputs(20n)) }));
      backend.lookupTrouble = null;
      assert.equal(await mint.resume(), 1);
      assert.equal((await mint.readMeltQuote(quote.quote)).state, 'PAID');
    });
  }
}

function describeTakenOver(under: Under): void {
  it('give the coins back if the node never knew it, when the journal of attempts gives it up', async () => {
    const { mint, backend } = under();
    const quote = await mint.makeMeltQuote({ request: backend.world.invoice(10_000n), unit: 'sat' });
    const inputs = await under().coins(20n);
    backend.payTrouble = 'lost-before';
    assert.equal((await mint.melt({ quote: quote.quote, inputs })).state, 'PENDING');
    assert.equal(await mint.resume(), 0);
    under().clock.pass(599_000);
    assert.equal(await mint.resume(), 0);
    under().clock.pass(1_001);
    assert.equal(await mint.resume(), 1);
    assert.equal((await mint.readMeltQuote(quote.quote)).state, 'UNPAID');
    await mint.swap({ inputs, outputs: wire(under().outputs(20n)) });
  });

  for (const attempt of [1, 2]) {
    it(`are handed over by nobody once the coins are back, however late a sleeping worker wakes in attempt ${attempt}`, async () => {
      const { mint, backend } = under();
      const bolt11 = backend.world.invoice(10_000n, { end: 'fails' });
      const { quote } = await mint.makeMeltQuote({ request: bolt11, unit: 'sat' });
      const inputs = await under().coins(20n);
      if (attempt === 2) await refused(20004, mint.melt({ quote, inputs }));
      const { asked, answer } = backend.hold('lookupPayment');
      const sleeping = mint.melt({ quote, inputs });
      await asked;
      under().clock.pass(16_000);
      const ended = await mint.resume();
      answer();
      await refused(20004, sleeping);
      assert.deepEqual([ended, (await mint.readMeltQuote(quote)).state], [1, 'UNPAID']);
      assert.equal(backend.handedOver.filter(({ payer }) => payer === quote).length, attempt - 1);
      await mint.swap({ inputs, outputs: wire(under().outputs(20n)) });
    });
  }

  it('that went out after all, when the coins were back, are told and change nothing', async () => {
    const { mint, backend, alarms, journal } = under();
    const bolt11 = backend.world.invoice(10_000n);
    const quote = await mint.makeMeltQuote({ request: bolt11, unit: 'sat' });
    const inputs = await under().coins(20n);
    // A worker that sleeps within its call, for longer than the node may have no trace of it.
    const { asked, answer } = backend.hold('pay');
    const sleeping = mint.melt({ quote: quote.quote, inputs });
    await asked;
    under().clock.pass(20_000);
    assert.equal(await mint.resume(), 0);
    under().clock.pass(600_001);
    assert.equal(await mint.resume(), 1);
    answer();
    await refused(20004, sleeping);
    assert.deepEqual([alarms, (await mint.readMeltQuote(quote.quote)).state], [[quote.quote], 'UNPAID']);
    await mint.swap({ inputs, outputs: wire(under().outputs(20n)) });
    await journal.acknowledge(hashOf(under(), bolt11));
  });

  it('are ended by one of several that look at the same time', async () => {
    const { mint, backend } = under();
    const bolt11 = backend.world.invoice(10_000n, { end: 'hangs' });
    const quote = await mint.makeMeltQuote({ request: bolt11, unit: 'sat' });
    assert.equal((await mint.melt({ quote: quote.quote, inputs: await under().coins(20n) })).state, 'PENDING');
    backend.world.settle(hashOf(under(), bolt11));
    const ended = await Promise.all(Array.from({ length: 5 }, () => mint.resume()));
    assert.equal(
      ended.reduce((sum, one) => sum + one, 0),
      1,
    );
  });
}
