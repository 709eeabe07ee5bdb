// The process dies at every named point of a payout. The books are whole then, and whoever asks the same again, of another process, has it
// paid once or has it back.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openDatabase } from '@reprise/database';
import { formatHex, systemClock, systemRandom } from '@reprise/kit';
import { msat, sat } from '@reprise/ledger';
import { LndBackend, parseInvoice, PaymentJournal } from '@reprise/lightning';
import { lndMacaroon, startLnd } from '../../lightning/src/testing/lnd-daemon.ts';
import { startPostgres } from '../../../tests/support/postgres.ts';
import { until } from '../../../tests/support/until.ts';
import { defaultPayoutSettings, type PayoutPoint, payoutPoints } from './payout-ports.ts';
import { openPayouts } from './payouts.ts';
import { answersWith } from './testing/payout-parts.ts';
import { Shop } from './testing/shop.ts';

const runs = process.env['REPRISE_LONG'] === '1' ? 20 : 1;
const fates = ['succeeds', 'fails', 'hangs'] as const;

type Case = { readonly point: PayoutPoint; readonly fate: (typeof fates)[number]; readonly to: 'an invoice' | 'an address' };

/** What hangs has no answer by which it could end before the process dies, and an invoice need not be asked for. */
const cases = payoutPoints
  .flatMap((point) => fates.flatMap((fate) => (['an invoice', 'an address'] as const).map((to): Case => ({ point, fate, to }))))
  .filter(({ point, fate }) => fate !== 'hangs' || (point !== 'payout/ending' && point !== 'payout/ended'))
  .filter(({ point, to }) => point !== 'payout/resolved' || to === 'an address');

const folder = await mkdtemp(join(tmpdir(), 'reprise-payout-crash-'));
after(() => rm(folder, { recursive: true, force: true }));
describeDying('SQLite', () => join(folder, 'shop.sqlite'), cases);
const started = await startPostgres();
if ('missing' in started) {
  describe('PostgreSQL', () => it('pays once', (t) => t.skip(started.missing)));
} else {
  after(() => started.server.stop());
  // The transactions are what differs between the engines, and each case has all of them.
  describeDying(
    'PostgreSQL',
    () => started.server.createDatabase(),
    cases.filter(({ fate, to }) => fate !== 'fails' && to === 'an address'),
  );
}

function describeDying(engine: string, findPlace: () => string, all: readonly Case[]): void {
  describe(`a host that is killed while it pays out, on ${engine}`, () => {
    let place: string;
    let shop: Shop;
    let node: Awaited<ReturnType<typeof startLnd>>;
    before(async () => {
      place = findPlace();
      shop = await Shop.open(await openDatabase(place.startsWith('postgres') ? { url: place } : { path: place }));
      node = await startLnd();
    });
    after(async () => {
      await node.close();
      await shop[Symbol.asyncDispose]();
    });

    function payoutsWith(invoice: string) {
      const { database, ledger } = shop.sandbox;
      const backend = new LndBackend({ name: 'lnd', url: node.url, macaroon: lndMacaroon, http: fetch });
      const journal = new PaymentJournal({
        backend,
        database,
        network: 'regtest',
        clock: systemClock,
        onAlarm: ({ kind }) => assert.fail(kind),
      });
      return openPayouts(
        {
          database,
          ledger,
          backend: journal.for('payout'),
          network: 'regtest',
          clock: systemClock,
          fetch: answersWith(invoice),
          isOwnInvoice: async () => false,
        },
        { ...defaultPayoutSettings, payTimeoutSeconds: 1 },
      );
    }

    async function dieAt(point: PayoutPoint, invoice: string, order: object): Promise<void> {
      const script = new URL('./testing/payout.child.ts', import.meta.url).pathname;
      const child = spawn(process.execPath, [script, place, node.url, invoice, point], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      child.stdin.end(JSON.stringify(order));
      const [, signal] = (await once(child, 'close')) as [number | null, string | null];
      assert.equal(signal, 'SIGKILL', `${point} was not reached`);
    }

    for (const { point, fate, to } of all)
      it(`at ${point}, to ${to} whose payment ${fate}, pays once or gives all of it back`, async () => {
        for (let run = 0; run < runs; run++) {
          const account = formatHex(systemRandom(32));
          await shop.service.bringCoins(account, await shop.sandbox.coins(200n));
          const invoice = node.world.invoice(100_000n, { end: fate, fee: msat(3_000n) });
          const request = formatHex(systemRandom(16));
          const order = {
            account,
            request,
            to: to === 'an address' ? 'zoe@pay.example' : invoice,
            amount: to === 'an address' ? 100 : null,
          };
          await dieAt(point, invoice, order);
          await shop.assertWhole();
          const payouts = payoutsWith(invoice);
          const again = { account, request, to: order.to, amount: order.amount === null ? null : sat(100n), feeMax: null };
          let ended = await payouts.order(again);
          if (fate === 'hangs') {
            assert.equal(ended.state, 'paying');
            node.world.settle(parseInvoice(invoice).hash);
          }
          await until('the payout has ended', async () => {
            await payouts.resume();
            ended = await payouts.order(again);
            return ended.state !== 'paying';
          });
          const isPaid = fate !== 'fails';
          assert.deepEqual([ended.state, node.world.paid(parseInvoice(invoice).hash)], isPaid ? ['paid', 1] : ['failed', 0]);
          assert.equal((await shop.service.readBalance(account)).balance, isPaid ? 97_000n : 200_000n);
          await shop.assertWhole();
        }
      });
  });
}
