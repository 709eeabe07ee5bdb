// What a real mint and shop say that they owe, and whether an auditor finds what they leave out, on either engine. Run by liabilities.test.ts.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { type Database, sql, violationOf } from '@reprise/database';
import { type Bytes, formatHex, systemRandom } from '@reprise/kit';
import { readBalances } from '@reprise/ledger';
import { audit, type AuditCoin, type AuditMemory, type AuditReport } from '@reprise/wallet/audit';
import { type Blinding, yOf } from '../../../mint/src/testing/wallet.ts';
import { wire } from '../../../mint/src/testing/sandbox.ts';
import { payoutsOf } from './payout-parts.ts';
import { Buyer, dayMs, seller, Shop } from './shop.ts';
import { type Holdings, readHoldings } from '../liabilities/holdings.ts';
import { type Liabilities, type LiabilityPorts, openLiabilities } from '../liabilities/liabilities.ts';
import { liabilityRoutes } from '../liabilities/routes.ts';

const sha256 = (bytes: Uint8Array): Bytes => new Uint8Array(createHash('sha256').update(bytes).digest());

export function describeLiabilities({ name, open }: { readonly name: string; readonly open: (place: string) => Promise<Database> }): void {
  describe(name, () => {
    let shop: Shop;
    const fileKey = systemRandom(32);
    before(async () => {
      shop = await Shop.open(await open('liabilities'), { fileKey, settings: { shards: 3 } });
    });
    after(() => shop[Symbol.asyncDispose]());

    const publish = (read?: LiabilityPorts['read']) => {
      const { database, clock, backend } = shop.sandbox;
      return openLiabilities({ database, clock, network: backend.world.network, fileKey, ...(read && { read }) });
    };
    const nextDay = async (liabilities: Liabilities) => {
      shop.sandbox.clock.pass(dayMs);
      const number = await liabilities.closeIfDue(async () => ({ backend: 'scripted', spendable: 5_000n }));
      assert.ok(number !== undefined);
      return number;
    };
    type Looking = { readonly coins?: readonly AuditCoin[]; readonly account?: string; readonly memory?: AuditMemory | null };
    const look = async (liabilities: Liabilities, { coins = [], account, memory = null }: Looking = {}): Promise<AuditReport> => {
      const app = liabilityRoutes(liabilities, (error) => assert.fail(String(error)));
      const fetch = async (url: string, init: object) => app.request(url.replace('https://mint.example', ''), init);
      const own = account === undefined ? null : { account, ...(await liabilities.own(account)) };
      const url = 'https://mint.example/liabilities';
      return audit({ url, fetch, sha256, clock: shop.sandbox.clock, coins, account: own, memory });
    };
    const codes = ({ findings }: AuditReport) => findings.map(({ code }) => code);

    /** Coins with what an auditor needs of them. */
    const coins = async (sats: bigint): Promise<readonly AuditCoin[]> => {
      const blindings = shop.sandbox.outputs(sats);
      const inputs = await shop.sandbox.coins(sats);
      await shop.sandbox.mint.swap({ inputs, outputs: wire(blindings) });
      return blindings.map(auditable);
    };
    const accountWith = async (sats: bigint) => {
      const account = formatHex(systemRandom(32));
      await shop.service.bringCoins(account, await shop.sandbox.coins(sats));
      return account;
    };

    it('counts everything that is owed to the last of it, and everybody finds what is his', async () => {
      const { sandbox, service } = shop;
      const liabilities = await publish();
      const [held, account] = [await coins(75n), await accountWith(300n)];
      const { offer } = await shop.offer({ price: 100 });
      await service.buyWithCoins({ offer, buyerKey: new Buyer().key, quote: null, coins: { inputs: await sandbox.coins(100n) } });
      const { bolt11 } = await service.makeInvoice({ offer, buyerKey: new Buyer().key, quote: null });
      await shop.pay(bolt11, 120_500n);
      const { request } = await sandbox.mint.makeMintQuote({ amount: 40n, unit: 'sat' });
      await sandbox.payIn(request);
      const payout = { account, request: formatHex(systemRandom(16)), amount: null, feeMax: null };
      await payoutsOf(sandbox).order({ ...payout, to: sandbox.backend.world.invoice(100_000n, { end: 'hangs' }) });
      assert.equal(await nextDay(liabilities), 1);
      assert.equal(await liabilities.closeIfDue(assert.fail), undefined);
      const report = await look(liabilities, { coins: held, account });
      assert.deepEqual([report.findings, report.coinsCounted, report.linesCounted], [[], held.length, 2]);
      assert.deepEqual(report.unchecked, ['others', 'spent-sums', 'reserves']);
      const { lines } = await readBalances(sandbox.database);
      const owed = lines.filter(({ kind }) => kind === 'liability');
      const sum = (of: typeof owed) => of.reduce((total, { posted }) => total + posted, 0n);
      const inCoins = owed.filter(({ code }) => code.startsWith('ecash:'));
      assert.deepEqual([report.latest?.coins, report.latest?.lines], [sum(inCoins) / 1_000n, sum(owed) - sum(inCoins)]);
      assert.deepEqual(report.latest?.reserves, { backend: 'scripted', spendable: 5_000n });
      assert.deepEqual(codes(await look(liabilities, { account: seller })), []);
      // Everything goes on, and a day later it still adds up.
      await service.bringCoins(account, await sandbox.coins(31n));
      await shop.offer();
      assert.deepEqual(codes(await look(liabilities, { account, memory: report.memory })), []);
      assert.equal(await nextDay(liabilities), 2);
      assert.deepEqual(codes(await look(liabilities, { coins: held, account, memory: report.memory })), []);
      assert.deepEqual(codes(await look(liabilities, { account: seller })), []);
    });

    it('is said once, whichever processes say it at once, and cannot be taken back', async () => {
      const { database } = shop.sandbox;
      const two = [await publish(), await publish()];
      shop.sandbox.clock.pass(dayMs);
      const reserves = async () => null;
      const closed = await Promise.all(two.map((one) => one.closeIfDue(reserves)));
      assert.equal(closed.filter((number) => number !== undefined).length, 1);
      const change = { at: 1 };
      for (const table of ['liability_epochs', 'liability_coins'] as const)
        await assert.rejects(database.db.deleteFrom(table).execute(), (error) => violationOf(error) === 'check', table);
      await assert.rejects(database.db.updateTable('liability_epochs').set(change).execute(), (error) => violationOf(error) === 'check');
      // SQLite has no truncate.
      for (const table of database.engine === 'sqlite' ? [] : ['liability_epochs cascade', 'liability_coins', 'liability_lines'])
        await assert.rejects(sql.raw(`truncate ${table}`).execute(database.db), (error) => violationOf(error) === 'check', table);
    });

    const lies: Readonly<Record<string, readonly [lie: (holdings: Holdings, victim: Victim) => Holdings, found: string]>> = {
      'a coin': [
        (holdings, { coin }) => ({ ...holdings, promised: holdings.promised.filter(({ point }) => point !== coin.promised) }),
        'coin-missing',
      ],
      'a part of a coin': [
        (holdings, { coin }) => ({
          ...holdings,
          promised: holdings.promised.map((one) => (one.point === coin.promised ? { ...one, amount: 1 } : one)),
        }),
        'coin-amount',
      ],
      'a coin, by saying that it came back': [
        (holdings, { coin: { keyset, unspent, amount } }) => ({
          ...holdings,
          spent:
            unspent === null || holdings.promised.length === 0
              ? holdings.spent
              : [...holdings.spent, { keyset, point: unspent, amount: Number(amount) }],
        }),
        'coin-spent',
      ],
      'an account': [
        (holdings, { account }) => ({ ...holdings, lines: holdings.lines.filter(({ name }) => name !== `account:${account}`) }),
        'balance-unexplained',
      ],
      'a part of an account': [
        (holdings, { account }) => ({
          ...holdings,
          lines: holdings.lines.map((line) => (line.name === `account:${account}` ? { ...line, amount: line.amount - 1n } : line)),
        }),
        'balance-unexplained',
      ],
      'sales that wait': [
        (holdings, { offer }) => ({ ...holdings, lines: holdings.lines.filter(({ name }) => name !== `pending:${offer}`) }),
        'line-hidden',
      ],
      'a payout under way': [
        (holdings) => ({ ...holdings, lines: holdings.lines.filter(({ name }) => !name.startsWith('payout:')) }),
        'line-hidden',
      ],
    };

    type Victim = { readonly coin: AuditCoin; readonly account: string; readonly offer: string };
    for (const [what, [lie, found]] of Object.entries(lies)) {
      it(`does not hide ${what} from whose it is: ${found}`, async () => {
        const { sandbox, service } = shop;
        const [coin] = (await coins(64n)) as readonly [AuditCoin];
        const account = await accountWith(300n);
        const { offer } = await shop.offer({ price: 50 });
        await service.buyWithCoins({ offer, buyerKey: new Buyer().key, quote: null, coins: { inputs: await sandbox.coins(50n) } });
        const payout = { account, request: formatHex(systemRandom(16)), amount: null, feeMax: null };
        await payoutsOf(sandbox).order({ ...payout, to: sandbox.backend.world.invoice(100_000n, { end: 'hangs' }) });

        const liar = await publish(async (queries) => lie(await readHoldings(queries), { coin, account, offer }));
        const whose = what === 'sales that wait' ? seller : account;
        const found0 = await look(liar, { coins: [coin], account: whose });
        assert.deepEqual(codes(found0), [], 'nothing was said yet');
        await nextDay(liar);
        const { memory } = await look(liar, { coins: [coin], memory: found0.memory });
        await nextDay(liar);
        const looking = { coins: [coin], account: whose, memory };
        assert.ok(codes(await look(liar, looking)).includes(found as never));
        // Somebody else learns nothing of it: that is why everybody must look.
        assert.deepEqual(codes(await look(liar, { account: await accountWith(1n) })), []);
      });
    }
  });
}

function auditable({ secret, output }: Blinding): AuditCoin {
  return { keyset: output.id, amount: output.amount, promised: output.B_, unspent: yOf(secret) };
}
