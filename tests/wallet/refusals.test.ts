// What a wallet does not take: each is refused by its reason, before money moves, and nothing of the wallet changes.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Amount, getDecodedToken, getEncodedToken, type Token } from '@cashu/cashu-ts';
import { isRefused, memoryWalletStore, type Wallet, type WalletReason } from '@reprise/wallet';
import { Money } from './money.ts';

describe('a wallet refuses', () => {
  let money: Money;
  let alice: Wallet;
  let bob: Wallet;
  let token: Token;
  before(async () => {
    money = await Money.open();
    [alice, bob] = [money.wallet(), money.wallet()];
    await money.fill(alice, 500n);
    token = getDecodedToken((await alice.send(100n)).token, [money.sandbox.activeId]);
  });
  after(async () => {
    assert.equal((await bob.balance()).free, 0n);
    await money.assertWhole();
    await money[Symbol.asyncDispose]();
  });
  const refuses = (reason: WalletReason, work: Promise<unknown>) =>
    assert.rejects(
      work,
      (error) =>
        isRefused(error, reason) ||
        assert.fail(`${reason} expected, not ${JSON.stringify((error as { facts?: unknown }).facts ?? String(error))}`),
    );
  const write = (changes: Partial<Token>) => getEncodedToken({ ...token, ...changes });
  const [first] = [() => token.proofs[0] as Token['proofs'][0]];

  it('a text that is no token', async () => {
    for (const text of ['', 'cashu', 'cashuB', 'cashuBAAAA', 'lnbc1…', `${write({}).slice(0, -9)}`, 'cashuCabc'])
      await refuses('token-malformed', bob.receive(text));
  });
  it('a token of too much text or too many coins', async () => {
    await refuses('token-too-large', bob.receive(`cashuB${'A'.repeat(1_000_001)}`));
    const many = Array.from({ length: 1_001 }, (_, at) => ({ ...first(), secret: `${at}`, dleq: undefined as never }));
    await refuses('token-too-large', bob.receive(write({ proofs: many })));
  });
  it('coins of another mint, or of another unit', async () => {
    await refuses('other-mint', bob.receive(write({ mint: 'https://elsewhere.example/mint' })));
    await refuses('other-unit', bob.receive(write({ unit: 'usd' })));
  });
  it('a coin that occurs twice', async () => {
    await refuses('coin-twice', bob.receive(write({ proofs: [first(), first()] })));
  });
  it('coins that are locked', async () => {
    const secret = JSON.stringify(['P2PK', { nonce: '00', data: `02${'11'.repeat(32)}` }]);
    await refuses('coin-locked', bob.receive(write({ proofs: [{ ...first(), secret }] })));
  });
  it('coins that the mint did not sign', async () => {
    await refuses('coin-forged', bob.receive(write({ proofs: [{ ...first(), secret: 'ab'.repeat(32) }] })));
    // Without a proof the mint is who finds out.
    const { dleq: _, ...bare } = first();
    await refuses('coin-forged', bob.receive(write({ proofs: [{ ...bare, secret: 'ab'.repeat(32) }] })));
    await refuses('token-malformed', bob.receive(write({ proofs: [{ ...first(), amount: Amount.from(3) }] })));
  });
  it('coins of a keyset that the mint does not have', async () => {
    await refuses('keyset-unknown', bob.receive(write({ proofs: [{ ...first(), id: `01${'77'.repeat(32)}` }] })));
  });
  it('coins that were spent, and its own', async () => {
    const spent = await alice.send(3n);
    await money.wallet().receive(spent.token);
    await refuses('coin-spent', bob.receive(spent.token));
    assert.deepEqual((await bob.history()).map(({ state }) => state).slice(0, 1), ['failed']);
  });
  it('amounts that are none, and more than it has', async () => {
    for (const amount of [0n, -1n]) {
      await refuses('amount', alice.send(amount));
      await refuses('amount', alice.invoice(amount));
    }
    await refuses('amount', alice.invoice(500_001n));
    await refuses('too-little', alice.send(10_000n));
    await refuses('too-little', alice.pay(await alice.offer(money.invoice(10_000_000n))));
  });
  it('invoices that cannot be paid', async () => {
    for (const text of ['', 'lnbc', 'hello', 'lnbcrt1nonsense', `lnbcrt1${'q'.repeat(50)}`])
      await refuses('invoice-malformed', alice.offer(text));
    const bolt11 = money.invoice(10_000n);
    assert.equal((await alice.pay(await alice.offer(bolt11))).state, 'arrived');
    await refuses('invoice-paid', alice.offer(bolt11));
  });
});

describe('a wallet believes no keyset', () => {
  let money: Money;
  before(async () => void (money = await Money.open()));
  after(() => money[Symbol.asyncDispose]());

  /** The mint, with some answers changed on the way. */
  const bent =
    (path: string, change: (answer: { keysets: Record<string, unknown>[] }) => void): typeof fetch =>
    async (input, init) => {
      const answer = await fetch(input, init);
      if (!String(input).includes(path)) return answer;
      const body = (await answer.json()) as { keysets: Record<string, unknown>[] };
      change(body);
      return Response.json(body);
    };
  const forged = (error: unknown) => isRefused(error, 'keyset-forged');
  const first = (answer: { keysets: Record<string, unknown>[] }) => answer.keysets[0] as Record<string, unknown>;

  it('whose id does not follow from its keys', async () => {
    const swapped = bent('/v1/keys/', (answer) => {
      const keys = first(answer)['keys'] as Record<string, string>;
      [keys['1'], keys['2']] = [keys['2'] as string, keys['1'] as string];
    });
    await assert.rejects(money.wallet({ fetch: swapped }).send(1n), forged);
  });
  it('whose id is short, or says another fee', async () => {
    const dearer = bent('/v1/keysets', (answer) => void (first(answer)['input_fee_ppk'] = 500));
    await assert.rejects(money.wallet({ fetch: dearer }).send(1n), forged);
    const short = (answer: { keysets: Record<string, unknown>[] }) => void (first(answer)['id'] = '00456a94ab4e1c46');
    const fetch = bent('/v1/keysets', short);
    await assert.rejects(money.wallet({ fetch }).send(1n), (error) => isRefused(error));
  });
  it('that another mint showed before', async () => {
    const store = memoryWalletStore();
    await money.fill(money.wallet({ store }), 8n);
    const twin = `${money.url}/`.replace('127.0.0.1', 'localhost').slice(0, -1);
    const other = money.wallet({ store, mint: twin, fetch: (url, init) => fetch(url.replace('localhost', '127.0.0.1'), init) });
    await assert.rejects(other.send(1n), forged);
    assert.deepEqual(await other.balance().then(({ free, elsewhere }) => [free, elsewhere]), [0n, 8n]);
  });
});
