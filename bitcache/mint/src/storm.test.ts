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
      const scene = { mints: [first, second], backend, keyset, database } as const;
      for (let round = 0; round < rounds; round++) await storm(scene);
      await stormOverAStall(scene);
    });
  });
}

type Keyset = { readonly id: string; readonly keys: Record<string, string> };
type Scene = {
  readonly mints: readonly [RemoteMint, RemoteMint];
  readonly backend: ScriptedBackend;
  readonly keyset: Keyset;
  readonly database: Database;
};
/** Longer than anybody hands a payment over after. */
const stallMs = 31_000;

async function storm(scene: Scene): Promise<void> {
  const coin = await oneCoin(scene);
  const quotes = await quotesOf(scene, Math.ceil(requests / 10));
  const tries = Array.from({ length: requests }, (_, at) => {
    const quote = quotes[at / 10];
    return quote === undefined ? swapOf(scene, at, coin) : meltOf(scene, at, coin, quote);
  });
  const told = await toldBy(tries);
  // A machine that stands still for as long as a stall lets a payment fail after the others were refused: the coin is whole, and nobody's.
  const failed = told.filter(({ code }) => code === 20_004).length;
  const won = tries.length - told.length;
  assert.ok(won === 1 || (won === 0 && failed > 0), `${won} won`);
  if (won === 0) await swapOf(scene, 0, coin);
  assertRefused(scene, told);
  await assertWhole(scene.database);
}

/** The node does not answer whoever holds the coin until it is too late to hand a payment over: that one is told so, and of the others one wins. */
async function stormOverAStall(scene: Scene): Promise<void> {
  const coin = await oneCoin(scene);
  const quotes = await quotesOf(scene, 10);
  const { asked, answer } = scene.backend.hold('lookupPayment');
  const tries = quotes.map((quote, at) => meltOf(scene, at, coin, quote));
  const payments = toldBy(tries);
  await asked;
  // All but the holder, first: one that asks after the stall finds the coin free, and may have it.
  await untilRefused(tries, quotes.length - 1);
  for (const mint of scene.mints) mint.pass(stallMs);
  answer();
  const refusals = await payments;
  assert.deepEqual([refusals.length, refusals.filter(({ code }) => code === 20_004).length], [quotes.length, 1]);
  assertRefused(scene, refusals);
  const swaps = Array.from({ length: requests }, (_, at) => swapOf(scene, at, coin));
  const told = await toldBy(swaps);
  assert.equal(swaps.length - told.length, 1);
  assertRefused(scene, told);
  await assertWhole(scene.database);
}

const mintAt = ({ mints }: Scene, at: number): RemoteMint => mints[at % 2] as RemoteMint;

function swapOf(scene: Scene, at: number, coin: WireProof): Promise<unknown> {
  return mintAt(scene, at).swap({ inputs: [coin], outputs: wire([blind(scene.keyset.id, coin.amount)]) });
}

async function meltOf(scene: Scene, at: number, coin: WireProof, quote: string): Promise<unknown> {
  return mintAt(scene, at)
    .melt({ quote, inputs: [coin] })
    .catch((error: Error) => Promise.reject(Object.assign(error, { quote })));
}

type Told = { readonly code?: number; readonly message: string; readonly quote?: string };

/** Whoever got nothing. */
async function toldBy(tries: readonly Promise<unknown>[]): Promise<readonly Told[]> {
  const ends = await Promise.allSettled(tries);
  return ends.flatMap((one) => (one.status === 'rejected' ? [one.reason as Told] : []));
}

/** @returns when so many of them got nothing, or all have ended */
function untilRefused(tries: readonly Promise<unknown>[], count: number): Promise<void> {
  let left = count;
  return new Promise((resolve) => {
    for (const one of tries) one.catch(() => --left === 0 && resolve());
    void Promise.allSettled(tries).then(() => resolve());
  });
}

/** Of a payment that is said to have failed no node has heard. */
function assertRefused({ backend }: Scene, told: readonly Told[]): void {
  const handedOver = new Set(backend.handedOver.map(({ payer }) => payer));
  for (const { code, message, quote } of told) {
    if (code === 20_004) assert.ok(quote !== undefined && !handedOver.has(quote), 'it failed and was handed over');
    else assert.ok(code === 11_001 || code === 11_002, message);
  }
}

async function quotesOf({ mints: [mint], backend }: Scene, count: number): Promise<readonly string[]> {
  const invoices = Array.from({ length: count }, () => backend.world.invoice(5_000n));
  return Promise.all(invoices.map(async (request) => (await mint.makeMeltQuote({ request, unit: 'sat' })).quote));
}

async function oneCoin({ mints: [mint], backend, keyset }: Scene): Promise<WireProof> {
  const quote = await mint.makeMintQuote({ amount: 16n, unit: 'sat' });
  backend.world.receive(quote.request);
  await mint.readMintQuote(quote.quote);
  const blindings = blindAll(keyset.id, split(16n));
  const { signatures } = await mint.issue({ quote: quote.quote, outputs: wire(blindings) });
  const [coin] = unblind(blindings, signatures, () => keyset.keys);
  assert.ok(coin);
  return coin;
}
