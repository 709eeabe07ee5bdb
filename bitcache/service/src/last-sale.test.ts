// Two processes sell the last one of something at the same moment: one does, and who comes second keeps what they would have paid.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { openDatabase } from '@reprise/database';
import { type Bytes, formatHex, systemRandom } from '@reprise/kit';
import { startPostgres } from '../../../tests/support/postgres.ts';
import { wire } from '../../mint/src/testing/sandbox.ts';
import { type Job, mortalSettings } from './testing/jobs.ts';
import { Buyer, Shop } from './testing/shop.ts';

const rounds = 12;

function describeLastSale(name: string, place: string): void {
  describe(`the last sale, by two processes on ${name}`, () => {
    let shop: Shop;
    let sellers: readonly Seller[] = [];
    before(async () => {
      const keys = { seed: systemRandom(32), fileKey: systemRandom(32), agentSeed: systemRandom(32) };
      const { seed, ...rest } = keys;
      const database = await openDatabase(place.startsWith('postgres') ? { url: place } : { path: place });
      shop = await Shop.open(database, { settings: mortalSettings, mint: { seed }, ...rest });
      const offset = String(shop.sandbox.clock.now() - Date.now());
      const words = [place, ...[keys.seed, keys.fileKey, keys.agentSeed].map((key: Bytes) => formatHex(key)), offset];
      sellers = await Promise.all([Seller.start(words), Seller.start(words)]);
    });
    after(async () => {
      await Promise.all(sellers.map((seller) => seller.stop()));
      await shop[Symbol.asyncDispose]();
    });

    /** Each process is asked at once. @returns which of them sold */
    async function race(jobs: readonly Job[]): Promise<number> {
      const outcomes = await Promise.all(jobs.map((job, at) => sellers[at]?.ask(job)));
      assert.deepEqual(outcomes.toSorted(), ['done', 'sold-out']);
      return outcomes.indexOf('done');
    }

    it('takes the coins of one buyer, and the other can spend theirs', async () => {
      const { sandbox } = shop;
      for (let round = 0; round < rounds; round++) {
        const { offer } = await shop.offer({ price: 4, sales: 1 });
        const tokens = [await sandbox.coins(4n), await sandbox.coins(4n)];
        const won = await race(tokens.map((inputs) => ({ buy: { offer, buyerKey: formatHex(new Buyer().key), coins: { inputs } } })));
        await sandbox.mint.swap({ inputs: tokens[1 - won] ?? [], outputs: wire(sandbox.outputs(4n)) });
        assert.equal(await shop.posted(`pending:${offer}#`), 4_000n);
        assert.equal((await shop.service.readOffer(offer)).state, 'sold-out');
      }
      await shop.assertWhole();
    });

    it('takes the balance of one account, and leaves the other’s', async () => {
      const { service, sandbox } = shop;
      const accounts = [formatHex(systemRandom(32)), formatHex(systemRandom(32))];
      for (const account of accounts) await service.bringCoins(account, await sandbox.coins(64n));
      const spent = [0n, 0n];
      for (let round = 0; round < rounds; round++) {
        const { offer } = await shop.offer({ price: 4, sales: 1 });
        const key = `round-${round}`;
        const jobs = accounts.map((account) => ({ buyFromBalance: { account, key, offer, buyerKey: formatHex(new Buyer().key) } }));
        const won = await race(jobs);
        spent[won] = (spent[won] ?? 0n) + 4n;
        const left = await Promise.all(accounts.map(async (account) => (await service.readBalance(account)).available));
        assert.deepEqual(
          left,
          spent.map((sats) => 64n - sats),
        );
      }
      await shop.assertWhole();
    });
  });
}

class Seller {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }

  static async start(words: readonly string[]): Promise<Seller> {
    const script = new URL('./testing/buyer.child.ts', import.meta.url).pathname;
    const seller = new Seller(spawn(process.execPath, [script, ...words], { stdio: ['pipe', 'pipe', 'inherit'] }));
    assert.equal(await seller.#line(), 'ready');
    return seller;
  }

  async ask(job: Job): Promise<string> {
    this.#child.stdin?.write(`${JSON.stringify(job, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value))}\n`);
    return this.#line();
  }

  async stop(): Promise<void> {
    this.#child.stdin?.end();
    await once(this.#child, 'close');
  }

  async #line(): Promise<string> {
    const { value } = await this.#lines.next();
    return String(value);
  }
}

const folder = await mkdtemp(join(tmpdir(), 'reprise-last-sale-'));
after(() => rm(folder, { recursive: true, force: true }));
describeLastSale('SQLite', join(folder, 'shop.sqlite'));

const started = await startPostgres();
if ('missing' in started) {
  describe('the last sale, by two processes on PostgreSQL', () => it('is made once', (t) => t.skip(started.missing)));
} else {
  const { server } = started;
  after(() => server.stop());
  describeLastSale('PostgreSQL', server.createDatabase());
}
