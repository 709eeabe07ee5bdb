// A wallet service that others wrote, Alby's, behind our client of Nostr Wallet Connect: connected, asked, paid. spec/wallet.md "A wallet of one's own".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep, systemClock } from '@reprise/kit';
import { memoryWalletStore } from '@reprise/wallet';
import { OutsidePurse } from '@reprise/wallet/outside';
import { startNwcWallet } from '../../bitcache/lightning/src/testing/nwc-wallet.ts';

test('Alby’s wallet service pays what our client asks for, once, and says how a payment ended whose answer was lost', async () => {
  const wallet = await startNwcWallet();
  try {
    const purse = new OutsidePurse({
      store: memoryWalletStore(),
      clock: systemClock,
      dial: (url) => new WebSocket(url),
      answerMs: 5_000,
      payMs: 5_000,
    });
    const relay = new URL(wallet.url).searchParams.get('relay') ?? '';
    assert.equal(await purse.connect(wallet.url, [relay]), null, 'it names no budget');
    const bolt11 = wallet.world.invoice(2_100_000n);
    assert.equal((await purse.pay({ bolt11, purpose: 'a' })).state, 'paid');
    assert.equal((await purse.pay({ bolt11, purpose: 'a' })).state, 'paid');
    assert.equal(wallet.world.payments.length, 1);
    wallet.breakNextPayment('lost-after');
    const lost = wallet.world.invoice(500_000n);
    assert.equal((await purse.pay({ bolt11: lost, purpose: 'b' })).state, 'paid', 'its own list decides');
    wallet.breakNextPayment('zero-preimage');
    assert.equal((await purse.pay({ bolt11: wallet.world.invoice(500_000n), purpose: 'c' })).state, 'paid');
    await assert.rejects(purse.pay({ bolt11: wallet.world.invoice(500_000n, { end: 'fails' }), purpose: 'd' }), /wallet-refused/);
    assert.equal(wallet.world.payments.length, 4);
  } finally {
    // The library falls over an answer that it is still told to be taken.
    await sleep(200);
    await wallet.close();
  }
});
