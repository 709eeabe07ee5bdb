// A link that opens for everybody and takes tips, over a real host with its sandbox: given by every way, once, and refused where there is no jar any more.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { systemClock, systemRandom } from '@reprise/kit';
import { deviceIdOf, Failure } from '@reprise/protocol/formats';
import { payContract } from '@reprise/protocol/pay';
import { connect, inlinePool, openLink, parseLink, type Transport } from '@reprise/sdk';
import { type Drive, type DriveLink, memoryHeadStore, openDrive } from '@reprise/sdk/drive';
import { type NodeTransport, nodeTransport, purchaseFolder } from '@reprise/sdk/node';
import { type OfferedLink, openOfferedLink, openTipJar, Purchases } from '@reprise/sdk/paid';
import { nodeEngine } from '@reprise/vault/node';
import { walletBranch } from '@reprise/vault/wallet';
import { memoryWalletStore, Wallet } from '@reprise/wallet';
import { memoryFile } from '../drive/content.ts';
import { DriveAccount } from '../support/drive-account.ts';
import { assertSandboxPays } from '../support/sandbox-host.ts';
import { type Host, startHost } from '../support/server.ts';
import { until } from '../support/until.ts';

let host: Host;
let transport: NodeTransport;
let scratch: string;
let account: DriveAccount;
let drive: Drive;
let serial = 0;

before(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'reprise-tips-'));
  host = await startHost();
  transport = nodeTransport();
  account = await DriveAccount.open(connection());
  drive = await openDrive(account.first, { engine: nodeEngine, pool: inlinePool(nodeEngine), heads: memoryHeadStore() });
});
after(async () => {
  transport?.[Symbol.dispose]();
  await host?.[Symbol.asyncDispose]();
  rmSync(scratch, { recursive: true, force: true });
});

const connection = (through: Transport = transport) => connect({ server: host.url, transport: through, attemptsMax: 1 });
const content = systemRandom(50_000);

async function shared(wishes: Parameters<Drive['links']['create']>[1] = {}): Promise<DriveLink> {
  const name = `song-${serial++}.bin`;
  await (await drive.put('/', [memoryFile(name, content)])).finished;
  return drive.links.create(`/${name}`, wishes);
}

/** Who keeps what was begun in a folder: a second call with the same folder is the same person, after a restart. */
class Visitor {
  readonly #folder = join(scratch, `visitor-${serial++}`);
  readonly #key = systemRandom(32);

  async jar(url: string, through: Transport = transport): Promise<OfferedLink | null> {
    const store = purchaseFolder(this.#folder);
    const purchases = new Purchases({ store, key: this.#key, engine: nodeEngine, random: systemRandom });
    return openTipJar({ connection: connection(through), link: url, engine: nodeEngine, purchases });
  }

  async open(url: string, through: Transport = transport): Promise<OfferedLink> {
    const jar = await this.jar(url, through);
    assert.ok(jar, 'the link takes tips');
    return jar;
  }

  sold(url: string): Promise<OfferedLink | null> {
    const purchases = new Purchases({ store: purchaseFolder(this.#folder), key: this.#key, engine: nodeEngine, random: systemRandom });
    return openOfferedLink({ connection: connection(), link: url, engine: nodeEngine, purchases });
  }
}

const sandboxPays = (invoice: string) => assertSandboxPays(host.url, invoice);

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

async function device() {
  const key = account.first.author.device;
  return { ...key, deviceId: await deviceIdOf(key.publicKey) };
}

/** What the jar of a link has earned. */
async function given({ jar }: DriveLink) {
  const { lines } = await connection().ask(payContract['pay.earnings'], { params: {}, device: await device() });
  return lines
    .filter(({ offer }) => offer === jar?.offerId)
    .map(({ kind, sales, gross, commission, net }) => ({ kind, sales, gross, commission, net }));
}

async function opens(url: string): Promise<void> {
  const opened = await openLink({ connection: connection(), link: url, engine: nodeEngine });
  for await (const entry of opened.list(null)) {
    const pieces: Uint8Array[] = [];
    for await (const { bytes } of opened.readFile(entry)) pieces.push(bytes.slice());
    assert.ok(Buffer.concat(pieces).equals(content));
  }
}

const refused = (reason: string) => ({ code: 'payment-refused', facts: { reason } });

describe('a link that takes tips', { concurrency: false }, () => {
  it('opens for everybody, says so, and is sold to nobody', async () => {
    const link = await shared({ tips: true });
    assert.deepEqual([link.sale, link.jar?.isOpen], [null, true]);
    assert.equal((await openLink({ connection: connection(), link: link.url, engine: nodeEngine })).facts.takesTips, true);
    await opens(link.url);
    const visitor = new Visitor();
    assert.equal(await visitor.sold(link.url), null);
    const { facts } = await visitor.open(link.url);
    assert.deepEqual([facts.price, facts.isFloor, facts.isJar, facts.title], [{ amount: 1, currency: 'SAT' }, true, true, link.title]);
    const plain = await shared();
    assert.equal((await openLink({ connection: connection(), link: plain.url, engine: nodeEngine })).facts.takesTips, false);
    assert.equal(await visitor.jar(plain.url), null);
  });

  it('is thanked over Lightning, with coins and from a balance, by one person as often as they like', async () => {
    const link = await shared({ tips: true });
    const visitor = new Visitor();
    const jar = await visitor.open(link.url);
    const invoice = await jar.payByLightning(await jar.quote(undefined, 21));
    await sandboxPays(invoice.bolt11);
    await jar.settled();
    assert.deepEqual([jar.bought?.sats, jar.receiptUrl], [21, null]);
    await assert.rejects(jar.payWithCoins(await jar.quote(undefined, 5), await coins(5)), refused('bought'));
    await jar.tipAgain();
    assert.equal(jar.bought, null);
    await jar.payWithCoins(await jar.quote(), await coins(1));
    const later = await visitor.open(link.url);
    assert.equal(later.bought?.sats, 1);
    await later.tipAgain();
    const body = { token: await coins(30) };
    await connection().ask(payContract['pay.coinsIn'], { params: {}, body, device: await device() });
    await later.payFromBalance(await later.quote(undefined, 30), account.first);
    assert.deepEqual(await given(link), [{ kind: 'tip', sales: 3, gross: '52000', commission: '0', net: '52000' }]);
    await opens(link.url);
  });

  it('gives back what bought nothing before another tip is begun', async () => {
    const link = await shared({ tips: true });
    const jar = await new Visitor().open(link.url);
    const [given, late] = [
      await jar.payByLightning(await jar.quote(undefined, 21)),
      await jar.payByLightning(await jar.quote(undefined, 9)),
    ];
    await sandboxPays(given.bolt11);
    await until('the tip is there', async () => (await jar.resume()) === 'bought');
    await drive.links.closeJar(link.id);
    await sandboxPays(late.bolt11);
    let owed = await jar.refunds();
    await until('what came too late is owed back', async () => (owed = await jar.refunds()).length > 0);
    assert.deepEqual(
      owed.map(({ sats, state }) => [sats, state]),
      [[9, 'owed']],
    );
    await assert.rejects(jar.tipAgain(), { code: 'payment-owed', facts: { sats: 9 } });
    assert.equal(jar.bought?.sats, 21);
    const token = owed[0]?.token ?? '';
    assert.equal(await jar.refundToBalance(token, account.first), 9);
    await jar.forgetRefunded(token);
    await jar.tipAgain();
    assert.equal(jar.bought, null);
  });

  it('is thanked once where the answer was lost and the same is pressed again', async () => {
    const link = await shared({ tips: true });
    const visitor = new Visitor();
    const losing: Transport = async (request) => {
      const response = await transport(request);
      if (!request.headers?.['x-cashu'] && !request.headers?.['X-Cashu']) return response;
      await response.bytes(1_000_000);
      throw new Failure('network');
    };
    const cut = await visitor.open(link.url, losing);
    const token = await coins(8);
    await assert.rejects(cut.payWithCoins(await cut.quote(undefined, 8), token), { code: 'network' });
    const [again, other] = [await visitor.open(link.url), await visitor.open(link.url)];
    await again.tipAgain();
    await assert.rejects(again.payWithCoins(await again.quote(undefined, 8), token), refused('bought'));
    assert.equal(await other.resume(), 'bought');
    assert.deepEqual(
      (await given(link)).map(({ sales, gross }) => [sales, gross]),
      [[1, '8000']],
    );
  });

  it('begins to take tips and stops to, at the same URL, and says so to who comes too late', async () => {
    const link = await shared();
    const open = await drive.links.openJar(link.id);
    assert.deepEqual([open.url, open.jar?.isOpen], [link.url, true]);
    const visitor = new Visitor();
    const jar = await visitor.open(link.url);
    const agreed = await jar.quote(undefined, 4);
    const renamed = await drive.links.change(link.id, { title: 'Another title' });
    assert.equal(renamed.jar?.offerId, open.jar?.offerId);
    assert.equal((await visitor.open(link.url)).facts.title, 'Another title');
    const closed = await drive.links.closeJar(link.id);
    assert.deepEqual([closed.jar, closed.isCurrent], [null, true]);
    assert.equal(await visitor.jar(link.url), null);
    const token = await coins(4);
    await assert.rejects(jar.payWithCoins(agreed, token), refused('ended'));
    await assert.rejects(jar.quote(), refused('ended'));
    await opens(link.url);
    // The same jar again, which takes the coins that nobody spent.
    const reopened = await drive.links.openJar(link.id);
    const fresh = await visitor.open(link.url);
    await fresh.payWithCoins(await fresh.quote(undefined, 4), token);
    assert.equal((await given(reopened))[0]?.gross, '4000');
  });

  it('ends with its link, and nobody pays a link that was removed', async () => {
    const link = await shared({ tips: true });
    const jar = await new Visitor().open(link.url);
    await drive.links.revoke([link.id]);
    await assert.rejects(jar.quote(), refused('ended'));
    await assert.rejects(new Visitor().jar(link.url), { code: 'link-unavailable' });
  });

  it('has neither a password nor a price: the one is refused, and a sale ends it with a half of its own', async () => {
    const refusedEdit = (reason: string) => ({ code: 'edit-refused', facts: { reason } });
    const price = { amount: 21, currency: 'SAT' } as const;
    await assert.rejects(shared({ tips: true, password: 'a password' }), refusedEdit('password-and-tips'));
    await assert.rejects(shared({ tips: true, price }), refusedEdit('price-and-tips'));
    const link = await shared({ tips: true });
    await assert.rejects(drive.links.change(link.id, { password: 'a password' }), refusedEdit('password-and-tips'));
    const jar = await new Visitor().open(link.url);
    const sold = await drive.links.sell(link.id, price);
    assert.equal(sold.jar, null);
    assert.notEqual(sold.sale?.offerId, link.jar?.offerId);
    await assert.rejects(jar.quote(), refused('ended'));
    await assert.rejects(drive.links.openJar(link.id), refusedEdit('price-and-tips'));
    assert.ok(await new Visitor().sold(link.url));
    await drive.links.giveAway(link.id);
    assert.ok((await drive.links.openJar(link.id)).jar?.isOpen);
    assert.equal(parseLink(link.url).flags, parseLink(sold.url).flags & ~4);
  });
});
