import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { type Database, insertRows, migrate, openDatabase } from '@reprise/database';
import { compareAndStop, liftStop, readStop } from './breaker.ts';

describe('what stops money', () => {
  let database: Database;
  before(async () => {
    database = await openDatabase({ path: ':memory:' });
    await migrate(database);
  });
  after(() => database.close());

  /** As no code of ours would: quotes that nobody paid. */
  async function setAstray(sats: number): Promise<void> {
    const quote = { unit: 'sat', amount: 9, request: 'x', pubkey: null, shard: 0, created_at: 0, expires_at: 0, updated_at: 0 };
    const id = `${Math.random()}`;
    const settled = { id, kind: 'invoice-settled', key: id, request_hash: new Uint8Array(32), at: 0 };
    await database.transaction(async (queries) => {
      await insertRows(queries, 'ledger_operations', [settled]);
      await insertRows(queries, 'mint_quotes', [{ ...quote, id, payment_hash: id, amount_paid: sats }]);
    });
  }
  const setRight = () =>
    database.db
      .updateTable('mint_quotes')
      .set({ amount_issued: ({ ref }) => ref('amount_paid') })
      .execute();

  beforeEach(async () => {
    await setRight();
    await liftStop(database);
    assert.equal(await compareAndStop(database, 'whole', 0), undefined);
  });

  it('is a difference, told once, until an operator lifts it: then it stops nothing any more', async () => {
    await setAstray(5);
    const stop = await compareAndStop(database, 'quick', 1_000);
    assert.deepEqual(stop, { reason: 'minting# 0 in the books, 5000 in rows', differences: ['minting# 5000'], at: 1_000 });
    assert.equal(await compareAndStop(database, 'quick', 2_000), undefined);
    assert.deepEqual(await readStop(database), stop);
    assert.deepEqual(await liftStop(database), stop);
    for (const depth of ['quick', 'whole', 'quick'] as const) assert.equal(await compareAndStop(database, depth, 3_000), undefined);
    assert.equal(await readStop(database), undefined);
    assert.equal(await liftStop(database), undefined);
  });

  it('is another difference than the one that was looked at, and one that went and came again', async () => {
    await setAstray(5);
    await compareAndStop(database, 'quick', 1_000);
    await liftStop(database);
    await setAstray(1);
    assert.deepEqual((await compareAndStop(database, 'quick', 2_000))?.differences, ['minting# 6000']);
    await liftStop(database);
    await setRight();
    assert.equal(await compareAndStop(database, 'whole', 3_000), undefined);
    await setAstray(6);
    assert.deepEqual((await compareAndStop(database, 'quick', 4_000))?.differences, ['minting# 6000']);
  });

  it('is lifted with what was told, and not with what came since', async () => {
    await setAstray(5);
    await compareAndStop(database, 'quick', 1_000);
    await setAstray(2);
    assert.equal(await compareAndStop(database, 'quick', 2_000), undefined, 'the first reason stands');
    assert.deepEqual((await liftStop(database))?.differences, ['minting# 5000']);
    assert.deepEqual((await compareAndStop(database, 'quick', 3_000))?.differences, ['minting# 7000']);
  });
});
