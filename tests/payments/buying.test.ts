// Sold from a drive and bought by somebody without an account, over a real host with its sandbox: by an invoice, with coins, from a balance;
// and what happens when the price changes, the offer goes or the buyer dies on the way.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Bytes, formatHex, systemClock, systemRandom } from '@reprise/kit';
import { deviceIdOf, Failure } from '@reprise/protocol/formats';
import { payContract } from '@reprise/protocol/pay';
import { connect, type HttpResponse, inlinePool, openLink, parseLink, type Transport } from '@reprise/sdk';
import { type Drive, type DriveLink, type SaleTerms, memoryHeadStore, openDrive } from '@reprise/sdk/drive';
import { type NodeTransport, nodeTransport, purchaseFolder } from '@reprise/sdk/node';
import { type KeptPurchase, type OfferedLink, openOfferedLink, Purchases } from '@reprise/sdk/paid';
import { nodeEngine } from '@reprise/vault/node';
import { walletBranch } from '@reprise/vault/wallet';
import { isRefused, memoryWalletStore, Wallet, type WalletPorts, type WalletStore } from '@reprise/wallet';
import { memoryFile } from '../drive/content.ts';
import { DriveAccount } from '../support/drive-account.ts';
import { type Host, plainEnvironment, startHost } from '../support/server.ts';
import { until } from '../support/until.ts';

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

async function openSeller(through: Transport = transport): Promise<Seller> {
  const account = await DriveAccount.open(connect({ server: host.url, transport: through, attemptsMax: 1 }));
  return { account, drive: await openDrive(account.first, { engine: nodeEngine, pool: inlinePool(nodeEngine), heads: memoryHeadStore() }) };
}

async function sold(drive: Drive, price = { amount: 21, currency: 'SAT' as const }, sale: SaleTerms = {}): Promise<DriveLink> {
  const name = `recording-${serial++}.bin`;
  await (await drive.put('/', [memoryFile(name, content)])).finished;
  return drive.links.create(`/${name}`, { price, sale });
}

/** What a buyer keeps lies in a folder: a second call with the same folder is the same person, after a restart. */
class Buyer {
  readonly folder = join(scratch, `buyer-${serial++}`);
  readonly key: Bytes = systemRandom(32);

  tools() {
    const purchases = new Purchases({ store: purchaseFolder(this.folder), key: this.key, engine: nodeEngine, random: systemRandom });
    return { connection: connection(), engine: nodeEngine, purchases };
  }

  async open(url: string, through: Transport = transport): Promise<OfferedLink> {
    const offered = await openOfferedLink({ ...this.tools(), connection: connect({ server: host.url, transport: through }), link: url });
    assert.ok(offered, 'the link is sold');
    return offered;
  }

  kept(linkId: string): Promise<KeptPurchase | null> {
    return this.tools().purchases.get(linkId);
  }
}

async function sandboxPays(invoice: string): Promise<void> {
  const response = await fetch(`${host.url}/sandbox/pay`, { method: 'POST', body: JSON.stringify({ invoice }) });
  assert.equal(((await response.json()) as { state: string }).state, 'succeeded');
}

function walletOf(ports: Partial<WalletPorts> = {}, seed = systemRandom(32)): Wallet {
  return new Wallet({
    mint: `${host.url}/mint`,
    store: memoryWalletStore(),
    seedOf: (branch) => walletBranch(nodeEngine, seed, branch),
    isSeedNew: true,
    device: 'a test',
    fetch,
    clock: systemClock,
    random: systemRandom,
    ...ports,
  });
}

async function coins(amount: number): Promise<string> {
  const wallet = walletOf();
  const invoice = await wallet.invoice(BigInt(amount));
  await sandboxPays(invoice.request);
  assert.equal((await wallet.wait(invoice.id, 30_000)).state, 'arrived');
  return (await wallet.send(BigInt(amount))).token;
}

async function fill(rich: Seller, amount: number): Promise<void> {
  const body = { token: await coins(amount) };
  await connection().ask(payContract['pay.coinsIn'], { params: {}, body, device: await device(rich) });
}

/** What carries a path's first payment to the host and loses its answer; every later one is answered by somebody in between. */
function losing(path: string, answer: { readonly status: number; readonly body: unknown }): Transport {
  let isHeard = false;
  return async (request) => {
    const isPayment = request.url.endsWith(path);
    if (isPayment && isHeard) return answered(answer.status, answer.body);
    const response = await transport(request);
    if (!isPayment) return response;
    await response.bytes(1_000_000);
    isHeard = true;
    throw new Failure('network');
  };
}

function answered(status: number, body: unknown): HttpResponse {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  return { status, header: () => null, bytes: async () => bytes, fill: async () => {}, pieces: async function* () {} };
}

function asked({ method, url }: Parameters<Transport>[0]): string {
  return `${method} ${new URL(url).pathname}`;
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
    assert.deepEqual(sale, { price: { amount: 21, currency: 'SAT' }, isFloor: false, salesMax: null, notAfter: null, isOpen: true });
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

  it('takes more than its price where the seller says so, and no more buyers than there may be, whichever device lists it', async () => {
    const link = await sold(seller.drive, undefined, { isFloor: true, salesMax: 2 });
    const [first, second] = [await new Buyer().open(link.url), await new Buyer().open(link.url)];
    assert.deepEqual([first.facts.isFloor, (await first.quote()).salesLeft], [true, 2]);
    await assert.rejects(first.quote(undefined, 20), { code: 'payment-refused', facts: { reason: 'bad-amount' } });
    const invoice = await first.payByLightning(await first.quote(undefined, 34));
    assert.equal(invoice.sats, 34);
    await sandboxPays(invoice.bolt11);
    await first.settled();
    assert.ok((await bytesOf(first)).equals(content));
    // A new price leaves the bound, and what was sold counts.
    await seller.drive.links.sell(link.id, { amount: 5, currency: 'SAT' });
    await assert.rejects(second.quote(), { code: 'price-differs' });
    const again = await new Buyer().open(link.url);
    const quote = await again.quote();
    assert.deepEqual([again.facts.isFloor, quote.sats, quote.salesLeft], [false, 5, 1]);
    await again.payWithCoins(quote, await coins(5));
    await assert.rejects((await new Buyer().open(link.url)).quote(), refused('sold-out'));
    const open = await seller.drive.links.sell(link.id, { amount: 5, currency: 'SAT' }, { salesMax: null });
    assert.deepEqual([open.sale?.salesMax, (await (await new Buyer().open(link.url)).quote()).salesLeft], [null, null]);
  });

  it('is bought from the balance of an account', async () => {
    const link = await sold(seller.drive);
    const offered = await new Buyer().open(link.url);
    const rich = await openSeller();
    await assert.rejects(offered.payFromBalance(await offered.quote(), rich.account.first), {
      code: 'balance-too-low',
      facts: { missing: '21' },
    });
    await fill(rich, 30);
    await offered.payFromBalance(await offered.quote(), rich.account.first);
    assert.ok((await bytesOf(offered)).equals(content));
  });
});

describe('a purchase that does not go as it should', { concurrency: false }, () => {
  let seller: Seller;
  before(async () => {
    seller = await openSeller();
  });

  it('asks again when the price changes between what was shown and the payment', async () => {
    const link = await sold(seller.drive);
    const buyer = new Buyer();
    const offered = await buyer.open(link.url);
    const quote = await offered.quote();
    const changed = await seller.drive.links.sell(link.id, { amount: 34, currency: 'SAT' });
    assert.equal(changed.url, link.url);
    await assert.rejects(offered.quote(), { code: 'price-differs' });
    await assert.rejects(offered.payByLightning(quote), { code: 'price-differs', facts: { sats: 34 } });
    const again = await buyer.open(link.url);
    assert.deepEqual(again.facts.price, { amount: 34, currency: 'SAT' });
    // Coins go by the quote, which froze the price that was shown.
    await again.payWithCoins(quote, await coins(21));
    assert.ok((await bytesOf(again)).equals(content));
    assert.ok((await bytesOf(await buyer.open(link.url))).equals(content));
  });

  it('opens for who bought it before its price changed, and while it is withdrawn, and again when it is given away', async () => {
    const link = await sold(seller.drive);
    const buyer = new Buyer();
    const offered = await buyer.open(link.url);
    await offered.payWithCoins(await offered.quote(), await coins(21));
    await seller.drive.links.sell(link.id, { amount: 3_000, currency: 'SAT' });
    assert.ok((await bytesOf(await buyer.open(link.url))).equals(content));
    await seller.drive.links.withdraw(link.id);
    assert.ok((await bytesOf(await buyer.open(link.url))).equals(content));
    const stranger = await new Buyer().open(link.url);
    await assert.rejects(stranger.quote(), refused('ended'));
    const free = await seller.drive.links.giveAway(link.id);
    assert.equal(free.sale, null);
    for (const url of [link.url, free.url])
      assert.equal((await openLink({ connection: connection(), link: url, engine: nodeEngine })).facts.title, link.title);
    const dear = await seller.drive.links.sell(link.id, { amount: 5, currency: 'SAT' });
    assert.deepEqual(dear.sale?.price, { amount: 5, currency: 'SAT' });
    assert.equal((await (await new Buyer().open(link.url)).quote()).sats, 5);
  });

  it('refuses a preimage that is not the payment’s, and the same coins for another buyer', async () => {
    const link = await sold(seller.drive);
    const buyer = new Buyer();
    const offered = await buyer.open(link.url);
    const quote = await offered.quote();
    const { bolt11 } = await offered.payByLightning(quote);
    await sandboxPays(bolt11);
    await offered.settled();
    const [attempt] = (await buyer.kept(link.id))?.attempts ?? [];
    assert.ok(attempt?.way === 'lightning');
    const release = `${host.url}/pay/${offered.facts.offerId}/release`;
    const wrong = await fetch(release, { headers: { Authorization: `L402 ${attempt.token}:${'00'.repeat(32)}` } });
    assert.deepEqual([wrong.status, wrong.headers.get('X-Reason')], [400, 'bad-preimage']);
    const token = await coins(21);
    await (await new Buyer().open(link.url)).payWithCoins(quote, token);
    const thief = await new Buyer().open(link.url);
    await assert.rejects(thief.payWithCoins(await thief.quote(), token), refused('other-buyer-key'));
    assert.equal(await thief.resume(), 'none');
  });

  it('owes back what was paid after the offer was withdrawn, and gives it back', async () => {
    const link = await sold(seller.drive);
    const buyer = new Buyer();
    const offered = await buyer.open(link.url);
    const { bolt11 } = await offered.payByLightning(await offered.quote());
    await seller.drive.links.withdraw(link.id);
    await sandboxPays(bolt11);
    await assert.rejects(offered.settled(), { code: 'payment-owed', facts: { sats: 21 } });
    const again = await buyer.open(link.url);
    const [owed, ...others] = await again.refunds();
    assert.deepEqual([owed?.sats, owed?.reason, owed?.state, others], [21, 'ended', 'owed', []]);
    const rich = await openSeller();
    assert.equal(await again.refundToBalance(owed?.token ?? '', rich.account.first), 21);
    assert.equal((await again.refunds())[0]?.state, 'taken');
  });

  it('is refused where what is sold is not what lies there', async () => {
    const link = await sold(seller.drive);
    const forging = new Buyer();
    const { check } = await forging.open(link.url).then((offered) => ({ check: () => offered.check() }));
    await check();
    // A link of the same secret under another signature, or another offer in its place, does not open at all.
    const other = await sold(seller.drive);
    const [mine, theirs] = [parseLink(link.url), parseLink(other.url)];
    await assert.rejects(
      openOfferedLink({ ...forging.tools(), link: { ...mine, fingerprint: theirs.fingerprint.map((byte) => byte ^ 1) as Bytes } }),
      {
        code: 'link-forged',
        facts: { reason: 'fingerprint' },
      },
    );
  });
});

describe('a seller who is refused or cut short', { concurrency: false }, () => {
  let seller: Seller;
  /** What is asked of the host while it is set: no answer comes, or it is the last one that does, or payments are off. */
  let fault: { readonly path: RegExp; readonly kind: 'lost' | 'last' | 'off'; readonly stop?: AbortController } | null = null;
  before(async () => {
    seller = await openSeller(async (request) => {
      if (!fault?.path.test(asked(request))) return transport(request);
      if (fault.kind === 'lost') throw new Failure('network');
      if (fault.kind === 'last') {
        const { stop } = fault;
        fault = { path: /./, kind: 'lost' };
        return transport(request).finally(() => stop?.abort());
      }
      return answered(503, { error: { code: 'payments-off', facts: { reason: 'stopped' } } });
    });
  });
  const during = async (now: typeof fault, work: () => Promise<unknown>) => {
    fault = now;
    try {
      return await work();
    } finally {
      fault = null;
    }
  };
  const stateOf = async (offer: string | undefined) => {
    const { offers } = await connection().ask(payContract['pay.offers'], { params: {}, device: await device(seller) });
    return offers.find((one) => one.offer === offer)?.state;
  };
  const openOffers = async () => {
    const { offers } = await connection().ask(payContract['pay.offers'], { params: {}, device: await device(seller) });
    return offers.filter(({ state }) => state === 'open').length;
  };
  const tooDear = { amount: 2_000_000, currency: 'SAT' as const };
  const recordSent = { path: /^PATCH .*\/links\//, kind: 'lost' } as const;

  it('leaves a link as it was where the operator does not take the price', async () => {
    const { links } = seller.drive;
    const name = `free-${serial++}.bin`;
    await (await seller.drive.put('/', [memoryFile(name, content)])).finished;
    await assert.rejects(links.create(`/${name}`, { price: tooDear }), { code: 'offer-refused' });
    assert.ok((await links.list()).every(({ title }) => title !== name));
    const free = await links.create(`/${name}`);
    await assert.rejects(links.sell(free.id, tooDear), { code: 'offer-refused' });
    assert.equal((await links.find(free.id)).sale, null);
    const dear = await links.sell(free.id, { amount: 21, currency: 'SAT' });
    await assert.rejects(links.sell(free.id, tooDear), { code: 'offer-refused' });
    const refusedLink = await links.find(free.id);
    assert.deepEqual([refusedLink.sale?.price, refusedLink.isCurrent], [{ amount: 21, currency: 'SAT' }, false]);
    assert.equal((await (await new Buyer().open(dear.url)).quote()).sats, 21);
    assert.equal(await links.settle(), true);
    assert.equal((await links.find(free.id)).isCurrent, true);
    assert.equal((await (await new Buyer().open(dear.url)).quote()).sats, 21);
  });

  it('is told that a link is served as it was before, and the next program carries the sale out', async () => {
    const { links } = seller.drive;
    const name = `late-${serial++}.bin`;
    await (await seller.drive.put('/', [memoryFile(name, content)])).finished;
    const free = await links.create(`/${name}`);
    assert.equal(free.isCurrent, true);
    await assert.rejects(
      during(recordSent, () => links.sell(free.id, { amount: 8, currency: 'SAT' })),
      { code: 'network' },
    );
    assert.equal((await links.list()).find(({ id }) => id === free.id)?.isCurrent, false);
    await links.settle();
    assert.equal((await links.find(free.id)).isCurrent, true);
    assert.equal((await (await new Buyer().open(free.url)).quote()).sats, 8);
    await links.change(free.id, { label: 'for nobody else' });
    assert.equal((await links.find(free.id)).isCurrent, true);
  });

  it('ends a link while payments are off, and the operator hears of it later', async () => {
    const { links } = seller.drive;
    const link = await sold(seller.drive);
    await during({ path: /\/api\/pay\//, kind: 'off' }, () => links.revoke([link.id]));
    await assert.rejects(openOfferedLink({ ...new Buyer().tools(), link: link.url }), { code: 'link-unavailable' });
    assert.ok((await links.list()).every(({ id }) => id !== link.id));
    assert.equal(await stateOf(link.sale?.offerId), 'open');
    assert.equal(await links.settle(), true);
    assert.equal(await stateOf(link.sale?.offerId), 'withdrawn');
    assert.equal(await links.settle(), false);
  });

  it('ends a link and does not get through to the operator: who looks next tells it', async () => {
    const { links } = seller.drive;
    const link = await sold(seller.drive);
    await assert.rejects(
      during({ path: /^DELETE \/api\/pay\//, kind: 'lost' }, () => links.revoke([link.id])),
      { code: 'network' },
    );
    assert.equal(await stateOf(link.sale?.offerId), 'open');
    await links.settle();
    assert.equal(await stateOf(link.sale?.offerId), 'withdrawn');
  });

  it('sells a link that took tips and is cut short: who looks next serves the price and ends the jar', async () => {
    const { links } = seller.drive;
    const name = `thanked-${serial++}.bin`;
    await (await seller.drive.put('/', [memoryFile(name, content)])).finished;
    const link = await links.create(`/${name}`, { tips: true });
    assert.equal(await stateOf(link.jar?.offerId), 'open');
    await assert.rejects(
      during(recordSent, () => links.sell(link.id, { amount: 8, currency: 'SAT' })),
      { code: 'network' },
    );
    assert.equal(await links.settle(), true);
    assert.equal(await stateOf(link.jar?.offerId), 'withdrawn');
    const { sale, jar, isCurrent } = (await links.list()).find(({ id }) => id === link.id) ?? assert.fail('it is listed');
    assert.deepEqual([sale?.isOpen, jar, isCurrent, await stateOf(sale?.offerId)], [true, null, true, 'open']);
    assert.equal(await links.settle(), false);
  });

  it('is cut short before the link is sold: once nobody can be at it any more, the operator is told to forget it', async () => {
    const { links } = seller.drive;
    const name = `begun-${serial++}.bin`;
    await (await seller.drive.put('/', [memoryFile(name, content)])).finished;
    const free = await links.create(`/${name}`);
    const before = await openOffers();
    const stop = new AbortController();
    await assert.rejects(
      during({ path: /^PUT \/api\/pay\//, kind: 'last', stop }, () => links.sell(free.id, { amount: 8, currency: 'SAT' }, {}, stop.signal)),
    );
    assert.equal(await links.settle(), false, 'it may go on');
    assert.equal((await openOffers()) - before, 1);
    const later = { ...connection(), serverNow: () => Date.now() + 2 * 3_600_000 };
    const session = seller.account.through(seller.account.first, later);
    const next = await openDrive(session, { engine: nodeEngine, pool: inlinePool(nodeEngine), heads: memoryHeadStore() });
    assert.equal(await next.links.settle(), true);
    assert.equal(await openOffers(), before);
    assert.equal(await next.links.settle(), false);
    assert.equal((await openLink({ connection: connection(), link: free.url, engine: nodeEngine })).facts.title, free.title);
  });

  it('withdraws for good: a title that changes while the operator has not heard of it lists nothing again', async () => {
    const { links } = seller.drive;
    const link = await sold(seller.drive);
    await assert.rejects(
      during({ path: /^DELETE \/api\/pay\//, kind: 'lost' }, () => links.withdraw(link.id)),
      { code: 'network' },
    );
    assert.equal((await links.change(link.id, { title: 'Another name' })).sale?.isOpen, false);
    await links.settle();
    assert.equal(await stateOf(link.sale?.offerId), 'withdrawn');
    await assert.rejects((await new Buyer().open(link.url)).quote(), refused('ended'));
  });
});

describe('two devices of a seller at once', { concurrency: false }, () => {
  let a: Drive;
  let b: Drive;
  let account: DriveAccount;
  /** One request of each device waits here: before it goes, or before its answer is heard. */
  type Hold = { readonly path: RegExp; readonly at: 'request' | 'answer'; readonly reached: () => void; readonly over: Promise<void> };
  const holds = new Map<'a' | 'b', Hold>();
  const lost = new Map<'a' | 'b', RegExp>();
  const gated =
    (who: 'a' | 'b'): Transport =>
    async (request) => {
      if (lost.get(who)?.test(asked(request))) throw new Failure('network');
      const hold = holds.get(who);
      if (!hold?.path.test(asked(request))) return transport(request);
      holds.delete(who);
      const response = hold.at === 'answer' ? await transport(request) : null;
      hold.reached();
      await hold.over;
      return response ?? transport(request);
    };
  /** Begins some work of a device, does others' work while one of its requests waits, and ends it. */
  const holding = async (
    who: 'a' | 'b',
    path: RegExp,
    begun: () => Promise<unknown>,
    meanwhile: () => Promise<unknown>,
    at: Hold['at'] = 'request',
  ) => {
    const [reached, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    holds.set(who, { path, at, reached: reached.resolve, over: over.promise });
    const work = begun();
    await Promise.race([reached.promise, work.then(() => assert.fail('nothing of it was held'))]);
    try {
      await meanwhile();
    } finally {
      over.resolve();
    }
    await work;
  };
  const options = () => ({ engine: nodeEngine, pool: inlinePool(nodeEngine), heads: memoryHeadStore() });
  const through = (who: 'a' | 'b') => connect({ server: host.url, transport: gated(who), attemptsMax: 1 });
  before(async () => {
    account = await DriveAccount.open(through('a'));
    a = await openDrive(account.first, options());
    b = await openDrive(await account.addDevice(through('b')), options());
  });
  const free = async () => {
    const name = `shared-${serial++}.bin`;
    await (await a.put('/', [memoryFile(name, content)])).finished;
    const link = await a.links.create(`/${name}`);
    await b.refresh();
    return link;
  };
  const isPaid = (link: DriveLink) =>
    assert.rejects(openLink({ connection: connection(), link: link.url, engine: nodeEngine }), { code: 'payment-required' });
  const costs = async (link: DriveLink, sats: number) => {
    const offered = await new Buyer().open(link.url);
    assert.equal((await offered.quote()).sats, sats);
    for (const drive of [a, b]) {
      await drive.refresh();
      const seen = await drive.links.find(link.id);
      assert.deepEqual([seen.sale?.price.amount, seen.sale?.isOpen, seen.isCurrent], [sats, true, true]);
    }
    return offered;
  };
  const price = (amount: number) => ({ amount, currency: 'SAT' as const });
  const record = /^PATCH .*\/links\//;
  const listing = /^PUT \/api\/pay\//;

  it('never give away what one of them sells: what the other was stopped at comes too late', async () => {
    const link = await free();
    lost.set('b', record);
    await assert.rejects(b.links.change(link.id, { title: 'Another title' }), { code: 'network' });
    lost.clear();
    await holding(
      'b',
      record,
      () => b.links.settle(),
      async () => {
        await a.refresh();
        await a.links.sell(link.id, price(8));
      },
    );
    await isPaid(link);
    assert.equal((await costs(link, 8)).facts.title, 'Another title');
  });

  it('never give away what one of them sells while the other changes its title', async () => {
    const link = await free();
    await holding(
      'b',
      /^GET \/api\/v1\/spaces\/[^/]+$/,
      () => b.links.change(link.id, { title: 'Another title' }),
      async () => {
        await a.links.sell(link.id, price(9));
      },
    );
    await isPaid(link);
    assert.equal((await costs(link, 9)).facts.title, 'Another title');
  });

  it('ask the newer price, whichever of them tells the operator last', async () => {
    const link = await free();
    await a.links.sell(link.id, price(21));
    await holding(
      'a',
      listing,
      () => a.links.sell(link.id, price(34)),
      () => b.links.settle(),
    );
    await costs(link, 34);
    // The other way round: what the second was about to say of the former price is heard after all that the first says of the new one.
    const change = Promise.withResolvers<void>();
    const first = holding(
      'a',
      listing,
      () => a.links.sell(link.id, price(55)),
      () => change.promise,
    );
    await until('the list says that it costs something else', async () => (await b.refresh(), !(await b.links.find(link.id)).isCurrent));
    await holding(
      'b',
      listing,
      () => b.links.settle(),
      () => (change.resolve(), first),
    );
    await costs(link, 55);
  });

  it('leave alone what the other is about to sell', async () => {
    const link = await free();
    await holding(
      'a',
      listing,
      () => a.links.sell(link.id, price(13)),
      () => b.refresh().then(() => b.links.settle()),
      'answer',
    );
    await costs(link, 13);
  });

  it('sell nothing that one of them withdraws while the other tells the operator of its title', async () => {
    const link = await free();
    await a.links.sell(link.id, price(5));
    await b.refresh();
    await holding(
      'b',
      listing,
      () => b.links.change(link.id, { title: 'Another title' }),
      async () => {
        await a.refresh();
        await a.links.withdraw(link.id);
      },
    );
    assert.equal((await a.links.find(link.id)).sale?.isOpen, false);
    await assert.rejects((await new Buyer().open(link.url)).quote(), refused('ended'));
  });
});

describe('a payment whose answer was lost', { concurrency: false }, () => {
  let seller: Seller;
  before(async () => {
    seller = await openSeller();
  });

  for (const [what, answer] of [
    ['payments are off', { status: 503, body: { error: { code: 'payments-off', facts: { reason: 'unreachable' } } } }],
    ['the account may not spend', { status: 403, body: { error: { code: 'role-refused', facts: {} } } }],
  ] as const)
    it(`from a balance stays while ${what}, is asked about by its own account alone, and is paid once`, async () => {
      const link = await sold(seller.drive);
      const buyer = new Buyer();
      const rich = await openSeller();
      await fill(rich, 60);
      const offered = await buyer.open(link.url, losing('/buy', answer));
      // The connection tries again by itself, and it is that which is refused.
      await assert.rejects(offered.payFromBalance(await offered.quote(), rich.account.first), { code: answer.body.error.code });
      await assert.rejects(offered.resume(undefined, rich.account.first), { code: answer.body.error.code });
      assert.equal((await buyer.kept(link.id))?.attempts.length, 1);
      const later = await buyer.open(link.url);
      const stranger = await openSeller();
      assert.equal(await later.resume(undefined, stranger.account.first), 'waiting');
      await assert.rejects(later.payFromBalance(await later.quote(), stranger.account.first), { code: 'not-enrolled' });
      assert.equal(await later.resume(undefined, rich.account.first), 'bought');
      assert.ok((await bytesOf(later)).equals(content));
      const { available } = await connection().ask(payContract['pay.balance'], { params: {}, device: await device(rich) });
      assert.equal(available, '39');
    });

  it('with coins stays while something in between says 404, and is paid once', async () => {
    const link = await sold(seller.drive);
    const buyer = new Buyer();
    const offered = await buyer.open(link.url, losing('/release', { status: 404, body: { code: 'no-offer' } }));
    await assert.rejects(offered.payWithCoins(await offered.quote(), await coins(21)), { code: 'bad-answer' });
    await assert.rejects(offered.resume(), { code: 'bad-answer' });
    const later = await buyer.open(link.url);
    assert.equal(await later.resume(), 'bought');
  });

  it('over Lightning is asked about before another invoice is', async () => {
    const link = await sold(seller.drive);
    const offered = await new Buyer().open(link.url);
    const { bolt11 } = await offered.payByLightning(await offered.quote());
    await sandboxPays(bolt11);
    await assert.rejects(offered.payByLightning(await offered.quote()), refused('bought'));
    assert.ok((await bytesOf(offered)).equals(content));
  });
});

describe('two programs of one buyer, each of which opened the link before the other did anything', { concurrency: false }, () => {
  let seller: Seller;
  before(async () => {
    seller = await openSeller();
  });

  it('ask for one invoice between them, and both have what it bought', async () => {
    const link = await sold(seller.drive);
    const buyer = new Buyer();
    const [one, other] = [await buyer.open(link.url), await buyer.open(link.url)];
    const quote = await one.quote();
    const invoices = await Promise.all([one.payByLightning(quote), other.payByLightning(quote)]);
    assert.equal(invoices[0].bolt11, invoices[1].bolt11, 'one key for the purchase');
    assert.equal((await buyer.kept(link.id))?.attempts.length, 1);
    await sandboxPays(invoices[0].bolt11);
    await one.settled();
    assert.equal(await other.resume(), 'bought');
    assert.ok((await bytesOf(other)).equals(content));
  });

  it('keep each other’s payments, and nothing is paid for what the other has bought', async () => {
    const link = await sold(seller.drive);
    const buyer = new Buyer();
    const [one, other] = [await buyer.open(link.url), await buyer.open(link.url)];
    const quote = await one.quote();
    const { bolt11 } = await one.payByLightning(quote);
    await other.payWithCoins(quote, await coins(21));
    const spare = await coins(21);
    await assert.rejects(one.payWithCoins(quote, spare), refused('bought'));
    await assert.rejects(one.payByLightning(quote), refused('bought'));
    const kept = await buyer.kept(link.id);
    assert.deepEqual(kept?.attempts.map(({ way }) => way).sort(), ['coins', 'lightning']);
    assert.ok(kept?.attempts.some((attempt) => attempt.way === 'lightning' && attempt.bolt11 === bolt11));
    assert.equal(kept?.bought?.sats, 21);
    assert.ok((await bytesOf(one)).equals(content));
    const next = await new Buyer().open((await sold(seller.drive)).url);
    await next.payWithCoins(await next.quote(), spare);
  });
});

describe('a refund, drawn as coins by who has no account', { concurrency: false }, () => {
  /** Payments that bought nothing, since the offer was withdrawn while they were on their way: each by its token. */
  let proofs: string[];
  before(async () => {
    const seller = await openSeller();
    const link = await sold(seller.drive);
    const begun = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const buyer = new Buyer();
        const offered = await buyer.open(link.url);
        return { buyer, ...(await offered.payByLightning(await offered.quote())) };
      }),
    );
    await seller.drive.links.withdraw(link.id);
    for (const { bolt11 } of begun) await sandboxPays(bolt11);
    proofs = await Promise.all(
      begun.map(async ({ buyer }) => {
        const offered = await buyer.open(link.url);
        await assert.rejects(offered.settled(), { code: 'payment-owed' });
        return (await offered.refunds())[0]?.token as string;
      }),
    );
  });
  const nextProof = () => proofs.pop() ?? assert.fail('too few payments were prepared');

  it('comes whole and once, wherever the wallet dies: at each write, request and answer', async () => {
    let points = 0;
    for (let dieAt = 1; ; dieAt++) {
      const [proof, seed, store] = [nextProof(), systemRandom(32), memoryWalletStore()];
      const dying = new Dying(store, dieAt);
      const first = walletOf(dying, seed);
      await draw(first, proof).catch((error: unknown) => assert.ok(dying.isDead, String(error)));
      const next = walletOf({ store, isSeedNew: false }, seed);
      await next.settleAll();
      await draw(next, proof).catch((error: unknown) => assert.ok(isRefused(error, 'refund-gone'), String(error)));
      const { free, held, out } = await next.balance();
      assert.deepEqual([free, held, out], [21n, 0n, 0n], `died at ${dieAt}`);
      if (!dying.isDead) {
        await assert.rejects(draw(walletOf(), proof), (error) => isRefused(error, 'refund-gone'));
        break;
      }
      points++;
    }
    assert.ok(points >= 8, `${points} points were tried`);
  });

  it('goes to one of those who have the token, an account among them, and comes back from the seed alone', async () => {
    const [proof, seed] = [nextProof(), systemRandom(32)];
    const wallets = Array.from({ length: 4 }, () => walletOf());
    const rich = await openSeller();
    const { offer } = await walletOf().owedFor(proof);
    const account = connection().ask(payContract['pay.refund'], { params: { offer }, body: { token: proof }, device: await device(rich) });
    const ends = await Promise.allSettled([account, ...wallets.map((wallet) => draw(wallet, proof))]);
    assert.equal(ends.filter(({ status }) => status === 'fulfilled').length, 1);
    const coinsOf = await Promise.all(wallets.map(async (wallet) => (await wallet.balance()).free));
    const { available } = await connection().ask(payContract['pay.balance'], { params: {}, device: await device(rich) });
    assert.equal(coinsOf.reduce((sum, free) => sum + free, 0n) + BigInt(available), 21n);

    const again = nextProof();
    await draw(walletOf({}, seed), again);
    assert.equal((await walletOf({ isSeedNew: false }, seed).restore()).amount, 21n);
  });

  it('is refused for what is no token, for another’s, and for a payment that is owed nothing', async () => {
    const wallet = walletOf();
    for (const text of ['', 'cashuBo2F0', 'L402 AgE', formatHex(systemRandom(40))])
      await assert.rejects(wallet.owedFor(text), (error) => isRefused(error, 'proof-malformed'));
    const forged = Buffer.from(nextProof(), 'base64');
    forged[forged.length - 1]! ^= 1;
    await assert.rejects(wallet.owedFor(forged.toString('base64')), (error) => isRefused(error, 'proof-unknown'));
    assert.deepEqual(await wallet.history(), []);
  });

  async function draw(wallet: Wallet, proof: string) {
    return wallet.drawRefund(await wallet.owedFor(proof));
  }
});

/** A store and a network for a wallet that dies before the n-th thing that leaves a trace; nothing answers a dead one. */
class Dying {
  isDead = false;
  #step = 0;
  readonly #kept: WalletStore;
  readonly #dieAt: number;

  constructor(kept: WalletStore, dieAt: number) {
    this.#kept = kept;
    this.#dieAt = dieAt;
  }

  readonly store: WalletStore = {
    load: async () => (this.#living(), this.#kept.load()),
    save: async (bytes, expected) => {
      this.#reached();
      const saved = await this.#kept.save(bytes, expected);
      this.#reached();
      return saved;
    },
  };
  readonly fetch: WalletPorts['fetch'] = async (url, init) => {
    this.#reached();
    const response = await fetch(url, init);
    this.#reached();
    return response;
  };

  #reached(): void {
    this.isDead ||= ++this.#step === this.#dieAt;
    this.#living();
  }

  #living(): void {
    if (this.isDead) throw new Error('dead');
  }
}

describe('a buyer who is killed', { concurrency: false }, () => {
  for (const way of ['lightning', 'coins'] as const)
    it(`on the way through a purchase, ${way}, pays once and has the file`, { timeout: 280_000 }, async () => {
      const seller = await openSeller();
      const link = await sold(seller.drive);
      const grants = async () => {
        const { lines } = await connection().ask(payContract['pay.earnings'], { params: {}, device: await device(seller) });
        return lines.reduce((sum, { sales }) => sum + sales, 0);
      };
      let points = 0;
      for (let dieAt = 1; ; dieAt++) {
        const buyer = new Buyer();
        const token = way === 'coins' ? await coins(21) : '';
        const before = await grants();
        const died = await runBuyer(buyer, link.url, { way, dieAt, token });
        if (died.signal === null) {
          assert.equal(died.code, 0, died.said);
          break;
        }
        points++;
        const back = await runBuyer(buyer, link.url, { way, dieAt: 0, token });
        assert.match(back.said, /^bought 21 /, `killed at ${dieAt}: ${back.said}`);
        assert.ok((await bytesOf(await buyer.open(link.url))).equals(content));
        assert.equal(await grants(), before + 1, `killed at ${dieAt}`);
      }
      assert.ok(points >= 8, `${points} points were tried`);
    });
});

type Run = { readonly way: string; readonly dieAt: number; readonly token: string };

function runBuyer(buyer: Buyer, url: string, { way, dieAt, token }: Run) {
  return new Promise<{ readonly code: number | null; readonly signal: string | null; readonly said: string }>((resolve, reject) => {
    const args = [join(import.meta.dirname, 'buyer.child.ts'), url, buyer.folder, formatHex(buyer.key), way, String(dieAt)];
    const child = spawn(process.execPath, args, { env: plainEnvironment(), stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.stdin.on('error', () => undefined).end(token);
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, said }));
  });
}

async function device({ account: { first } }: Seller) {
  return { ...first.author.device, deviceId: await deviceIdOf(first.author.device.publicKey) };
}
