// Sold from a drive and bought by somebody without an account, over a real host with its sandbox: by an invoice, with coins, from a balance;
// and what happens when the price changes, the offer goes or the buyer dies on the way.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Bytes, systemClock, systemRandom } from '@reprise/kit';
import { deviceIdOf } from '@reprise/protocol/formats';
import { payContract } from '@reprise/protocol/pay';
import { connect, inlinePool, openLink } from '@reprise/sdk';
import { type Drive, type DriveLink, memoryHeadStore, openDrive } from '@reprise/sdk/drive';
import { type NodeTransport, nodeTransport, purchaseFolder } from '@reprise/sdk/node';
import { type OfferedLink, openOfferedLink, Purchases } from '@reprise/sdk/paid';
import { nodeEngine } from '@reprise/vault/node';
import { walletBranch } from '@reprise/vault/wallet';
import { memoryWalletStore, Wallet } from '@reprise/wallet';
import { memoryFile } from '../drive/content.ts';
import { DriveAccount } from '../support/drive-account.ts';
import { type Host, startHost } from '../support/server.ts';

let host: Host;
let transport: NodeTransport;
let scratch: string;
let serial = 0;

before(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'reprise-buying-'));
  host = await startHost();
  transport = nodeTransport();
});
after(async () => {
  transport?.[Symbol.dispose]();
  await host?.[Symbol.asyncDispose]();
  rmSync(scratch, { recursive: true, force: true });
});

const connection = () => connect({ server: host.url, transport });
const content = systemRandom(700_000);

type Seller = { readonly account: DriveAccount; readonly drive: Drive };

async function openSeller(): Promise<Seller> {
  const account = await DriveAccount.open(connection());
  return { account, drive: await openDrive(account.first, { engine: nodeEngine, pool: inlinePool(nodeEngine), heads: memoryHeadStore() }) };
}

async function sold(drive: Drive, price = { amount: 21, currency: 'SAT' as const }): Promise<DriveLink> {
  const name = `recording-${serial++}.bin`;
  await (await drive.put('/', [memoryFile(name, content)])).finished;
  return drive.links.create(`/${name}`, { price });
}

/** What a buyer keeps lies in a folder: a second call with the same folder is the same person, after a restart. */
class Buyer {
  readonly folder = join(scratch, `buyer-${serial++}`);
  readonly key: Bytes = systemRandom(32);

  async open(url: string): Promise<OfferedLink> {
    const purchases = new Purchases({ store: purchaseFolder(this.folder), key: this.key, engine: nodeEngine, random: systemRandom });
    const offered = await openOfferedLink({ connection: connection(), link: url, engine: nodeEngine, purchases });
    assert.ok(offered, 'the link is sold');
    return offered;
  }
}

async function sandboxPays(invoice: string): Promise<void> {
  const response = await fetch(`${host.url}/sandbox/pay`, { method: 'POST', body: JSON.stringify({ invoice }) });
  assert.equal(((await response.json()) as { state: string }).state, 'succeeded');
}

async function coins(amount: number): Promise<string> {
  const seed = systemRandom(32);
  const wallet = new Wallet({
    mint: `${host.url}/mint`,
    store: memoryWalletStore(),
    seedOf: (branch) => walletBranch(nodeEngine, seed, branch),
    isSeedNew: true,
    device: 'a test',
    fetch,
    clock: systemClock,
    random: systemRandom,
  });
  const invoice = await wallet.invoice(BigInt(amount));
  await sandboxPays(invoice.request);
  assert.equal((await wallet.wait(invoice.id, 30_000)).state, 'arrived');
  return (await wallet.send(BigInt(amount))).token;
}

async function bytesOf(offered: OfferedLink): Promise<Buffer> {
  const opened = await offered.open();
  const pieces: Uint8Array[] = [];
  for await (const entry of opened.list(null)) for await (const { bytes } of opened.readFile(entry)) pieces.push(bytes.slice());
  return Buffer.concat(pieces);
}

const refused = (reason: string) => ({ code: 'payment-refused', facts: { reason } });

describe('a link that is sold', { concurrency: false }, () => {
  let seller: Seller;
  before(async () => {
    seller = await openSeller();
  });

  it('shows what it costs and nothing else, and is refused by who would open it at once', async () => {
    const link = await sold(seller.drive);
    const { offerId, ...sale } = link.sale ?? {};
    assert.deepEqual(sale, { price: { amount: 21, currency: 'SAT' }, notAfter: null, isOpen: true });
    await assert.rejects(openLink({ connection: connection(), link: link.url, engine: nodeEngine }), { code: 'payment-required' });
    const offered = await new Buyer().open(link.url);
    assert.deepEqual(
      [offered.facts.offerId, offered.facts.title, offered.facts.price],
      [offerId, link.title, { amount: 21, currency: 'SAT' }],
    );
    assert.ok(offered.facts.paddedBytes >= content.length && offered.facts.paddedBytes < 1.13 * content.length);
    await offered.check();
    assert.equal((await offered.quote()).sats, 21);
    assert.equal(await offered.resume(), 'none');
    await assert.rejects(offered.open(), { code: 'payment-required' });
  });

  it('is bought over Lightning with a wallet of somebody else, and stays bought', async () => {
    const link = await sold(seller.drive);
    const buyer = new Buyer();
    const offered = await buyer.open(link.url);
    const invoice = await offered.payByLightning(await offered.quote());
    assert.equal(invoice.sats, 21);
    assert.ok(invoice.expiresAt > Date.now());
    assert.equal(await offered.resume(), 'waiting');
    await sandboxPays(invoice.bolt11);
    await offered.settled();
    assert.ok((await bytesOf(offered)).equals(content));
    const again = await buyer.open(link.url);
    assert.equal(again.bought?.sats, 21);
    assert.ok((await bytesOf(again)).equals(content));
    const { lines } = await connection().ask(payContract['pay.earnings'], { params: {}, device: await device(seller) });
    assert.ok(lines.some(({ offer, gross }) => offer === offered.facts.offerId && gross === '21000'));
  });

  it('is bought with coins', async () => {
    const link = await sold(seller.drive);
    const offered = await new Buyer().open(link.url);
    const quote = await offered.quote();
    const tooFew = await coins(20);
    await assert.rejects(offered.payWithCoins(quote, tooFew), { code: 'payment-refused', facts: { reason: 'too-little', missing: 1 } });
    await assert.rejects(offered.payWithCoins(quote, 'cashuAxyz'), refused('other-mint'));
    assert.equal(await offered.resume(), 'none');
    await offered.payWithCoins(quote, await coins(21));
    assert.ok((await bytesOf(offered)).equals(content));
  });

  it('is bought from the balance of an account', async () => {
    const link = await sold(seller.drive);
    const offered = await new Buyer().open(link.url);
    const rich = await openSeller();
    await assert.rejects(offered.payFromBalance(await offered.quote(), rich.account.first), {
      code: 'balance-too-low',
      facts: { missing: '21' },
    });
    const body = { token: await coins(30) };
    await connection().ask(payContract['pay.coinsIn'], { params: {}, body, device: await device(rich) });
    await offered.payFromBalance(await offered.quote(), rich.account.first);
    assert.ok((await bytesOf(offered)).equals(content));
  });
});

async function device({ account: { first } }: Seller) {
  return { ...first.author.device, deviceId: await deviceIdOf(first.author.device.publicKey) };
}
