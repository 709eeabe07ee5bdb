// Processes that pay are killed on the way, at every point between the row and the answer; what comes after finds out what became of the money.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { type Database, migrate, openDatabase } from '@reprise/database';
import { msat } from '@reprise/ledger';
import { LndBackend } from '../adapters/lnd.ts';
import { parseInvoice } from '../bolt11/parse.ts';
import type { PaymentHash } from '../port.ts';
import { lndMacaroon, startLnd } from '../testing/lnd-daemon.ts';
import { PaymentJournal } from './payment-journal.ts';

const points = ['before-dispatch', 'dispatched', 'handed-over', 'answered', 'recorded'] as const;
export type CrashPoint = (typeof points)[number];
const fates = ['succeeds', 'fails', 'hangs'] as const;
const runs = process.env['REPRISE_LONG'] === '1' ? 20 : 1;
const graceMs = 60_000;

const folder = await mkdtemp(join(tmpdir(), 'reprise-attempts-'));
const path = join(folder, 'attempts.sqlite');
const daemon = await startLnd();
{
  await using database = await openDatabase({ path });
  await migrate(database);
}
after(async () => {
  await daemon.close();
  await rm(folder, { recursive: true, force: true });
});
describe('a process that is killed while it pays', () => {
  for (const point of points)
    for (const fate of fates)
      it(`leaves behind what the next one can end rightly: ${point}, of a payment that ${fate}`, async () => {
        for (let run = 0; run < runs; run++) {
          const bolt11 = daemon.world.invoice(5_000n, { end: fate, fee: msat(7n) });
          await killAt(point, path, daemon.url, bolt11);
          await using database = await openDatabase({ path });
          const hash = parseInvoice(bolt11).hash;
          // The node goes on with what it was handed, when it comes to it.
          while (isHandedOver(point) && !daemon.world.payment(hash)) await new Promise((resolve) => setTimeout(resolve, 5));
          if (fate === 'hangs') daemon.world.settle(hash);
          const paid = daemon.world.paid(hash);
          assert.equal(await endOf(database, daemon.url, hash), endWanted(point, fate, paid));
          await payAgain(database, daemon.url, bolt11, point);
          assert.ok(daemon.world.paid(hash) <= 1);
        }
      });
});

/** What the rows must say in the end; only what never reached the node is given back without its word. */
function endWanted(point: CrashPoint, fate: (typeof fates)[number], paid: number): string {
  if (!isHandedOver(point)) return point === 'dispatched' ? 'failed' : 'not-found';
  assert.equal(paid, fate === 'fails' ? 0 : 1);
  return paid === 1 ? 'succeeded' : 'failed';
}

function isHandedOver(point: CrashPoint): boolean {
  return point !== 'before-dispatch' && point !== 'dispatched';
}

async function killAt(point: CrashPoint, ...[path, url, bolt11]: [string, string, string]): Promise<void> {
  const script = new URL('./payer.child.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, path, url, bolt11, point], { stdio: ['ignore', 'inherit', 'inherit'] });
  const [, signal] = (await once(child, 'close')) as [number | null, string | null];
  assert.equal(signal, 'SIGKILL');
}

/** Looks it up as the reconciler does, until the grace period is over. */
async function endOf(database: Database, url: string, hash: PaymentHash): Promise<string> {
  let now = Date.now();
  const journal = journalOf(database, url, () => now);
  for (let reading = 0; reading < 3; reading++) {
    now += graceMs;
    await journal.lookUpOpen(now);
  }
  return (await journal.for('melt').lookupPayment(hash)).state;
}

/** The same request again, as a caller sends it that was killed as well. */
async function payAgain(database: Database, url: string, bolt11: string, point: CrashPoint): Promise<void> {
  if (point === 'before-dispatch') return;
  const melt = journalOf(database, url, Date.now).for('melt');
  const before = await melt.lookupPayment(parseInvoice(bolt11).hash);
  const after = await melt.pay({ bolt11, maxFee: msat(1_000n), timeoutSeconds: 1, attempt: 1, payer: 'q' });
  assert.deepEqual(after, before);
}

function journalOf(database: Database, url: string, now: () => number): PaymentJournal {
  const backend = new LndBackend({ name: 'lnd', url, macaroon: lndMacaroon, http: fetch });
  return new PaymentJournal({
    backend,
    database,
    network: 'regtest',
    clock: { now },
    graceMs,
    onAlarm: (alarm) => assert.fail(alarm.kind),
  });
}
