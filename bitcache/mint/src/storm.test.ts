// One coin, offered by very many at the same time to two processes on one database: it is spent once.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { type Database, migrate, openDatabase } from '@reprise/database';
import { formatHex, systemRandom } from '@reprise/kit';
import { ScriptedBackend } from '../../lightning/src/testing/scripted.ts';
import { startPostgres } from '../../../tests/support/postgres.ts';
import { RemoteMint } from './testing/remote-mint.ts';
import { assertWhole, wire } from './testing/sandbox.ts';
import { blind, blindAll, split, unblind, type WireProof } from './testing/wallet.ts';

const isLong = process.env['REPRISE_LONG'] === '1';
const requests = isLong ? 1_000 : 60;
const settings = { shards: 4, askEveryMs: 0, openQuotesMax: 1_000_000 };

const folder = await mkdtemp(join(tmpdir(), 'reprise-mint-storm-'));
after(() => rm(folder, { recursive: true, force: true }));
describeStorm('SQLite', join(folder, 'storm.sqlite'), isLong ? 50 : 3);
const started = await startPostgres();
if ('missing' in started) {
  describe('a storm on PostgreSQL', () => it('spends a coin once', (t) => t.skip(started.missing)));
} else {
  after(() => started.server.stop());
  describeStorm('PostgreSQL', started.server.createDatabase(), isLong ? 200 : 3);
}

function describeStorm(name: string, place: string, rounds: number): void {
  describe(`a storm on ${name}`, () => {
    it(`spends a coin once, however many want it: ${rounds} rounds of ${requests} swaps and payments at two processes`, async () => {
      await using database = await openDatabase(place.startsWith('postgres') ? { url: place } : { path: place });
      await migrate(database);
      const backend = new ScriptedBackend();
      const seed = formatHex(systemRandom(32));
      await using first = await RemoteMint.start(place, seed, settings, backend);
      await using second = await RemoteMint.start(place, seed, settings, backend);
      const { keysets } = await first.keys();
      const [keyset] = keysets;
      assert.ok(keyset);
      for (let round = 0; round < rounds; round++) await storm([first, second], backend, keyset, database);
    });
  });
}

type Keyset = { readonly id: string; readonly keys: Record<string, string> };

async function storm(
  mints: readonly [RemoteMint, RemoteMint],
  backend: ScriptedBackend,
  keyset: Keyset,
  database: Database,
): Promise<void> {
  const [mint] = mints;
  const coin = await oneCoin(mint, backend, keyset);
  const invoices = Array.from({ length: Math.ceil(requests / 10) }, () => backend.world.invoice(5_000n));
  const quotes = await Promise.all(invoices.map((request) => mint.makeMeltQuote({ request, unit: 'sat' })));
  const tries = await Promise.allSettled(
    Array.from({ length: requests }, (_, at) => {
      const asked = mints[at % 2] as RemoteMint;
      const quote = quotes[at / 10];
      if (quote) return asked.melt({ quote: quote.quote, inputs: [coin] });
      return asked.swap({ inputs: [coin], outputs: wire([blind(keyset.id, coin.amount)]) });
    }),
  );
  const refusals = tries.flatMap((one) => (one.status === 'rejected' ? [one.reason as { code?: number; message: string }] : []));
  assert.equal(tries.length - refusals.length, 1);
  for (const { code, message } of refusals) assert.ok(code === 11_001 || code === 11_002, message);
  await assertWhole(database);
}

async function oneCoin(mint: RemoteMint, backend: ScriptedBackend, keyset: Keyset): Promise<WireProof> {
  const quote = await mint.makeMintQuote({ amount: 16n, unit: 'sat' });
  backend.world.receive(quote.request);
  await mint.readMintQuote(quote.quote);
  const blindings = blindAll(keyset.id, split(16n));
  const { signatures } = await mint.issue({ quote: quote.quote, outputs: wire(blindings) });
  const [coin] = unblind(blindings, signatures, () => keyset.keys);
  assert.ok(coin);
  return coin;
}
