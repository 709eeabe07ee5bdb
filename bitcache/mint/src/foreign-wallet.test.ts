// A wallet that others wrote, unmodified and over HTTP, does all that wallets do, again and again; after each round every satoshi is
// where somebody can name it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type MeltQuoteBolt11Response, type Proof, Wallet, getEncodedToken, hasValidDleq, sumProofs } from '@cashu/cashu-ts';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { openDatabase } from '@reprise/database';
import { formatHex, systemRandom } from '@reprise/kit';
import { Sandbox } from './testing/sandbox.ts';
import { type Served, serveMint } from './testing/serve.ts';

const rounds = process.env['REPRISE_LONG'] === '1' ? 200 : 4;

describe('cashu-ts', () => {
  let sandbox: Sandbox;
  let served: Served;
  const troubles: unknown[] = [];
  before(async () => {
    sandbox = await Sandbox.open(await openDatabase({ path: ':memory:' }), { settings: { shards: 4, askEveryMs: 0 } });
    served = await serveMint(sandbox.mint, (error) => troubles.push(error));
  });
  after(async () => {
    await served[Symbol.asyncDispose]();
    await sandbox[Symbol.asyncDispose]();
    assert.deepEqual(troubles, []);
  });

  it(`mints, swaps, sends, receives, melts with change and restores, ${rounds} times with other numbers`, async () => {
    for (let round = 0; round < rounds; round++) await live(sandbox, served.url);
  });

  it('locks coins to a key, and opens them', async () => {
    const alice = await wallet(served.url);
    const secret = new Uint8Array(32).fill(7);
    const proofs = await mintCoins(sandbox, alice, 21);
    const { send } = await alice.ops
      .send(8, proofs)
      .asP2PK({ pubkey: formatHex(secp256k1.getPublicKey(secret, true)) })
      .run();
    const bob = await wallet(served.url);
    const token = getEncodedToken({ mint: served.url, proofs: send, unit: 'sat' });
    await assert.rejects(bob.receive(token));
    const received = await bob.receive(token, { privkey: formatHex(secret) });
    assert.equal(sumProofs(received).toNumber(), 8);
    await sandbox.assertWhole();
  });
});

async function wallet(url: string, bip39seed = systemRandom(64)): Promise<Wallet> {
  const opened = new Wallet(url, { unit: 'sat', bip39seed });
  await opened.loadMint();
  return opened;
}

async function mintCoins(sandbox: Sandbox, holder: Wallet, amount: number): Promise<Proof[]> {
  const quote = await holder.createMintQuoteBolt11(amount);
  assert.ok(sandbox.backend.world.receive(quote.request));
  const { state } = await holder.checkMintQuoteBolt11(quote.quote);
  assert.equal(state, 'PAID');
  return holder.ops.mintBolt11(amount, quote).asDeterministic(0).run();
}

/** NUT-12: the mint proves that it signed with the keys it names, and only with those. */
function assertProved(holder: Wallet, proofs: readonly Proof[]): void {
  for (const proof of proofs) {
    const keyset = holder.getKeyset(proof.id);
    assert.ok(hasValidDleq(proof, keyset, { require: true }));
    const [wrongAmount, without] = [
      { ...proof, amount: proof.amount.add(proof.amount) },
      { ...proof, dleq: undefined },
    ];
    for (const wrong of [wrongAmount, without]) assert.equal(hasValidDleq(wrong as Proof, keyset, { require: true }), false);
  }
}

async function live(sandbox: Sandbox, url: string): Promise<void> {
  const { world } = sandbox.backend;
  const random = (max: number) => 1 + Math.floor(Math.random() * max);
  const seed = systemRandom(64);
  const [alice, bob] = [await wallet(url, seed), await wallet(url)];
  const amount = 200 + random(5_000);
  const minted = await mintCoins(sandbox, alice, amount);
  assert.equal(sumProofs(minted).toNumber(), amount);
  assertProved(alice, minted);

  const sent = random(100);
  const { keep, send } = await alice.ops.send(sent, minted).asDeterministic(0).keepAsDeterministic(0).run();
  assertProved(alice, [...keep, ...send]);
  const token = getEncodedToken({ mint: url, proofs: send, unit: 'sat' });
  const received = await bob.ops.receive(token).requireDleq(true).run();
  assert.deepEqual([sumProofs(keep).toNumber(), sumProofs(received).toNumber()], [amount - sent, sent]);
  assert.ok((await alice.checkProofsStates(send)).every(({ state }) => state === 'SPENT'));

  const invoiceMsat = BigInt(random(150_000));
  const feeMsat = BigInt(Math.floor(Math.random() * 10_000));
  const bolt11 = world.invoice(invoiceMsat, { fee: feeMsat as never });
  const quote: MeltQuoteBolt11Response = await alice.createMeltQuoteBolt11(bolt11);
  const needed = quote.amount.toNumber() + quote.fee_reserve.toNumber();
  const { keep: rest, send: pay } = await alice.ops.send(needed, keep).asDeterministic(0).keepAsDeterministic(0).run();
  const melted = await alice.ops.meltBolt11(quote, pay).asDeterministic(0).run();
  assert.equal(melted.quote.state, 'PAID');
  const change = sumProofs(melted.change).toNumber();
  assert.equal(change, Number((BigInt(needed) * 1_000n - invoiceMsat - feeMsat) / 1_000n));

  // The wallet's disk is gone; its seed is not.
  const again = await wallet(url, seed);
  const { proofs } = await again.batchRestore(100, 100, 0);
  const states = await again.checkProofsStates(proofs);
  const unspent = proofs.filter((_, at) => states[at]?.state === 'UNSPENT');
  assert.equal(sumProofs(unspent).toNumber(), sumProofs(rest).toNumber() + change);
  await sandbox.assertWhole();
}
