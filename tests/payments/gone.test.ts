// A seller who changes their mind while somebody pays: at each moment whoever paid has the file, or what they paid is owed back and told of, also
// where the link itself is gone. Over a real host with its sandbox.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { caseContract } from '@reprise/protocol/cases';
import { payContract } from '@reprise/protocol/pay';
import { systemClock, systemRandom } from '@reprise/kit';
import { connect, inlinePool, openLink, type Transport } from '@reprise/sdk';
import { type Drive, type DriveLink, memoryHeadStore, openDrive } from '@reprise/sdk/drive';
import { type NodeTransport, nodeTransport, purchaseFolder } from '@reprise/sdk/node';
import { type OfferedLink, openBegun, openBegunTips, openOfferedLink, openTipJar, Purchases } from '@reprise/sdk/paid';
import { nodeEngine } from '@reprise/vault/node';
import { walletBranch } from '@reprise/vault/wallet';
import { memoryWalletStore, Wallet } from '@reprise/wallet';
import { memoryFile } from '../drive/content.ts';
import { DriveAccount } from '../support/drive-account.ts';
import { assertSandboxPays } from '../support/sandbox-host.ts';
import { type Host, root, startHost } from '../support/server.ts';

let host: Host;
let transport: NodeTransport;
let scratch: string;
let drive: Drive;
let serial = 0;
/** Runs once the answer to the seller's next request of this kind is here, before the seller's program goes on. */
let between: { readonly path: RegExp; readonly work: () => Promise<void> } | null = null;

before(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'reprise-gone-'));
  host = await startHost();
  transport = nodeTransport();
  const account = await DriveAccount.open(connection(watched));
  drive = await openDrive(account.first, { engine: nodeEngine, pool: inlinePool(nodeEngine), heads: memoryHeadStore() });
});
after(async () => {
  transport?.[Symbol.dispose]();
  await host?.[Symbol.asyncDispose]();
  rmSync(scratch, { recursive: true, force: true });
});

const watched: Transport = async (request) => {
  const response = await transport(request);
  if (!between?.path.test(`${request.method} ${new URL(request.url).pathname}`)) return response;
  const { work } = between;
  between = null;
  await work();
  return response;
};
const connection = (through: Transport = transport) => connect({ server: host.url, transport: through, attemptsMax: 1 });
const content = systemRandom(300_000);
const name = () => `film-${serial++}.bin`;
const price = (amount: number) => ({ amount, currency: 'SAT' as const });

async function sold(file = name()): Promise<DriveLink> {
  await (await drive.put('/', [memoryFile(file, content)])).finished;
  return drive.links.create(`/${file}`, { price: price(21) });
}

/** Who keeps what was begun in a folder; each call is the next program of the same person. */
class Buyer {
  readonly #folder = join(scratch, `buyer-${serial++}`);
  readonly #key = systemRandom(32);

  #tools(link: string) {
    const store = purchaseFolder(this.#folder);
    const purchases = new Purchases({ store, key: this.#key, engine: nodeEngine, random: systemRandom });
    return { connection: connection(), engine: nodeEngine, purchases, link };
  }

  async open(link: string): Promise<OfferedLink> {
    const offered = await openOfferedLink(this.#tools(link));
    assert.ok(offered, 'the link is sold');
    return offered;
  }

  openServed = (link: string) => openOfferedLink(this.#tools(link));
  openBegun = (link: string) => openBegun(this.#tools(link));

  async tips(link: string): Promise<OfferedLink> {
    const jar = await openTipJar(this.#tools(link));
    assert.ok(jar, 'the link takes tips');
    return jar;
  }

  async begunTips(link: string): Promise<OfferedLink> {
    const begun = await openBegunTips(this.#tools(link));
    assert.ok(begun, 'a tip was begun');
    return begun;
  }

  async begun(link: string): Promise<OfferedLink> {
    const begun = await this.openBegun(link);
    assert.ok(begun, 'something was begun');
    return begun;
  }
}

async function invoiced(link: DriveLink) {
  const buyer = new Buyer();
  const offered = await buyer.open(link.url);
  const quote = await offered.quote();
  return { buyer, offered, quote, pay: async () => assertSandboxPays(host.url, (await offered.payByLightning(quote)).bolt11) };
}

function walletOf(): Wallet {
  const seed = systemRandom(32);
  return new Wallet({
    mint: `${host.url}/mint`,
    store: memoryWalletStore(),
    seedOf: (branch) => walletBranch(nodeEngine, seed, branch),
    isSeedNew: true,
    device: 'a test',
    fetch,
    clock: systemClock,
    random: systemRandom,
  });
}

async function coins(amount: number): Promise<{ readonly wallet: Wallet; readonly token: string }> {
  const wallet = walletOf();
  const invoice = await wallet.invoice(BigInt(amount));
  await assertSandboxPays(host.url, invoice.request);
  assert.equal((await wallet.wait(invoice.id, 30_000)).state, 'arrived');
  return { wallet, token: (await wallet.send(BigInt(amount))).token };
}

async function assertOpens(offered: OfferedLink): Promise<void> {
  const opened = await offered.open();
  const pieces: Uint8Array[] = [];
  for await (const entry of opened.list(null)) for await (const { bytes } of opened.readFile(entry)) pieces.push(bytes.slice());
  assert.ok(Buffer.concat(pieces).equals(content));
}

const admin = async (...words: string[]) =>
  (
    await promisify(execFile)(process.execPath, [join(root, 'apps/host/src/admin.ts'), ...words], {
      env: { ...process.env, REPRISE_DATA: host.dataFolder },
    })
  ).stdout;

/** After a notice that was right, for the good of whoever bought. */
async function takenDown({ id }: DriveLink): Promise<void> {
  const body = { holder: 'Holder', contact: 'holder@example.org', words: 'Mine.', statement: true } as const;
  const filed = await connection().ask(caseContract['cases.file'], { params: { link: id }, body });
  await admin('uphold', filed.case, '--to', 'buyers', '--ground', 'copyright', '--now');
}

/** All of it comes into a wallet, once. */
/** The price was given back already. */
async function assertNoCoinsOwed(token: string, offerId: string): Promise<void> {
  const drawn = walletOf()
    .owedFor(token, offerId)
    .then((owed) => walletOf().drawRefund(owed));
  await assert.rejects(drawn, { code: 'wallet-refused' });
}

async function assertRefunded(begun: OfferedLink, reason: string): Promise<void> {
  const [owed, ...others] = await begun.refunds();
  assert.deepEqual([owed?.sats, owed?.reason, owed?.state, others], [21, reason, 'owed', []]);
  const wallet = walletOf();
  assert.equal((await wallet.drawRefund(await wallet.owedFor(owed?.token ?? '', begun.facts.offerId))).amount, 21n);
  assert.equal((await begun.refunds())[0]?.state, 'taken');
}

describe('a seller who changes their mind', { concurrency: false }, () => {
  it('repriced while an invoice is open: paid by another program, the price that was shown buys it', async () => {
    const link = await sold();
    const { buyer, offered, quote } = await invoiced(link);
    const { bolt11 } = await offered.payByLightning(quote);
    await drive.links.sell(link.id, price(3_000));
    await assertSandboxPays(host.url, bolt11);
    const next = await buyer.open(link.url);
    assert.equal(await next.resume(), 'bought');
    await assertOpens(next);
    await assertOpens(await buyer.open(link.url));
  });

  it('repriced between the quote and the coins: the quote buys it', async () => {
    const link = await sold();
    const { offered, quote } = await invoiced(link);
    const { token } = await coins(21);
    await drive.links.sell(link.id, price(3_000));
    await offered.payWithCoins(quote, token);
    await assertOpens(offered);
  });

  it('the file deleted from the drive while an invoice is open: the link still holds it, and who pays has it', async () => {
    const file = name();
    const link = await sold(file);
    const { offered, quote } = await invoiced(link);
    const { bolt11 } = await offered.payByLightning(quote);
    await drive.remove([`/${file}`]);
    await drive.emptyTrash();
    await assertSandboxPays(host.url, bolt11);
    await offered.settled();
    await assertOpens(offered);
  });

  it('ended while an invoice is open: what is paid is owed back, and the next program says so and takes it', async () => {
    const link = await sold();
    const { buyer, offered, quote } = await invoiced(link);
    const { bolt11 } = await offered.payByLightning(quote);
    await drive.links.revoke([link.id]);
    await assertSandboxPays(host.url, bolt11);
    await assert.rejects(offered.settled(), { code: 'payment-owed', facts: { sats: 21 } });
    await assert.rejects(buyer.open(link.url), { code: 'link-unavailable' });
    const begun = await buyer.begun(link.url);
    await assert.rejects(begun.resume(), { code: 'payment-owed', facts: { sats: 21 } });
    await assertRefunded(begun, 'ended');
  });

  it('ended between the quote and the coins: nothing is spent', async () => {
    const link = await sold();
    const { buyer, offered, quote } = await invoiced(link);
    const { wallet, token } = await coins(21);
    await drive.links.revoke([link.id]);
    await assert.rejects(offered.payWithCoins(quote, token), { code: 'payment-refused', facts: { reason: 'ended' } });
    assert.equal((await walletOf().receive(token)).amount, 21n);
    assert.equal((await wallet.balance()).free, 0n);
    assert.equal(await (await buyer.begun(link.url)).resume(), 'none');
  });

  it('paid while the link is on its way out: from the moment it is gone, nothing is sold', async () => {
    const link = await sold();
    const { buyer, offered, quote } = await invoiced(link);
    const { bolt11 } = await offered.payByLightning(quote);
    let isHeld = false;
    const work = async () => {
      isHeld = true;
      await assertSandboxPays(host.url, bolt11);
      await assert.rejects(offered.settled(), { code: 'payment-owed', facts: { sats: 21 } });
    };
    between = { path: /^DELETE .*\/links\//, work };
    await drive.links.revoke([link.id]);
    assert.ok(isHeld, 'it was paid in between');
    await assertRefunded(await buyer.begun(link.url), 'ended');
  });

  it('given away while an invoice is open: what is paid is owed back beside the file that opens for everybody', async () => {
    const link = await sold();
    const { buyer, offered, quote } = await invoiced(link);
    const { bolt11 } = await offered.payByLightning(quote);
    await drive.links.giveAway(link.id);
    await assertSandboxPays(host.url, bolt11);
    assert.equal(await buyer.openServed(link.url), null);
    assert.equal((await openLink({ connection: connection(), link: link.url, engine: nodeEngine })).facts.title, link.title);
    await assertRefunded(await buyer.begun(link.url), 'ended');
  });

  it('ended after it was paid and before that was asked about: it is bought, once, and nothing is owed', async () => {
    const link = await sold();
    const { buyer, pay, offered } = await invoiced(link);
    await pay();
    await offered.settled();
    await drive.links.revoke([link.id]);
    const begun = await buyer.begun(link.url);
    assert.deepEqual([await begun.resume(), begun.bought?.sats, await begun.refunds()], ['bought', 21, []]);
    await assert.rejects(assertOpens(begun), { code: 'link-unavailable' });
  });

  for (const way of ['lightning', 'coins'] as const)
    it(`bought by ${way} and taken down since for the buyers' good: the price comes back, and once`, async () => {
      const link = await sold();
      const { buyer, offered, quote, pay } = await invoiced(link);
      if (way === 'coins') await offered.payWithCoins(quote, (await coins(21)).token);
      else await pay().then(() => offered.settled());
      await assertOpens(offered);
      assert.deepEqual(await (await buyer.open(link.url)).refunds(), []);
      await takenDown(link);
      await assert.rejects(buyer.open(link.url), { code: 'link-removed' });
      const begun = await buyer.begun(link.url);
      assert.equal(await begun.resume(), 'bought');
      await assertRefunded(begun, 'removed');
      const [{ token = '' } = {}] = await begun.refunds();
      await assertNoCoinsOwed(token, begun.facts.offerId);
    });

  it('bought with coins and taken down: the price may become balance of an account, and then no coins', async () => {
    const link = await sold();
    const { buyer, offered, quote } = await invoiced(link);
    await offered.payWithCoins(quote, (await coins(21)).token);
    await takenDown(link);
    const begun = await buyer.begun(link.url);
    const [{ token = '' } = {}] = await begun.refunds();
    const { session } = drive.parts;
    const held = () => connection().ask(payContract['pay.balance'], { params: {}, device: drive.parts.space.tools.device });
    const { available } = await held();
    assert.equal(await begun.refundToBalance(token, session), 21);
    assert.equal(await begun.refundToBalance(token, session), 21, 'the same account again, the same answer');
    assert.equal(Number((await held()).available) - Number(available), 21);
    await assert.rejects(begun.refundToBalance('cashuBnone', session), { code: 'coins-refused' });
    await assertNoCoinsOwed(token, begun.facts.offerId);
    await assert.rejects(walletOf().owedFor(token), { code: 'wallet-refused', facts: { reason: 'proof-malformed' } });
  });

  it('bought, and ended before a byte of it was fetched: nothing is owed by itself, and a case that the operator opens after its end gives the price back', async () => {
    const link = await sold();
    const { buyer, offered, pay } = await invoiced(link);
    await pay();
    await offered.settled();
    await drive.links.revoke([link.id]);
    const begun = await buyer.begun(link.url);
    assert.deepEqual([await begun.resume(), await begun.refunds()], ['bought', []]);
    // Who holds no rights reports it, and the operator opens the case.
    const [id = ''] = /N-[2-9A-Z]{10}/.exec(await admin('hold', link.url, '--ground', 'paid for, and gone')) ?? [];
    assert.match(await admin('case', id), /The operator of this server[^]*seller/);
    assert.deepEqual(await begun.refunds(), []);
    await admin('uphold', id, '--to', 'buyers', '--ground', 'not delivered', '--now');
    await assertRefunded(await buyer.begun(link.url), 'removed');
  });

  describe('with a link that takes tips', () => {
    async function tippable(): Promise<DriveLink> {
      const file = name();
      await (await drive.put('/', [memoryFile(file, content)])).finished;
      const { id } = await drive.links.create(`/${file}`);
      return drive.links.openJar(id);
    }

    it('ended while a tip is under way: what is given is owed back, told of, and taken', async () => {
      const link = await tippable();
      const giver = new Buyer();
      const jar = await giver.tips(link.url);
      const { bolt11 } = await jar.payByLightning(await jar.quote(undefined, 21));
      await drive.links.revoke([link.id]);
      await assertSandboxPays(host.url, bolt11);
      assert.equal(await giver.openBegun(link.url), null, 'nothing was bought');
      const begun = await giver.begunTips(link.url);
      await assert.rejects(begun.resume(), { code: 'payment-owed', facts: { sats: 21 } });
      await assertRefunded(begun, 'ended');
    });

    it('taken down after a tip was given: it comes back as a price does', async () => {
      const link = await tippable();
      const giver = new Buyer();
      const jar = await giver.tips(link.url);
      await jar.payWithCoins(await jar.quote(undefined, 21), (await coins(21)).token);
      await takenDown(link);
      await assertRefunded(await giver.begunTips(link.url), 'removed');
    });
  });

  it('nothing was begun with a link that is gone: there is nothing to tell', async () => {
    const link = await sold();
    await drive.links.revoke([link.id]);
    assert.equal(await new Buyer().openBegun(link.url), null);
  });
});
