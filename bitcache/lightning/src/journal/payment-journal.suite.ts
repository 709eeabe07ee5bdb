// What the journal of attempts must hold on either engine, whatever the node says or does not say.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Database, migrate, sql, violationOf } from '@reprise/database';
import { msat } from '@reprise/ledger';
import { parseInvoice } from '../bolt11/parse.ts';
import { LightningFailure } from '../failures.ts';
import type { LightningBackend, Outcome, PayingBackend, PaymentHash } from '../port.ts';
import { ScriptedBackend } from '../testing/scripted.ts';
import { claimReader, keepReader } from './cursor.ts';
import { claimNetwork } from './network.ts';
import { type Alarm, PaymentJournal } from './payment-journal.ts';
import { reconcile } from './reconciler.ts';

const graceMs = 60_000;

export function describePaymentJournal(name: string, open: () => Promise<Database>): void {
  describe(name, () => {
    let database: Database;
    before(async () => {
      database = await open();
      await migrate(database);
    });
    after(() => database.close());
    describeOutcomes(() => database);
    describeHandOver(() => database);
    describeAlarms(() => database);
    describeRows(() => database);
    describeReading(() => database);
  });
}

type Open = () => Database;

class Bench {
  readonly node = new ScriptedBackend();
  readonly alarms: Alarm[] = [];
  readonly journal: PaymentJournal;
  readonly melt: PayingBackend;
  skewMs = 0;

  constructor(database: Database) {
    const clock = { now: () => Date.now() + this.skewMs };
    this.node.world.now = clock.now;
    // A node of its own for each bench: attempts of others are none of its business.
    Object.assign(this.node, { name: `node-${++nodes}` });
    this.journal = new PaymentJournal({
      backend: this.node,
      database,
      network: 'regtest',
      clock,
      graceMs,
      onAlarm: (alarm) => this.alarms.push(alarm),
    });
    this.melt = this.journal.for('melt');
  }

  pay(bolt11: string, payer = 'q1', attempt = 1, backend = this.melt): Promise<Outcome> {
    return backend.pay({ bolt11, maxFee: msat(1_000n), timeoutSeconds: 1, attempt, payer });
  }

  paid(bolt11: string): number {
    return this.node.world.paid(hashOf(bolt11));
  }
}
let nodes = 0;

function describeOutcomes(open: Open): void {
  it('answers what the node said, and says it again from its rows when the node is gone', async () => {
    const bench = new Bench(open());
    const [good, bad] = [bench.node.world.invoice(5_000n, { fee: msat(7n) }), bench.node.world.invoice(6_000n, { end: 'fails' })];
    const [paid, failed] = [await bench.pay(good), await bench.pay(bad)];
    assert.equal(paid.state === 'succeeded' && paid.fee, 7n);
    assert.equal(failed.state, 'failed');
    bench.node.lookupTrouble = 'throws';
    assert.deepEqual(await bench.melt.lookupPayment(hashOf(good)), paid);
    assert.equal((await bench.melt.lookupPayment(hashOf(bad))).state, 'failed');
  });
  for (const trouble of ['lost-after', 'throws', 'zero-preimage', 'unknown', 'not-found'] as const) {
    it(`holds the money when the hand-over ends in ${trouble}, and finds later that it was paid`, async () => {
      const bench = new Bench(open());
      const bolt11 = bench.node.world.invoice(5_000n);
      bench.node.payTrouble = trouble;
      assert.equal((await bench.pay(bolt11)).state, 'unknown');
      bench.node.lookupTrouble = trouble === 'lost-after' ? 'unknown' : trouble;
      assert.equal((await bench.melt.lookupPayment(hashOf(bolt11))).state, 'unknown');
      bench.node.lookupTrouble = null;
      assert.equal((await bench.melt.lookupPayment(hashOf(bolt11))).state, 'succeeded');
      assert.equal(bench.paid(bolt11), 1);
    });
  }
  it('holds the money of what never reached the node until a grace period is over, and gives it back then', async () => {
    const bench = new Bench(open());
    const bolt11 = bench.node.world.invoice(5_000n);
    bench.node.payTrouble = 'lost-before';
    assert.equal((await bench.pay(bolt11)).state, 'unknown');
    assert.equal((await bench.melt.lookupPayment(hashOf(bolt11))).state, 'unknown');
    bench.skewMs += graceMs;
    bench.node.synced = false;
    assert.equal((await bench.melt.lookupPayment(hashOf(bolt11))).state, 'unknown');
    bench.node.synced = true;
    assert.equal((await bench.melt.lookupPayment(hashOf(bolt11))).state, 'unknown');
    bench.skewMs += graceMs;
    assert.deepEqual(await bench.melt.lookupPayment(hashOf(bolt11)), { state: 'failed', reason: 'timeout', evidence: null });
  });
  it('does not take the failure of an earlier attempt for one of the next, which hangs or is lost', async () => {
    const bench = new Bench(open());
    const bolt11 = bench.node.world.invoice(5_000n, { end: 'fails' });
    assert.equal((await bench.pay(bolt11, 'q1', 1)).state, 'failed');
    bench.node.payTrouble = 'lost-before';
    assert.equal((await bench.pay(bolt11, 'q1', 2)).state, 'unknown');
    assert.equal((await bench.melt.lookupPayment(hashOf(bolt11))).state, 'unknown');
    bench.node.world.send(bolt11, 1_000n);
    assert.equal((await bench.melt.lookupPayment(hashOf(bolt11))).state, 'failed');
  });
  it('follows a payment that hangs, and never gives it up because the node forgot it', async () => {
    const bench = new Bench(open());
    const bolt11 = bench.node.world.invoice(5_000n, { end: 'hangs' });
    assert.equal((await bench.pay(bolt11)).state, 'in-flight');
    bench.node.lookupTrouble = 'not-found';
    for (let i = 0; i < 3; i++) {
      bench.skewMs += graceMs;
      assert.equal((await bench.melt.lookupPayment(hashOf(bolt11))).state, 'in-flight');
    }
    bench.node.lookupTrouble = null;
    bench.node.world.settle(hashOf(bolt11));
    assert.equal((await bench.melt.lookupPayment(hashOf(bolt11))).state, 'succeeded');
  });
}

function describeHandOver(open: Open): void {
  it('hands a request over once, however often and however many ask at the same time', async () => {
    const bench = new Bench(open());
    const bolt11 = bench.node.world.invoice(5_000n);
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => bench.pay(bolt11)));
    assert.ok(outcomes.every(({ state }) => state !== 'failed'));
    assert.equal((await bench.pay(bolt11)).state, 'succeeded');
    assert.deepEqual([bench.node.handedOver.length, bench.paid(bolt11)], [1, 1]);
  });
  it('lets one of many payers of one invoice through, and tells the others that theirs failed', async () => {
    const bench = new Bench(open());
    const bolt11 = bench.node.world.invoice(5_000n, { end: 'hangs' });
    const outcomes = await Promise.all([
      ...Array.from({ length: 4 }, (_, i) => bench.pay(bolt11, `q${i}`)),
      ...Array.from({ length: 4 }, (_, i) => bench.pay(bolt11, `p${i}`, 1, bench.journal.for('payout'))),
    ]);
    assert.equal(outcomes.filter(({ state }) => state === 'failed').length, 7);
    assert.equal(bench.node.handedOver.length, 1);
  });
  it('shows a purpose only what that purpose paid', async () => {
    const bench = new Bench(open());
    const bolt11 = bench.node.world.invoice(5_000n);
    await bench.pay(bolt11);
    assert.deepEqual(await bench.journal.for('payout').lookupPayment(hashOf(bolt11)), { state: 'not-found' });
    assert.equal((await bench.pay(bolt11, 'p1', 1, bench.journal.for('payout'))).state, 'failed');
    assert.equal(bench.paid(bolt11), 1);
  });
  it('hands nothing over that the node already knows, or while the node does not answer', async () => {
    const bench = new Bench(open());
    const bolt11 = bench.node.world.invoice(5_000n);
    bench.node.world.send(bolt11, 1_000n);
    assert.equal((await bench.pay(bolt11)).state, 'failed');
    bench.node.lookupTrouble = 'throws';
    assert.equal((await bench.pay(bench.node.world.invoice(5_000n))).state, 'failed');
    assert.equal(bench.node.handedOver.length, 0);
  });
  it('follows a payment under way past the end of its invoice', async () => {
    const bench = new Bench(open());
    const bolt11 = bench.node.world.invoice(5_000n, { end: 'hangs' }, { expirySeconds: 60 });
    assert.equal((await bench.pay(bolt11)).state, 'in-flight');
    bench.skewMs += 120_000;
    assert.equal((await bench.pay(bolt11)).state, 'in-flight');
    bench.node.world.settle(hashOf(bolt11));
    assert.equal((await bench.pay(bolt11)).state, 'succeeded');
    assert.equal(bench.paid(bolt11), 1);
  });
  for (const trouble of ['the node did not answer it', 'the invoice had expired'] as const) {
    it(`hands nothing over once somebody was told that this request failed, because ${trouble}`, async () => {
      const [slow, quick] = [new Bench(open()), new Bench(open())];
      const bolt11 = slow.node.world.invoice(5_000n, {}, { expirySeconds: 60 });
      const { asked, answer } = slow.node.hold('lookupPayment');
      const held = slow.pay(bolt11);
      await asked;
      if (trouble === 'the invoice had expired') quick.skewMs += 120_000;
      else quick.node.lookupTrouble = 'throws';
      const told = await quick.pay(bolt11);
      answer();
      assert.deepEqual([told.state, await held, await quick.pay(bolt11)], ['failed', told, told]);
      assert.deepEqual([slow.node.handedOver, quick.node.handedOver], [[], []]);
      // Another request for the same invoice is another matter.
      assert.equal((await slow.pay(bolt11, 'q1', 2)).state, 'succeeded');
    });
  }
  it('hands a request that was withdrawn over no more, whoever was on the way to, and withdraws none that was handed over', async () => {
    const bench = new Bench(open());
    const { world } = bench.node;
    const request = (bolt11: string, attempt = 1) => ({ bolt11, maxFee: msat(1_000n), timeoutSeconds: 1, attempt, payer: 'q1' });
    const [failed, hangs] = [world.invoice(5_000n, { end: 'fails' }), world.invoice(5_000n, { end: 'hangs' })];
    const refused = { state: 'failed', reason: 'timeout', evidence: null };
    assert.equal((await bench.pay(failed)).state, 'failed');
    const { asked, answer } = bench.node.hold('lookupPayment');
    const sleeping = bench.pay(failed, 'q1', 2);
    await asked;
    assert.deepEqual(await bench.melt.withdraw(request(failed, 2)), refused);
    answer();
    assert.deepEqual([await sleeping, await bench.pay(failed, 'q1', 2), bench.node.handedOver.length], [refused, refused, 1]);
    assert.equal((await bench.pay(hangs)).state, 'in-flight');
    assert.equal((await bench.melt.withdraw(request(hangs))).state, 'in-flight');
    world.settle(hashOf(hangs));
    assert.equal((await bench.melt.withdraw(request(hangs))).state, 'succeeded');
    assert.equal((await bench.pay(failed, 'q1', 3)).state, 'failed');
  });
  it('hands nothing over when it was held up for long since it was asked', async () => {
    const bench = new Bench(open());
    const bolt11 = bench.node.world.invoice(5_000n);
    const { asked, answer } = bench.node.hold('lookupPayment');
    const held = bench.pay(bolt11);
    await asked;
    bench.skewMs += 30_001;
    answer();
    assert.deepEqual([await held, bench.node.handedOver], [{ state: 'failed', reason: 'timeout', evidence: null }, []]);
    assert.equal((await bench.pay(bolt11, 'q1', 2)).state, 'succeeded');
  });
  it('refuses what is no invoice, or of another network, without an amount, or expired', async () => {
    const bench = new Bench(open());
    const { world } = bench.node;
    const wrong = [
      ['lnbc1', 'rejected'],
      [world.invoice(5_000n, {}, { network: 'mainnet' }), 'rejected'],
      [world.invoice(5_000n, {}, { amountless: true }), 'rejected'],
      [world.invoice(5_000n, {}, { expirySeconds: 0 }), 'expired'],
    ] as const;
    for (const [bolt11, reason] of wrong) assert.deepEqual(await bench.pay(bolt11), { state: 'failed', reason, evidence: null });
    assert.equal(bench.node.handedOver.length, 0);
  });
}

function describeAlarms(open: Open): void {
  it('raises an alarm, once, when a payment that had failed was paid after all, and pays nothing until somebody looked', async () => {
    const bench = new Bench(open());
    const bolt11 = bench.node.world.invoice(5_000n, { end: 'hangs', fee: msat(3n) });
    bench.node.payTrouble = 'stale-failed';
    assert.equal((await bench.pay(bolt11)).state, 'failed');
    const control = new AbortController();
    bench.node.world.settle(hashOf(bolt11));
    const other = bench.node.world.ours;
    assert.equal(other.size, 0);
    const listening = readAll(bench.melt, control.signal);
    await untilSo(() => bench.alarms.length === 1);
    control.abort();
    await listening;
    assert.deepEqual(bench.alarms, [
      { kind: 'paid-after-all', hash: hashOf(bolt11), purpose: 'melt', payer: 'q1', amount: 5_000n, fee: 3n },
    ]);
    assert.equal((await bench.melt.lookupPayment(hashOf(bolt11))).state, 'failed');
    const next = bench.node.world.invoice(6_000n);
    assert.equal((await bench.pay(next)).state, 'failed');
    assert.equal((await bench.journal.alarming()).length, 1);
    await bench.journal.acknowledge(hashOf(bolt11));
    assert.equal((await bench.pay(next, 'q1', 2)).state, 'succeeded');
    // Even then, the invoice that was paid after all is not paid again.
    assert.equal((await bench.pay(bolt11, 'q1', 2)).state, 'failed');
    assert.equal(bench.node.world.paid(hashOf(bolt11)), 1);
  });
  it('raises an alarm when a payment was given up while its own answer was on the way, which says that it was paid', async () => {
    const bench = new Bench(open());
    const bolt11 = bench.node.world.invoice(5_000n);
    const { asked, answer } = bench.node.hold('pay');
    const held = bench.pay(bolt11);
    await asked;
    for (let reading = 0; reading < 2; reading++, bench.skewMs += graceMs) await bench.journal.lookUpOpen(Date.now() + bench.skewMs);
    assert.equal((await bench.melt.lookupPayment(hashOf(bolt11))).state, 'failed');
    answer();
    assert.equal((await held).state, 'failed');
    assert.deepEqual(
      bench.alarms.map(({ kind }) => kind),
      ['paid-after-all'],
    );
  });
  it('raises an alarm when a node took more than the fee that was set aside, and pays nothing until somebody looked', async () => {
    const bench = new Bench(open());
    const bolt11 = bench.node.world.invoice(5_000n, { fee: msat(2_000n) });
    const world = bench.node.world;
    const send = world.send.bind(world);
    world.send = (invoice) => send(invoice, 1_000_000n);
    assert.equal((await bench.pay(bolt11)).state, 'succeeded');
    assert.deepEqual(
      bench.alarms.map(({ kind, fee }) => [kind, fee]),
      [['fee-above-limit', 2_000n]],
    );
    assert.equal((await bench.pay(world.invoice(5_000n))).state, 'failed');
    await bench.journal.acknowledge(hashOf(bolt11));
    assert.equal((await bench.pay(world.invoice(5_000n))).state, 'succeeded');
  });
}

function describeRows(open: Open): void {
  it('cannot be made to forget an attempt, to change how it ended, or to let two live, by any statement', async () => {
    const database = open();
    const bench = new Bench(database);
    const [paid, hangs] = [bench.node.world.invoice(5_000n), bench.node.world.invoice(5_000n, { end: 'hangs' })];
    await bench.pay(paid);
    await bench.pay(hangs);
    const where = (bolt11: string) => sql`payment_hash = ${hashOf(bolt11)}`;
    const statements = [
      sql`delete from lightning_attempts where ${where(paid)}`,
      sql`update lightning_attempts set state = 'unknown', preimage = null, fee = null where ${where(paid)}`,
      sql`update lightning_attempts set fee = 0 + fee + 1 where ${where(paid)}`,
      sql`update lightning_attempts set amount = 1 where ${where(hangs)}`,
      sql`update lightning_attempts set state = 'dispatching' where ${where(hangs)}`,
      sql`update lightning_attempts set state = 'unknown' where ${where(hangs)}`,
      sql`update lightning_attempts set state = 'failed' where ${where(hangs)}`,
      sql`insert into lightning_attempts (payment_hash, attempt, backend, purpose, payer, payer_attempt, bolt11, amount, max_fee, baseline, state, dispatched_at, checked_at, updated_at)
        select payment_hash, 2, backend, purpose, payer, 2, bolt11, amount, max_fee, baseline, 'unknown', 0, 0, 0 from lightning_attempts where ${where(hangs)}`,
    ];
    for (const statement of statements)
      await assert.rejects(
        () => statement.execute(database.db),
        (error: unknown) => violationOf(error) !== undefined,
      );
  });
  it('keeps a database on its network for life', async () => {
    const database = open();
    const node = new ScriptedBackend();
    assert.equal(await claimNetwork(database, node), 'regtest');
    assert.equal(await claimNetwork(database, node), 'regtest');
    const real: LightningBackend = Object.assign(new ScriptedBackend(), {
      info: async () => ({ network: 'mainnet' as const, synced: true }),
    });
    await assert.rejects(
      () => claimNetwork(database, real),
      (error: unknown) => error instanceof LightningFailure && error.code === 'network-differs',
    );
    await assert.rejects(() => sql`update lightning_network set network = 'mainnet'`.execute(database.db));
    await assert.rejects(() => sql`delete from lightning_network`.execute(database.db));
  });
}

function describeReading(open: Open): void {
  it('reads events in one process at a time, and lets a former reader change nothing', async () => {
    const database = open();
    const first = await claimReader(database, 'shared', 1_000, 500);
    assert.ok(first);
    assert.equal(await claimReader(database, 'shared', 1_499, 500), undefined);
    assert.equal(await keepReader(database, first, 2_000, '7'), true);
    const second = await claimReader(database, 'shared', 2_000, 500);
    assert.equal(second?.position, '7');
    assert.equal(await keepReader(database, first, 9_000, '8'), false);
    assert.equal((await claimReader(database, 'shared', 3_000, 500))?.position, '7');
  });
  it('tells what came in at least once over restarts, and looks up what has no end', async () => {
    const database = open();
    const bench = new Bench(database);
    const { world } = bench.node;
    const hanging = world.invoice(5_000n, { end: 'hangs' });
    bench.node.payTrouble = 'unknown';
    await bench.pay(hanging);
    const told: PaymentHash[] = [];
    const ended: string[] = [];
    for (const round of [1, 2]) {
      const control = new AbortController();
      const running = reconcile(
        {
          journal: bench.journal,
          database,
          clock: { now: () => Date.now() + 6e4 },
          onReceived: async ({ hash }) => void told.push(hash),
          onEnded: async ({ state }) => void ended.push(state.state),
          onTrouble: (error) => assert.fail(String(error)),
          everyMs: 5,
        },
        control.signal,
      );
      const invoice = await bench.melt.createInvoice({
        label: `round-${round}`,
        amount: msat(9_000n),
        description: { text: '' },
        expirySeconds: 600,
      });
      world.receive(invoice.bolt11);
      if (round === 2) world.settle(hashOf(hanging));
      await untilSo(() => told.includes(invoice.hash) && (round === 1 || ended.length > 0));
      control.abort();
      await running;
    }
    // By the node's word, by a look-up, or by both at once.
    assert.deepEqual([...new Set(ended)], ['succeeded']);
    assert.equal(new Set(told).size, 2);
  });
  it('says once that an attempt ended, also where the node told it before anybody asked', async () => {
    const database = open();
    const bench = new Bench(database);
    const hanging = bench.node.world.invoice(5_000n, { end: 'hangs' });
    await bench.pay(hanging);
    const ended: [PaymentHash, string][] = [];
    const control = new AbortController();
    const running = reconcile(
      {
        journal: bench.journal,
        database,
        clock: { now: () => Date.now() },
        onReceived: async () => undefined,
        onEnded: async ({ hash, state }) => void ended.push([hash, state.state]),
        onTrouble: (error) => assert.fail(String(error)),
        // Nothing is looked up for as long as this runs.
        everyMs: 600_000,
      },
      control.signal,
    );
    bench.node.world.settle(hashOf(hanging));
    await untilSo(() => ended.length > 0);
    control.abort();
    await running;
    assert.deepEqual(ended, [[hashOf(hanging), 'succeeded']]);
  });
}

async function readAll(backend: LightningBackend, signal: AbortSignal): Promise<void> {
  for await (const _ of backend.events('', signal)) void _;
}

async function untilSo(isSo: () => boolean): Promise<void> {
  for (const endsAt = Date.now() + 60_000; !isSo(); await new Promise((resolve) => setTimeout(resolve, 5)))
    assert.ok(Date.now() < endsAt, 'it did not happen in time');
}

function hashOf(bolt11: string): PaymentHash {
  return parseInvoice(bolt11).hash;
}
