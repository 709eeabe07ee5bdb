// Whole sales a second: four coins verified, spent and booked, and what was bought sealed to its buyer, each in a transaction that is on the
// disk before its answer. On SQLite and on PostgreSQL, many buyers at a time.
import { join } from 'node:path';
import { openDatabase } from '@reprise/database';
import { mapLanes } from '@reprise/kit';
import { swiftCoins } from '../../bitcache/mint/src/testing/swift-coins.ts';
import { Buyer, Shop } from '../../bitcache/service/src/testing/shop.ts';
import { startPostgres } from '../../tests/support/postgres.ts';
import { percentile } from '../harness/median.ts';
import { atPace } from '../harness/pace.ts';
import { makeScratch } from '../harness/scratch.ts';
import { type Absence, type Series, us } from '../results.ts';
import type { BenchCase } from './case.ts';

const caseName = 'sales for ecash, four coins each';
const [buyersAtATime, offers, warmUp] = [32, 16, 50];
/** Buyers who come one by one. */
const [pacePerSecond, paced] = [100, 300];
const parts = [8n, 4n, 2n, 1n] as const;
const price = 15;
/** As many as one request for coins may bring. */
const salesPerIssue = 250;

type Sold = { readonly perSecond: number; readonly p99: number; readonly pacedP99: number };

export const sales: BenchCase = {
  name: 'sales',
  about: 'whole sales a second for ecash, durable, SQLite and PostgreSQL',
  long: false,
  async run({ options, say }) {
    const count = options.quick ? 200 : 1_000;
    const absences: Absence[] = [];
    const series: Series[] = [];
    const measure = async (engine: string, placeIn: (folder: string) => { readonly path: string } | { readonly url: string }) => {
      const found: Sold[] = [];
      for (let run = 0; run < options.runs; run++) {
        using scratch = makeScratch(options.folder, 'sales');
        const sold = await sell(placeIn(scratch.folder), count);
        say(
          `${caseName} run ${run + 1}, ${engine}: ${sold.perSecond.toFixed(0)}/s, p99 ${sold.p99.toFixed(1)} ms; at ${pacePerSecond}/s p99 ${sold.pacedP99.toFixed(1)} ms`,
        );
        found.push(sold);
      }
      const values = (pick: (one: Sold) => number) => found.map(pick);
      const own = { caseName, subject: us } as const;
      series.push({ ...own, measure: engine, unit: '/s', better: 'more', values: values(({ perSecond }) => perSecond) });
      series.push({ ...own, measure: `${engine}, p99 of one`, unit: 'ms', better: 'less', values: values(({ p99 }) => p99) });
      const atItsPace = `${engine} at ${pacePerSecond}/s, p99 of one`;
      series.push({ ...own, measure: atItsPace, unit: 'ms', better: 'less', values: values(({ pacedP99 }) => pacedP99) });
    };
    await measure('SQLite', (folder) => ({ path: join(folder, 'shop.sqlite') }));
    const postgres = await startPostgres({ flush: true });
    if ('missing' in postgres) absences.push({ caseName, subject: 'PostgreSQL', reason: postgres.missing });
    else {
      await using server = postgres.server;
      await measure('PostgreSQL', () => ({ url: server.createDatabase() }));
    }
    const remark = `${buyersAtATime} buyers at a time of ${offers} links, in one process with the shop, its signer and its sealing; then ${paced} buyers who come ${pacePerSecond} a second, whoever is still served.`;
    return { series, absences, remarks: [remark] };
  },
};

async function sell(place: { readonly path: string } | { readonly url: string }, count: number): Promise<Sold> {
  const database = await openDatabase(place);
  await using shop = await Shop.open(database, { settings: { shards: database.engine === 'postgres' ? 16 : 1 } });
  const listings = await Promise.all(Array.from({ length: offers }, () => shop.offer({ price })));
  const all = warmUp + count + paced;
  const coins: Awaited<ReturnType<typeof swiftCoins>> = [];
  while (coins.length < all * parts.length) {
    const batch = Array.from({ length: salesPerIssue }, () => parts).flat();
    coins.push(...(await swiftCoins(shop.sandbox, batch)));
  }
  const purchases = Array.from({ length: all }, (_, at) => {
    const offer = listings[at % offers]?.offer as string;
    const inputs = coins.slice(at * parts.length, (at + 1) * parts.length);
    return { offer, buyerKey: new Buyer().key, coins: { inputs }, quote: null };
  });
  const buy = async (one: (typeof purchases)[number]): Promise<number> => {
    const startedAt = performance.now();
    await shop.service.buyWithCoins(one);
    return performance.now() - startedAt;
  };
  await mapLanes(purchases.slice(0, warmUp), buyersAtATime, buy);
  const startedAt = performance.now();
  const took = await mapLanes(purchases.slice(warmUp, warmUp + count), buyersAtATime, buy);
  const perSecond = (1_000 * count) / (performance.now() - startedAt);
  const alone = await atPace(purchases.slice(warmUp + count), 1_000 / pacePerSecond, buy);
  await shop.assertWhole();
  return { perSecond, p99: percentile(took, 0.99), pacedP99: percentile(alone, 0.99) };
}
