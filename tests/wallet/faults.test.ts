// What a mint does between two requests of a wallet, and one tab between two steps of another: keysets change, quotes are forgotten, an answer
// comes late. Nothing of it costs a satoshi, and no entry stands in the way of the others.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { systemClock, systemRandom } from '@reprise/kit';
import { isRefused, memoryWalletStore, type Wallet, type WalletPorts } from '@reprise/wallet';
import { Money } from './money.ts';

type Fetch = WalletPorts['fetch'];
type Answer = (ask: () => Promise<Response>, url: string) => Promise<Response> | Response;

const refusal = (code: number) => Response.json({ code, detail: 'as the test has it' }, { status: 400 });

/** The mint, with what it answers under these paths changed on the way. */
function between(answers: Readonly<Record<string, Answer>>): Fetch {
  return async (url, init) => {
    const [, answer] = Object.entries(answers).find(([path]) => url.includes(`/v1/${path}`)) ?? [];
    return answer ? answer(() => fetch(url, init), url) : fetch(url, init);
  };
}

/** Once; after that, as it is. */
function once(answer: Answer): Answer {
  let isOver = false;
  return (ask, url) => {
    if (isOver) return ask();
    isOver = true;
    return answer(ask, url);
  };
}

async function amounts(wallet: Wallet): Promise<readonly bigint[]> {
  const { free, held, out } = await wallet.balance();
  return [free, held, out];
}

/** A wallet that ends where it is told to, as a program does that is killed. */
function dyingAt(point: string): Pick<WalletPorts, 'reached'> {
  return {
    reached: (here) => {
      if (here === point) throw new Error('killed');
    },
  };
}

describe('a wallet whose mint changes its keyset', () => {
  let money: Money;
  before(async () => void (money = await Money.open()));
  after(async () => {
    await money.assertWhole();
    await money[Symbol.asyncDispose]();
  });

  it('gets what was paid to its invoice', async () => {
    const alice = money.wallet();
    await money.fill(alice, 10n);
    const { id, request } = await alice.invoice(50n);
    money.pay(request);
    await money.sandbox.mint.rotate();
    assert.equal((await alice.wait(id, 10_000)).state, 'arrived');
    assert.deepEqual(await amounts(alice), [60n, 0n, 0n]);
  });

  it('receives, sends, takes back and pays as before', async () => {
    const [alice, bob] = [money.wallet(), money.wallet()];
    await money.fill(alice, 1_000n);
    await money.fill(bob, 1n);
    const { token } = await alice.send(333n);
    await money.sandbox.mint.rotate();
    assert.equal((await bob.receive(token)).state, 'arrived');
    assert.deepEqual(await amounts(bob), [334n, 0n, 0n]);
    const sent = await alice.send(100n);
    await money.sandbox.mint.rotate();
    assert.equal((await alice.takeBack(sent.id)).reason, 'taken-back');
    assert.equal((await amounts(alice))[0], 667n);
    await money.sandbox.mint.rotate();
    const offer = await alice.offer(money.invoice(50_000n));
    // The blanks for the change are of the keyset before: it says no, and is asked again.
    await assert.rejects(alice.pay(offer), (error) => isRefused(error));
    assert.deepEqual((await amounts(alice)).slice(0, 2), [667n, 0n]);
    assert.equal((await alice.pay(await alice.offer(money.invoice(50_000n)))).state, 'arrived');
    assert.deepEqual(await alice.settleAll(), []);
    assert.deepEqual(await amounts(alice), [617n, 0n, 0n]);
  });
});

describe('a wallet whose mint ends a keyset', () => {
  let money: Money;
  before(async () => void (money = await Money.open(':memory:', { keysetYears: 2 })));
  after(() => money[Symbol.asyncDispose]());

  it('says which coins are worth nothing, and sends the others', async () => {
    const clock = { later: 0, now: () => systemClock.now() + clock.later };
    const alice = money.wallet({ clock });
    await money.fill(alice, 64n);
    clock.later = 4 * 31_557_600_000;
    money.sandbox.clock.pass(clock.later);
    await money.sandbox.mint.rotate();
    const later = await alice.invoice(50n);
    money.pay(later.request);
    assert.equal((await alice.wait(later.id, 10_000)).state, 'arrived');
    const { free, expired } = await alice.balance();
    assert.deepEqual([free, expired], [50n, 64n]);
    await assert.rejects(alice.send(60n), (error) => isRefused(error, 'too-little') && error.facts['missing'] === '10');
    assert.equal((await money.wallet({ clock }).receive((await alice.send(33n)).token)).amount, 33n);
  });
});

describe('a wallet whose mint refuses', () => {
  let money: Money;
  before(async () => void (money = await Money.open()));
  after(async () => {
    await money.assertWhole();
    await money[Symbol.asyncDispose]();
  });

  it('keeps an invoice that was paid, whatever the mint says when coins are to be issued', async () => {
    const alice = money.wallet({ fetch: between({ 'mint/bolt11': once(() => refusal(11004)) }) });
    const { id, request } = await alice.invoice(50n);
    money.pay(request);
    await assert.rejects(alice.wait(id, 10_000), (error) => isRefused(error, 'mint-refused'));
    assert.deepEqual(await alice.settleAll(), []);
    assert.deepEqual(await amounts(alice), [50n, 0n, 0n]);
  });

  it('still has the token that it could not take, and takes it later', async () => {
    const [alice, bob] = [money.wallet(), money.wallet({ fetch: between({ swap: once(() => refusal(11002)) }) })];
    await money.fill(alice, 64n);
    const { token } = await alice.send(64n);
    await assert.rejects(bob.receive(token), (error) => isRefused(error, 'coin-held'));
    const [entry] = await bob.history();
    assert.equal(entry?.state, 'failed');
    assert.equal((await bob.receive(entry?.token ?? '')).state, 'arrived');
  });

  it('has a token that it could not take back out, as before', async () => {
    const alice = money.wallet({ fetch: between({ swap: once(() => refusal(11002)) }) });
    await money.fill(alice, 64n);
    const { id } = await alice.send(64n);
    await assert.rejects(alice.takeBack(id), (error) => isRefused(error, 'coin-held'));
    assert.deepEqual(await amounts(alice), [0n, 0n, 64n]);
    assert.equal((await alice.takeBack(id)).reason, 'taken-back');
    assert.deepEqual(await amounts(alice), [64n, 0n, 0n]);
  });

  it('has its coins back when the mint no longer knows the payment', async () => {
    const unknown = () => refusal(3);
    const [store, seed] = [memoryWalletStore(), systemRandom(32)];
    const [alice, forgotten] = [
      money.wallet({ store, seed }),
      money.wallet({ store, seed, fetch: between({ 'melt/bolt11': unknown, 'melt/quote/bolt11/': unknown }) }),
    ];
    await money.fill(alice, 100n);
    const offer = await alice.offer(money.invoice(50_000n));
    await assert.rejects(forgotten.pay(offer), (error) => isRefused(error, 'mint-refused'));
    assert.deepEqual(await amounts(alice), [100n, 0n, 0n]);
  });

  it('ends all that can be ended, and then says what could not', async () => {
    let lost = '';
    const clock = { ...systemClock, later: 0, now: () => systemClock.now() + clock.later };
    const fetchOf = between({ 'mint/quote/bolt11/': (ask, url) => (lost !== '' && url.endsWith(lost) ? refusal(3) : ask()) });
    const store = memoryWalletStore();
    const alice = money.wallet({ store, fetch: fetchOf, clock });
    const forgotten = await alice.invoice(10n);
    const paid = await alice.invoice(20n);
    const state = JSON.parse(new TextDecoder().decode(await store.load())) as { operations: { id: string; quote: string }[] };
    lost = state.operations.find(({ id }) => id === forgotten.id)?.quote ?? '';
    money.pay(paid.request);
    await assert.rejects(alice.settleAll(), (error) => isRefused(error, 'mint-refused'));
    assert.deepEqual(await amounts(alice), [20n, 0n, 0n]);
    clock.later = forgotten.expiryMs - systemClock.now() + 1;
    assert.deepEqual(await alice.settleAll(), []);
    assert.deepEqual((await alice.history()).map(({ reason }) => reason).sort(), ['invoice-expired', null]);
  });
});

describe('two tabs of one wallet', () => {
  let money: Money;
  before(async () => void (money = await Money.open()));
  after(async () => {
    await money.assertWhole();
    await money[Symbol.asyncDispose]();
  });

  /** Two on one store; while the first waits for the answer to its swap, the other does this. */
  async function tabs(meanwhile: (other: Wallet) => Promise<unknown>, answers: Readonly<Record<string, Answer>> = {}) {
    const ports = { store: memoryWalletStore(), seed: systemRandom(32) };
    const other = money.wallet({ ...ports, fetch: between(answers) });
    const swap = once(async (ask) => {
      const answer = await ask();
      await meanwhile(other);
      return answer;
    });
    const first = money.wallet({ ...ports, fetch: between({ swap }) });
    await money.fill(first, 100n);
    return { first, other, ports };
  }

  it('one that holds signatures is right, whatever the other wrote that was refused', async () => {
    const answers = { swap: () => refusal(11005), restore: () => Response.json({ outputs: [], signatures: [] }) };
    const { first } = await tabs((other) => other.settleAll(), answers);
    const sent = await first.send(33n);
    assert.deepEqual(await amounts(first), [67n, 0n, 33n]);
    assert.equal((await money.wallet().receive(sent.token)).amount, 33n);
    assert.deepEqual(await first.settleAll(), []);
  });

  it('a token that the other is taking back is not written as out once more', async () => {
    const { first, ports } = await tabs(async (other) => {
      await other.settleAll();
      const [entry] = await other.history();
      const dying = money.wallet({ ...ports, ...dyingAt('take-back/journaled') });
      await assert.rejects(dying.takeBack(entry?.id ?? ''), /killed/);
    });
    await assert.rejects(first.send(33n), (error) => isRefused(error, 'no-such-entry'));
    assert.deepEqual(await first.settleAll(), []);
    assert.deepEqual(await amounts(first), [100n, 0n, 0n]);
    assert.equal((await first.history())[0]?.reason, 'taken-back');
  });

  it('a token that is handed over before it is written down as out is good, and whoever comes next accounts for it', async () => {
    const [store, seed] = [memoryWalletStore(), systemRandom(32)];
    let isHeld = false;
    const dying = {
      ...store,
      save: (...given: Parameters<typeof store.save>) => (isHeld ? new Promise<boolean>(() => {}) : store.save(...given)),
    };
    const swap: Answer = async (ask) => {
      const answer = await ask();
      isHeld = true;
      return answer;
    };
    const alice = money.wallet({ store: dying, seed, fetch: between({ swap }) });
    await money.fill(alice, 100n);
    const { token } = await alice.handOut(33n);
    assert.equal((await money.wallet().receive(token)).amount, 33n);
    const next = money.wallet({ store, seed });
    await next.settleAll();
    assert.deepEqual(await next.settleAll(), []);
    assert.deepEqual(await amounts(next), [67n, 0n, 0n]);
  });

  it('a token whose maker was killed before it went out is taken back all the same', async () => {
    const ports = { store: memoryWalletStore(), seed: systemRandom(32) };
    const alice = money.wallet(ports);
    await money.fill(alice, 100n);
    await assert.rejects(money.wallet({ ...ports, ...dyingAt('send/journaled') }).send(33n), /killed/);
    const [entry] = await alice.history();
    assert.equal((await alice.takeBack(entry?.id ?? '')).reason, 'taken-back');
    assert.deepEqual(await amounts(alice), [100n, 0n, 0n]);
    await assert.rejects(alice.takeBack(entry?.id ?? ''), (error) => isRefused(error, 'no-such-entry'));
  });
});
