import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Database, insertRows, migrate, openDatabase } from '@reprise/database';
import { AccountsOf, events, Ledger, msat, operationId } from '@reprise/ledger';
import { type LightningBackend, LightningFailure } from '@reprise/lightning';
import { readOverdue } from '@reprise/service';
import { readReserves, ReservesWatch } from './reserves.ts';
import { stoppable } from './stoppable.ts';

describe('what the node could pay', () => {
  let database: Database;
  let spendable: bigint | 'silent' = 0n;
  const node = {
    name: 'lnd',
    balance: async () => {
      if (spendable === 'silent') throw new LightningFailure('unavailable');
      return { spendable: msat(spendable), receivable: null };
    },
  };
  const watch = () => new ReservesWatch(database, node);
  before(async () => {
    database = await openDatabase({ path: ':memory:' });
    await migrate(database);
    const ledger = new Ledger(database);
    const on = new AccountsOf(0);
    const journal = events.received(on, 'lnd', on.code('account', 'ab'), msat(1_000_000n));
    assert.ok(journal);
    const operation = { kind: 'test', key: 'received', requestHash: new Uint8Array(32) };
    await ledger.open(journal.legs.map(({ account }) => account));
    await database.transaction(async (queries) => {
      await ledger.claim(queries, operation, 1);
      await ledger.post(queries, operationId(operation), journal, 1);
    });
  });
  after(() => database.close());

  it('is short from the second look on, in every process, until it is covered again', async () => {
    const [one, other] = [watch(), watch()];
    spendable = 979_999n;
    assert.deepEqual([(await one.look(1))?.change, (await one.look(2))?.change, (await one.look(3))?.change], [null, 'short', null]);
    assert.equal((await readReserves(database))?.shortSince, 2);
    assert.deepEqual([(await other.look(4))?.change, (await readReserves(database))?.shortSince], [null, 2]);
    spendable = 'silent';
    assert.equal(await one.look(5), undefined);
    assert.equal((await readReserves(database))?.shortSince, 2, 'silence is no answer');
    // Two in a hundred are what nodes keep aside.
    spendable = 980_000n;
    assert.equal((await one.look(6))?.change, 'covered');
    assert.deepEqual(await readReserves(database), {
      ...{ backend: 'lnd', at: 6, shortSince: null, owed: 1_000_000n, inFlight: 0n, spendable: 980_000n, receivable: null },
    });
  });

  it('is not short for what is on its way, and says what is on its way for too long', async () => {
    const attempt = { attempt: 1, backend: 'lnd', purpose: 'payout', payer: 'p', payer_attempt: 1, bolt11: 'x', baseline: 'not-found' };
    const times = { dispatched_at: 10_000_000, checked_at: 0, updated_at: 0 };
    const row = { ...attempt, ...times, payment_hash: 'aa', amount: 300_000, max_fee: 5_000, state: 'in-flight' as const };
    await insertRows(database.db, 'lightning_attempts', [row]);
    spendable = 675_000n;
    const looking = watch();
    assert.deepEqual([(await looking.look(7))?.change, (await looking.look(8))?.change], [null, null]);
    assert.equal((await readReserves(database))?.inFlight, 305_000n);
    assert.deepEqual(await readOverdue(database, 13_600_000), []);
    assert.deepEqual(
      (await readOverdue(database, 13_600_001)).map(({ hash, state }) => [hash, state]),
      [['aa', 'in-flight']],
    );
    const large = { ...row, payment_hash: 'bb', payer: 'q', amount: 100_000_000, state: 'unknown' as const };
    await insertRows(database.db, 'lightning_attempts', [large]);
    assert.deepEqual(
      (await readOverdue(database, 10_000_000)).map(({ hash }) => hash),
      ['bb'],
    );
  });

  it('keeps deposits and quotes of the mint from being made while it is short, and not sales', async () => {
    let isShort = true;
    const backend = stoppable({ ...node, createInvoice: async () => 'made' } as unknown as LightningBackend, {
      isStopped: () => false,
      isShort: () => isShort,
    });
    const make = (label: string) => backend.createInvoice({ label } as Parameters<LightningBackend['createInvoice']>[0]);
    for (const label of ['deposit-ab', '01890a5d-ac96-774b-bcce-b302099a8057']) {
      await assert.rejects(make(label), { code: 'unavailable' });
      isShort = false;
      assert.equal(await make(label), 'made');
      isShort = true;
    }
    assert.equal(await make('sale-ab'), 'made');
  });
});
