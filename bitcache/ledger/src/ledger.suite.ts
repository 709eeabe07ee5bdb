// What the books must do on either engine: one suite, run by ledger.test.ts on SQLite and on a real PostgreSQL.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Database, migrate, sql, violationOf } from '@reprise/database';
import { AccountsOf, shardOf } from './chart.ts';
import * as events from './events.ts';
import type { Journal } from './journal.ts';
import { Ledger, operationId } from './ledger.ts';
import { msat } from './money.ts';
import { Oracle } from './testing/oracle.ts';
import { perform } from './testing/perform.ts';
import { readBalances, readTrialBalance } from './trial-balance.ts';

export type BooksUnderTest = {
  readonly name: string;
  /** A new, empty database. */
  readonly open: (place: string) => Promise<Database>;
  /** A process of its own tries to buy from `account:rich` so often. @returns how many purchases it got through */
  readonly spendElsewhere: (place: string, name: string, tries: number) => Promise<number>;
  /** Random operations to compare with the oracle. */
  readonly operations: number;
};

const m = (amount: number | bigint) => msat(BigInt(amount));

export function describeBooks({ name, open, spendElsewhere, operations }: BooksUnderTest): void {
  describe(name, () => {
    let database: Database;
    let ledger: Ledger;
    before(async () => {
      database = await open('books');
      await migrate(database);
      ledger = new Ledger(database);
    });
    after(() => database.close());
    describeIdempotency(() => ({ database, ledger }));
    describeRawSql(() => ({ database, ledger }));
    it('agrees with the oracle on random operations, repeated and concurrent ones among them', async () => {
      await using other = await open('oracle');
      await migrate(other);
      await compareWithOracle(other, operations);
    });
    it('lets exactly as many spends through as there is money, from several processes at once', async () => {
      await using other = await open('race');
      await migrate(other);
      const books = new Ledger(other);
      await perform(other, books, 'capital', made(events.received(new AccountsOf(0), 'b', 'account:rich', m(1_000_000))));
      const counts = await Promise.all(Array.from({ length: 4 }, (_, i) => spendElsewhere('race', `p${i}`, 60)));
      assert.equal(
        counts.reduce((sum, count) => sum + count, 0),
        100,
      );
      const { lines, difference, wrong } = await readTrialBalance(other);
      assert.deepEqual([lines.find(({ code }) => code === 'account:rich')?.posted, difference, wrong], [0n, 0n, []]);
    });
  });
}

type Books = () => { readonly database: Database; readonly ledger: Ledger };

function made(given: Journal | null): Journal {
  assert.ok(given);
  return given;
}

function describeIdempotency(books: Books): void {
  const deposit = (account: string, amount: number) => made(events.received(new AccountsOf(1), 'b', `account:${account}`, m(amount)));

  it('posts an operation once, however often and however many at a time it is asked for', async () => {
    const { database, ledger } = books();
    const answers = await Promise.all(Array.from({ length: 20 }, () => perform(database, ledger, 'once', deposit('once', 5_000))));
    assert.equal(answers.filter((answer) => answer === 'posted').length, 1);
    assert.equal((await readTrialBalance(database)).lines.find(({ code }) => code === 'account:once')?.posted, 5_000n);
  });

  it('refuses an operation that comes again with other content', async () => {
    const { database, ledger } = books();
    await perform(database, ledger, 'same', deposit('same', 1_000));
    await assert.rejects(perform(database, ledger, 'same', deposit('same', 2_000), 'another request'), { code: 'operation-differs' });
  });

  it('refuses what would leave less than nothing, and keeps nothing of it', async () => {
    const { database, ledger } = books();
    await perform(database, ledger, 'poor', deposit('poor', 1_000));
    const before = await readTrialBalance(database);
    await assert.rejects(perform(database, ledger, 'too much', made(events.boughtFromBalance('account:poor', 'pending:o#0', m(1_001)))), {
      code: 'overdrawn',
    });
    const { lines, difference } = await readTrialBalance(database);
    assert.deepEqual(
      lines.filter(({ posted }) => posted !== 0n),
      before.lines.filter(({ posted }) => posted !== 0n),
    );
    assert.equal(difference, 0n);
    // The same operation may be tried again, once there is money.
    await perform(database, ledger, 'poor again', deposit('poor', 1_000));
    const again = await perform(database, ledger, 'too much', made(events.boughtFromBalance('account:poor', 'pending:o#0', m(1_001))));
    assert.equal(again, 'posted');
  });

  it('counts amounts beyond 2^53, up to all bitcoin there is, and not beyond', async () => {
    const { database, ledger } = books();
    const all = 2_100_000_000_000_000_000n;
    await perform(database, ledger, 'all', made(events.capitalAdded(new AccountsOf(9), 'whale', 'operator', m(all))));
    const line = (await readBalances(database)).lines.find(({ code }) => code === 'lightning:whale#9');
    assert.equal(line?.posted, all);
    const more = perform(database, ledger, 'more', made(events.capitalAdded(new AccountsOf(9), 'whale', 'operator', m(1))));
    await assert.rejects(more, { code: 'overdrawn' });
    assert.equal((await readTrialBalance(database)).difference, 0n);
  });
}

function describeRawSql(books: Books): void {
  /** Statements that go round the code: each is refused as a violation, and the books stay as they are. */
  const attempts: readonly (readonly [string, readonly string[]])[] = [
    ['a journal that does not balance', [operation('u'), leg('u', 0, 2, 'a', 5), leg('u', 1, 2, 'b', -4), journalRow('u', 2)]],
    ['a journal of one leg', [operation('o'), leg('o', 0, 1, 'a', 5), journalRow('o', 1)]],
    ['a journal that says fewer legs than it has', [operation('f'), leg('f', 0, 3, 'a', 5), leg('f', 1, 3, 'b', -5), journalRow('f', 2)]],
    ['legs without a journal', [operation('w'), leg('w', 0, 2, 'a', 5), leg('w', 1, 2, 'b', -5)]],
    ['a journal without its operation', [leg('n', 0, 2, 'a', 5), leg('n', 1, 2, 'b', -5), journalRow('n', 2)]],
    ['a leg more, of the same length', [leg('raw', 1, 2, 'c', 5)]],
    ['a leg more, with a number of its own', [leg('raw', 2, 2, 'c', 5)]],
    ['a leg more, of another length', [leg('raw', 2, 3, 'c', 5)]],
    ['two legs on one account', [operation('t'), leg('t', 0, 2, 'a', 5), leg('t', 1, 2, 'a', -5), journalRow('t', 2)]],
    ['a leg of nothing', [operation('z'), leg('z', 0, 2, 'a', 0), leg('z', 1, 2, 'b', 0), journalRow('z', 2)]],
    ['a leg that is changed', ["update ledger_postings set amount = 6 where journal = 'raw' and seq = 0"]],
    ['a leg that is deleted', ["delete from ledger_postings where journal = 'raw'"]],
    ['a journal that is changed', ["update ledger_journals set kind = 'x' where id = 'raw'"]],
    ['a journal that is deleted', ["delete from ledger_journals where id = 'raw'"]],
    ['an operation that is deleted', ["delete from ledger_operations where id = 'raw'"]],
    ['an account that is deleted', ["delete from ledger_accounts where code = 'account:unused'"]],
    [
      'an account that is opened with money',
      ["insert into ledger_accounts (code, kind, has_floor, posted) values ('account:x', 'liability', 1, 5)"],
    ],
    ['an account of another kind', ["update ledger_accounts set kind = 'asset' where code = 'account:b'"]],
    ['an account without its floor', ["update ledger_accounts set has_floor = 0 where code = 'account:b'"]],
    ['an overdraft', [operation('d'), leg('d', 0, 2, 'b', 6), leg('d', 1, 2, 'c', -6), journalRow('d', 2)]],
  ];

  before(async () => {
    const { database, ledger } = books();
    await ledger.open(['operator', 'account:b', 'account:c', 'account:unused']);
    await run(database, [operation('raw'), leg('raw', 0, 2, 'a', 5), leg('raw', 1, 2, 'b', -5), journalRow('raw', 2)]);
  });

  for (const [what, statements] of attempts) {
    it(`refuses ${what}, whoever writes it`, async () => {
      const { database } = books();
      const before = await readTrialBalance(database);
      const error: unknown = await run(database, statements).then(
        () => assert.fail('it was taken'),
        (refusal: unknown) => refusal,
      );
      assert.ok(violationOf(error), String(error));
      assert.deepEqual(await readTrialBalance(database), before);
    });
  }

  it('refuses a balance that is changed by hand', async () => {
    const { database } = books();
    const before = await readTrialBalance(database);
    await assert.rejects(
      run(database, ["update ledger_accounts set posted = 50 where code = 'account:b'"]),
      /prohibited|not authorized|legs only/,
    );
    assert.deepEqual(await readTrialBalance(database), before);
  });

  it('holds several journals that are written by one statement, each by itself', async () => {
    const { database } = books();
    const postedBy = async (...amounts: readonly (readonly [string, number])[]) => {
      const legs = amounts.flatMap(([id, amount]) => [`('${id}', 0, 2, $b, ${-amount})`, `('${id}', 1, 2, $c, ${amount})`]);
      const accounts = ['b', 'c'].map((name) => `(select id from ledger_accounts where code = 'account:${name}')`);
      const rows = legs.map((row) => row.replace('$b', accounts[0] as string).replace('$c', accounts[1] as string));
      await run(database, [
        ...amounts.map(([id]) => operation(id)),
        `insert into ledger_postings (journal, seq, legs, account, amount) values ${rows.join(', ')}`,
        `insert into ledger_journals (id, legs, kind, at) values ${amounts.map(([id]) => `('${id}', 2, 'raw', 0)`).join(', ')}`,
      ]);
    };
    await run(database, [operation('m'), leg('m', 0, 2, 'a', 10), leg('m', 1, 2, 'c', -10), journalRow('m', 2)]);
    const postedOf = async (code: string) => (await readBalances(database)).lines.find((line) => line.code === code)?.posted;
    const [b, c] = [(await postedOf('account:b')) ?? 0n, (await postedOf('account:c')) ?? 0n];
    await postedBy(['m1', 3], ['m2', 4]);
    assert.deepEqual([await postedOf('account:b'), await postedOf('account:c')], [b + 7n, c - 7n]);
    // Three are left, and together they want four.
    await assert.rejects(postedBy(['m3', 2], ['m4', 2]), (error: unknown) => violationOf(error) === 'check');
    const unbalanced = [
      operation('m5'),
      operation('m6'),
      leg('m5', 0, 2, 'a', 5),
      leg('m5', 1, 2, 'b', -4),
      leg('m6', 0, 2, 'a', 4),
      leg('m6', 1, 2, 'b', -5),
    ];
    const both = "insert into ledger_journals (id, legs, kind, at) values ('m5', 2, 'raw', 0), ('m6', 2, 'raw', 0)";
    await assert.rejects(run(database, [...unbalanced, both]), (error: unknown) => violationOf(error) === 'check');
    assert.deepEqual([await postedOf('account:b'), await postedOf('account:c')], [b + 7n, c - 7n]);
    const { difference, wrong } = await readTrialBalance(database);
    assert.deepEqual([difference, wrong], [0n, []]);
  });

  it('opens accounts that many ask for at once, a wrong name among them harming nobody else', async () => {
    const { database, ledger } = books();
    const codes = Array.from({ length: 40 }, (_, i) => `pending:many#${i}` as const);
    const answers = await Promise.allSettled(
      [...codes, ...codes, 'account:', ...codes].map((code) => ledger.open([code as (typeof codes)[number]])),
    );
    assert.equal(answers.filter(({ status }) => status === 'rejected').length, 1);
    const { lines } = await readBalances(database);
    for (const code of codes) assert.equal(lines.filter((line) => line.code === code).length, 1);
    const posted = await perform(database, ledger, 'to many', made(events.received(new AccountsOf(7), 'b', codes[7] as string, m(1_000))));
    assert.equal(posted, 'posted');
  });

  it('refuses what only one engine has: replacing on SQLite, truncating on PostgreSQL', async () => {
    const { database } = books();
    const before = await readTrialBalance(database);
    const tricks =
      database.engine === 'sqlite'
        ? [
            "insert or replace into ledger_postings select journal, seq, legs, account, amount + 1 from ledger_postings where journal = 'raw' and seq = 0",
            "insert or replace into ledger_journals values ('raw', 2, 'x', 0)",
            "replace into ledger_accounts (id, code, kind, has_floor) select id, code, 'asset', 0 from ledger_accounts where code = 'account:b'",
          ]
        : ['truncate ledger_postings', 'truncate ledger_journals cascade', 'truncate ledger_accounts cascade'];
    for (const trick of tricks) await assert.rejects(run(database, [trick]), (error: unknown) => violationOf(error) === 'check', trick);
    assert.deepEqual(await readTrialBalance(database), before);
  });
}

function operation(id: string): string {
  return `insert into ledger_operations (id, kind, key, request_hash, at) values ('${id}', 'raw', '${id}', ${emptyBytes}, 0)`;
}

/** Empty on either engine: SQLite reads a blob, PostgreSQL takes the cast. */
const emptyBytes = 'BYTES';

const codes: Readonly<Record<string, string>> = { a: 'operator', b: 'account:b', c: 'account:c' };

function leg(journal: string, seq: number, legs: number, account: string, amount: number): string {
  return `insert into ledger_postings (journal, seq, legs, account, amount)
    select '${journal}', ${seq}, ${legs}, id, ${amount} from ledger_accounts where code = '${codes[account]}'`;
}

function journalRow(id: string, legs: number): string {
  return `insert into ledger_journals (id, legs, kind, at) values ('${id}', ${legs}, 'raw', 0)`;
}

function run(database: Database, statements: readonly string[]): Promise<void> {
  const empty = database.engine === 'sqlite' ? "x''" : "''::bytea";
  return database.transaction(async (queries) => {
    for (const statement of statements) await sql.raw(statement.replace(emptyBytes, empty)).execute(queries);
  });
}

const shards = 4;

/** Operations in batches that run at once and touch different people, so that the oracle knows in which order they count. */
async function compareWithOracle(database: Database, total: number): Promise<void> {
  const ledger = new Ledger(database);
  const oracle = new Oracle();
  const random = mulberry(20_261_122);
  const lanes = 8;
  const asked: { readonly key: string; readonly request: string; readonly made: Journal }[] = [];
  for (let done = 0; done < total; done += lanes) {
    const batch = Array.from({ length: lanes }, (_, person) => {
      const earlier = asked[Math.floor(random() * asked.length)];
      if (earlier && random() < 0.1) return { ...earlier, request: random() < 0.5 ? earlier.request : 'something else' };
      const key = `${done}-${person}`;
      const one = { key, request: key, made: randomEvent(random, person, key) };
      asked.push(one);
      return one;
    });
    // A repeated one may meet its original's person only if that is not busy in this batch: those go first, alone.
    const repeated = batch.filter((one, i) => one.key !== `${done}-${i}`);
    for (const one of repeated) await compareOne(database, ledger, oracle, one);
    await Promise.all(batch.filter((one) => !repeated.includes(one)).map((one) => compareOne(database, ledger, oracle, one)));
  }
  const { lines, difference, wrong } = await readTrialBalance(database);
  assert.deepEqual([difference, wrong], [0n, []]);
  for (const { code, posted } of lines) assert.equal(posted, oracle.balance(code), code);
  for (const code of oracle.balances().keys())
    assert.ok(
      lines.some((line) => line.code === code),
      code,
    );
}

type Asked = { readonly key: string; readonly request: string; readonly made: Journal };

async function compareOne(database: Database, ledger: Ledger, oracle: Oracle, { key, request, made: journal }: Asked): Promise<void> {
  const answer = await perform(database, ledger, key, journal, request).catch((error: { code?: string }) => {
    if (error.code === 'overdrawn') return 'overdrawn';
    if (error.code === 'operation-differs') return 'differs';
    throw error;
  });
  // The oracle's answer depends on this person's accounts only, and those are not touched by others meanwhile.
  assert.equal(answer, oracle.apply(`${journal.kind}/${key}`, request, journal), `${journal.kind} ${key}`);
}

/** Everything a person does stays on accounts with a floor of that person; what is shared has none, so that the order does not matter. */
function randomEvent(random: () => number, person: number, key: string): Journal {
  const on = new AccountsOf(shardOf(operationId({ kind: 'x', key }), shards));
  const account = `account:p${person}`;
  const pending = `pending:o${person}#0`;
  const amount = m(1 + Math.floor(random() * 50_000));
  const choices: readonly (() => Journal | null)[] = [
    () => events.received(on, 'b', account, m(1_000 + Math.floor(random() * 90_000))),
    () => events.boughtFromBalance(account, pending, amount),
    () => events.boughtByLightning(new AccountsOf(person), 'b', pending, amount, m(amount + BigInt(Math.floor(random() * 5_000)))),
    () => events.released(on, pending, account, { gross: amount, commission: m(amount / 100n) }),
    () => events.escrowed([{ account: pending, amount }], `escrow:c${person}`),
    () => events.payoutInCoins(on, account, 'k1', amount),
    () => events.payoutReserved(new AccountsOf(100 + person), account, amount),
    () => events.payoutFailed(new AccountsOf(100 + person), account, amount),
    () => events.payoutPaid(new AccountsOf(100 + person), 'b', account, { limit: amount, amount: m(amount / 2n), fee: m(amount / 4n) }),
    () => events.swapped(on, { spent: [{ keyset: 'k0', amount }], given: { keyset: 'k1', amount: m(amount / 2n) } }),
  ];
  const choice = choices[Math.floor(random() * choices.length)] as () => Journal | null;
  return choice() ?? randomEvent(random, person, key);
}

function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
