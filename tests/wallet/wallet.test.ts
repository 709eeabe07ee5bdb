// A wallet against a real mint: all that people do with money, and everything they can get wrong.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { getDecodedToken } from '@cashu/cashu-ts';
import { systemRandom } from '@reprise/kit';
import { isRefused, memoryWalletStore } from '@reprise/wallet';
import { Money } from './money.ts';

describe('a wallet', () => {
  let money: Money;
  before(async () => void (money = await Money.open()));
  after(async () => {
    await money.assertWhole();
    await money[Symbol.asyncDispose]();
  });

  it('mints, sends exactly what was asked, receives, pays and gets the change', async () => {
    const [alice, bob] = [money.wallet(), money.wallet()];
    await money.fill(alice, 1_000n);
    assert.deepEqual(await amounts(alice), [1_000n, 0n, 0n]);

    const sent = await alice.send(333n, 'lunch');
    assert.deepEqual(await amounts(alice), [667n, 0n, 333n]);
    const received = await bob.receive(sent.token);
    assert.deepEqual([received.kind, received.state, received.amount, received.memo], ['receive', 'arrived', 333n, 'lunch']);
    assert.deepEqual(await alice.settleAll(), []);
    assert.deepEqual(await amounts(alice), [667n, 0n, 0n]);

    const offer = await alice.offer(money.invoice(200_000n, 1_500n));
    assert.deepEqual([offer.amount, offer.feeMax], [200n, 10n]);
    const paid = await alice.pay(offer);
    assert.equal(paid.state, 'arrived');
    assert.match(paid.preimage ?? '', /^[0-9a-f]{64}$/);
    assert.equal(paid.fee, 2n);
    assert.deepEqual(await amounts(alice), [465n, 0n, 0n]);
    assert.deepEqual(
      (await alice.history()).map(({ kind, state }) => `${kind} ${state}`),
      ['pay arrived', 'send arrived', 'invoice arrived'],
    );
  });

  it('takes coins that come without the proof of their signature, as older wallets write them, and asks for no more than there is', async () => {
    const [alice, bob] = [money.wallet(), money.wallet()];
    await money.fill(alice, 64n);
    const { mint, proofs } = getDecodedToken((await alice.send(9n)).token, [money.sandbox.activeId]);
    const bare = proofs.map(({ id, amount, secret, C }) => ({ id, amount: Number(amount.toBigInt()), secret, C }));
    const token = `cashuA${Buffer.from(JSON.stringify({ token: [{ mint, proofs: bare }], unit: 'sat' })).toString('base64url')}`;
    await assert.rejects(bob.receive(token, 10n), (error) => isRefused(error, 'too-little') && error.facts['missing'] === '1');
    assert.deepEqual(await bob.history(), []);
    assert.equal((await bob.receive(token, 9n)).amount, 9n);
  });

  it('takes a token so that what is paid out of it next needs no other swap, where there is as much', async () => {
    let swaps = 0;
    const counting: typeof fetch = (url, init) => {
      if (String(url).includes('/v1/swap')) swaps++;
      return fetch(url, init);
    };
    const [alice, bob] = [money.wallet(), money.wallet({ fetch: counting })];
    await money.fill(alice, 128n);
    const { token } = await alice.send(90n);
    assert.equal((await bob.receive(token, 0n, 33n)).amount, 90n);
    assert.equal((await bob.send(33n)).amount, 33n);
    assert.equal(swaps, 1);
    assert.equal((await bob.receive((await alice.send(9n)).token, 0n, 33n)).amount, 9n);
    assert.equal((await bob.balance()).free, 66n);
  });

  it('restores everything in an empty store, and rehearses that', async () => {
    const seed = systemRandom(32);
    const first = money.wallet({ seed });
    await money.fill(first, 777n);
    await first.send(100n);
    const report = await first.rehearse();
    assert.deepEqual([report.found, report.missing, report.out], [677n, 0n, 100n]);
    assert.deepEqual((await first.balance()).rehearsal?.found, 677n);

    const second = money.wallet({ seed, isSeedNew: false, device: 'elsewhere' });
    assert.equal((await second.restore()).amount, 777n);
    // It draws from a branch of its own.
    const sent = await second.send(5n);
    assert.equal((await money.wallet().receive(sent.token)).amount, 5n);
    await assert.rejects(first.receive(sent.token), { facts: { reason: 'coin-ours' } });
  });

  it('lets no more leave than was agreed to, with what the mint takes for the coins', async () => {
    await using dear = await Money.open(':memory:', { inputFeePpk: 1_000 });
    const alice = dear.wallet();
    await dear.fill(alice, 1_000n);
    const offer = await alice.offer(dear.invoice(200_000n, 1_500n));
    const cost = await alice.costOf(offer);
    assert.ok(cost > offer.amount + offer.feeMax);
    const differs = { code: 'price-differs', facts: { sats: Number(cost) } };
    await assert.rejects(alice.pay(offer, '', cost - 1n), differs);
    await assert.rejects(alice.send(333n, '', 333n), { code: 'price-differs' });
    await assert.rejects(alice.send(512n, '', 511n), { code: 'price-differs' });
    assert.deepEqual([await amounts(alice), (await alice.history()).length], [[1_000n, 0n, 0n], 1]);
    assert.equal((await alice.pay(offer, '', cost)).state, 'arrived');
    const { free } = await alice.balance();
    assert.ok(1_000n - free <= cost);
    assert.equal((await alice.send(33n, '', 40n)).amount, 33n);
    await dear.assertWhole();
  });

  it('takes a token back that nobody took, and learns that somebody did', async () => {
    const [alice, bob] = [money.wallet(), money.wallet()];
    await money.fill(alice, 64n);
    const [one, two] = [await alice.send(10n), await alice.send(20n)];
    assert.equal((await alice.takeBack(one.id)).reason, 'taken-back');
    await bob.receive(two.token);
    assert.equal((await alice.takeBack(two.id)).state, 'arrived');
    assert.deepEqual(await amounts(alice), [44n, 0n, 0n]);
    await assert.rejects(bob.receive(one.token), (error) => isRefused(error, 'coin-spent'));
  });

  it('gives coins back when a payment fails', async () => {
    const alice = money.wallet();
    await money.fill(alice, 100n);
    const bolt11 = money.sandbox.backend.world.invoice(50_000n, { end: 'fails' });
    await assert.rejects(alice.pay(await alice.offer(bolt11)), { code: 'wallet-refused' });
    assert.deepEqual(await amounts(alice), [100n, 0n, 0n]);
  });

  it('never draws a secret twice, however many draw at the same time from one store', async () => {
    const [store, seed] = [memoryWalletStore(), systemRandom(32)];
    const tabs = Array.from({ length: 4 }, () => money.wallet({ store, seed }));
    await money.fill(tabs[0] as (typeof tabs)[0], 4_000n);
    const tokens = await Promise.all(tabs.flatMap((tab) => Array.from({ length: 5 }, () => tab.send(7n))));
    const bob = money.wallet();
    for (const { token } of tokens) await bob.receive(token);
    assert.equal((await bob.balance()).free, 140n);
    assert.deepEqual((await amounts(tabs[1] as (typeof tabs)[0])).slice(0, 2), [3_860n, 0n]);
  });
});

async function amounts(wallet: ReturnType<Money['wallet']>): Promise<readonly bigint[]> {
  const { free, held, out } = await wallet.balance();
  return [free, held, out];
}
