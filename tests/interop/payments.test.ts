// A program that others wrote, unmodified, against a host with its sandbox: Alby's `fetch402` buys as an L402 client does. spec/paid-links.md "Over HTTP".
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fetch402 } from '@getalby/lightning-tools/402';
import { formatBase64url, parseBase64url } from '@reprise/kit';
import { payContract } from '@reprise/protocol/pay';
import { Buyer } from '../../bitcache/service/src/testing/shop.ts';
import { accountAt, drawOffer, sandboxPays } from '../support/sandbox-host.ts';
import { type Host, startHost } from '../support/server.ts';

describe('programs of others', { concurrency: false }, () => {
  let host: Host;
  before(async () => {
    host = await startHost();
  });
  after(() => host[Symbol.asyncDispose]());

  it('fetch402 pays the invoice of a challenge and is given the release, once and again with what it kept', async () => {
    const { offer, half, listing } = drawOffer(70);
    const seller = await accountAt(host.url);
    assert.equal((await seller.call(payContract['pay.putOffer'], { offer }, listing)).status, 200);
    const buyer = new Buyer();
    const url = `${host.url}/pay/${offer}/release?pay=lightning&key=${formatBase64url(buyer.key)}`;
    const paid: string[] = [];
    const wallet = {
      async payInvoice({ invoice }: { readonly invoice: string }) {
        paid.push(invoice);
        return { preimage: (await sandboxPays(host.url, invoice)).preimage };
      },
    };
    const answer = await fetch402(url, {}, { wallet });
    assert.equal(answer.status, 200);
    assert.deepEqual([answer.payment?.paid, answer.payment?.amountSat, paid.length], [true, 70, 1]);
    const open = async (response: Response) => {
      const { release } = (await response.json()) as { readonly release: string };
      return buyer.open(listing.hash, parseBase64url(release) as Uint8Array<ArrayBuffer>);
    };
    assert.deepEqual(await open(answer), half);
    const credentials = answer.payment?.credentials;
    assert.ok(credentials);
    const again = await fetch402(url, {}, { wallet, credentials });
    assert.deepEqual([again.status, paid.length], [200, 1]);
    assert.deepEqual(await open(again), half);
  });
});
