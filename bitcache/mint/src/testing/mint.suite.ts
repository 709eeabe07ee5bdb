// What a mint must do on either engine: one suite, run by mint.test.ts on SQLite and on a real PostgreSQL.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, afterEach, before, describe, it } from 'node:test';
import { schnorr, secp256k1 } from '@noble/curves/secp256k1.js';
import { type Database, sql, violationOf } from '@reprise/database';
import { formatHex } from '@reprise/kit';
import { msat, readTrialBalance } from '@reprise/ledger';
import { describeMelting } from './melt.suite.ts';
import { refused, type Under } from './refused.ts';
import { assertWhole, Sandbox, wire } from './sandbox.ts';
import { blind, blindAll, type WireOutput, type WireProof, yOf } from './wallet.ts';

export type MintUnderTest = {
  readonly name: string;
  /** A new, empty database. */
  readonly open: (place: string) => Promise<Database>;
};

export function describeMint({ name, open }: MintUnderTest): void {
  describe(name, () => {
    let sandbox: Sandbox;
    before(async () => {
      sandbox = await Sandbox.open(await open('mint'), { settings: { shards: 3, ecashMax: 10_000_000_000n as never } });
    });
    afterEach(() => sandbox.assertWhole());
    after(() => sandbox[Symbol.asyncDispose]());
    const mint = () => sandbox;
    describe('quotes to mint', () => describeMinting(mint));
    describe('quotes to mint, asked for wrongly,', () => describeRefusals(mint));
    describe('quotes of a key, and quotes together,', () => describeLockedQuotes(mint));
    describe('swaps', () => describeSwaps(mint));
    describe('swaps, asked for wrongly,', () => describeSwapRefusals(mint));
    describe('what became of coins', () => describeStates(mint));
    describeMelting(mint);
    describe('raw statements', () => describeLaws(mint));
    it('charges what its keyset says, and takes coins of former keysets', async () => {
      await using other = await Sandbox.open(await open('fees'), { settings: { inputFeePpk: 300, keysetYears: 2 } });
      await chargesFees(other);
    });
    it('says of no expiry, unless it was told one: wallets that lose it on the way compute another id', async () => {
      await using lasting = await Sandbox.open(await open('lasting'));
      const coins = await lasting.coins(1n);
      for (const answer of [await lasting.mint.keysets(), await lasting.mint.keys()])
        for (const keyset of (answer as { keysets: readonly object[] }).keysets) assert.equal('final_expiry' in keyset, false);
      lasting.clock.pass(20 * 31_557_600_000);
      await lasting.mint.rotateIfDue();
      await lasting.learnKeys();
      await lasting.mint.swap({ inputs: coins, outputs: wire(lasting.outputs(1n)) });
      await lasting.assertWhole();
    });
    it('starts with no other seed than its own', async () => {
      const database = await open('seeds');
      const first = await Sandbox.open(database);
      await assert.rejects(Sandbox.open(database), /another seed/);
      await first[Symbol.asyncDispose]();
    });
  });
}

function describeMinting(under: Under): void {
  it('give an invoice, know when it is paid, and issue its coins once', async () => {
    const { mint, backend } = under();
    const quote = await mint.makeMintQuote({ amount: 13n, unit: 'sat', description: 'thirteen' });
    assert.match(quote.quote, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.deepEqual([quote.state, quote.amount, quote.unit], ['UNPAID', 13, 'sat']);
    const blindings = under().outputs(13n);
    const request = { quote: quote.quote, outputs: wire(blindings) };
    await refused(20001, mint.issue(request));
    assert.ok(backend.world.receive(quote.request));
    // Nobody told the mint; asked too soon after the last time, it does not ask the node again.
    assert.equal((await mint.readMintQuote(quote.quote)).state, 'UNPAID');
    under().clock.pass(10_000);
    assert.equal((await mint.readMintQuote(quote.quote)).state, 'PAID');
    const answer = await mint.issue(request);
    assert.deepEqual(
      under()
        .unblind(blindings, answer.signatures)
        .map(({ amount }) => amount),
      [1n, 4n, 8n],
    );
    assert.equal((await mint.readMintQuote(quote.quote)).state, 'ISSUED');
    assert.equal(JSON.stringify(await mint.issue(request)), JSON.stringify(answer));
    await refused(20002, mint.issue({ quote: quote.quote, outputs: wire(under().outputs(13n)) }));
  });

  it('issue once, however many ask at a time, and answer all alike', async () => {
    const { mint } = under();
    const quote = await mint.makeMintQuote({ amount: 7n, unit: 'sat' });
    await under().payIn(quote.request);
    const request = { quote: quote.quote, outputs: wire(under().outputs(7n)) };
    const answers = await Promise.all(Array.from({ length: 12 }, () => mint.issue(request)));
    assert.equal(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1);
    const others = await Promise.allSettled(
      Array.from({ length: 6 }, () => mint.issue({ quote: quote.quote, outputs: wire(under().outputs(7n)) })),
    );
    assert.ok(others.every(({ status }) => status === 'rejected'));
  });

  it('credit what came once, however often it is reported, and keep parts of a satoshi in the books', async () => {
    const { mint, backend, database } = under();
    const quote = await mint.makeMintQuote({ amount: 5n, unit: 'sat' });
    assert.ok(backend.world.receive(quote.request, 5_400n));
    await Promise.all(Array.from({ length: 8 }, () => under().tellReceived(quote.request)));
    assert.equal((await mint.readMintQuote(quote.quote)).amount_paid, 5);
    const { lines } = await readTrialBalance(database);
    const rounding = lines.filter(({ code }) => code.startsWith('rounding#')).reduce((sum, { posted }) => sum + posted, 0n);
    assert.equal(rounding, 400n);
  });

  it('count the first word of a backend that tells of one payment twice, with two amounts: the second is not booked as money of nobody', async () => {
    const { mint, backend, database } = under();
    const quote = await mint.makeMintQuote({ amount: 40n, unit: 'sat' });
    await under().payIn(quote.request);
    const hash = [...backend.world.ours.values()].find(({ bolt11 }) => bolt11 === quote.request)?.hash ?? assert.fail('it is ours');
    const before = await readTrialBalance(database);
    for (const amount of [41_000n, 39_000n])
      assert.ok(await mint.received(hash, { state: 'settled', amount: msat(amount), kept: msat(0n) }));
    assert.deepEqual(await readTrialBalance(database), before);
    const { signatures } = await mint.issue({ quote: quote.quote, outputs: wire(under().outputs(40n)) });
    assert.equal(signatures.length, 2);
  });
}

function describeRefusals(under: Under): void {
  it('refuse what they do not serve', async () => {
    const { mint } = under();
    const ask = (body: object) => mint.makeMintQuote(body as Record<string, unknown>);
    await refused(11013, ask({ amount: 5n, unit: 'usd' }));
    await refused(11006, ask({ amount: 0n, unit: 'sat' }));
    await refused(11006, ask({ amount: 500_001n, unit: 'sat' }));
    await refused(1, ask({ unit: 'sat' }));
    await refused(1, ask({ amount: '5', unit: 'sat' }));
    await refused(1, ask({ amount: 5n, unit: 'sat', description: 'x'.repeat(640) }));
    await refused(20009, ask({ amount: 5n, unit: 'sat', pubkey: '02' }));
    await refused(20009, ask({ amount: 5n, unit: 'sat', pubkey: `02${'ff'.repeat(32)}` }));
    await refused(3, mint.readMintQuote('nothing'));
    await refused(3, mint.readMintQuote('019e6d5a-2347-7000-8322-05d51d498303'));
  });

  it('refuse outputs that do not fit', async () => {
    const { mint } = under();
    const quote = await mint.makeMintQuote({ amount: 8n, unit: 'sat' });
    await under().payIn(quote.request);
    const issue = (outputs: readonly WireOutput[]) => mint.issue({ quote: quote.quote, outputs });
    const [output] = wire(under().outputs(8n)) as [WireOutput];
    await refused(11005, issue([{ ...output, amount: 4n }]));
    await refused(11006, issue([{ ...output, amount: 3n }]));
    await refused(11008, issue([output, output]));
    await refused(12001, issue([{ ...output, id: `01${'00'.repeat(32)}` }]));
    await refused(10001, issue([{ ...output, B_: `02${'ff'.repeat(32)}` }]));
    await refused(1, issue([]));
    await refused(11015, issue(Array.from({ length: 1_001 }, () => output)));
    assert.equal((await mint.readMintQuote(quote.quote)).state, 'PAID');
  });
}

function describeLockedQuotes(under: Under): void {
  it('locked to a key are issued to its signature only', async () => {
    const { mint } = under();
    const secret = new Uint8Array(32).fill(9);
    const pubkey = formatHex(secp256k1.getPublicKey(secret, true));
    const quote = await mint.makeMintQuote({ amount: 2n, unit: 'sat', pubkey });
    assert.equal(quote.pubkey, pubkey);
    await under().payIn(quote.request);
    const [outputs, others] = [wire(under().outputs(2n)), wire(under().outputs(2n))];
    const signature = signFor(quote.quote, outputs, secret);
    await refused(20008, mint.issue({ quote: quote.quote, outputs }));
    await refused(20008, mint.issue({ quote: quote.quote, outputs: others, signature }));
    await refused(20008, mint.issue({ quote: quote.quote, outputs, signature: signFor(quote.quote, outputs, new Uint8Array(32).fill(8)) }));
    assert.equal((await mint.issue({ quote: quote.quote, outputs, signature })).signatures.length, 1);
  });

  it('are issued together, or none of them', async () => {
    const { mint } = under();
    const secret = new Uint8Array(32).fill(9);
    const locked = await mint.makeMintQuote({ amount: 3n, unit: 'sat', pubkey: formatHex(secp256k1.getPublicKey(secret, true)) });
    const open = await mint.makeMintQuote({ amount: 5n, unit: 'sat' });
    const quotes = [locked.quote, open.quote];
    const outputs = wire(under().outputs(8n));
    const signatures = [signFor(locked.quote, outputs, secret), null];
    await under().payIn(locked.request);
    await refused(20001, mint.issueBatch({ quotes, outputs, signatures }));
    await under().payIn(open.request);
    await refused(11016, mint.issueBatch({ quotes: [open.quote, open.quote], outputs }));
    await refused(1, mint.issueBatch({ quotes: [], outputs }));
    await refused(1, mint.issueBatch({ quotes, outputs, signatures: signatures.slice(0, 1) }));
    await refused(20008, mint.issueBatch({ quotes, outputs }));
    await refused(20008, mint.issueBatch({ quotes, outputs, signatures: [signatures[0], signatures[0]] }));
    await refused(11005, mint.issueBatch({ quotes, outputs, signatures, quote_amounts: [3n, 4n] }));
    await refused(3, mint.issueBatch({ quotes: [open.quote, '019e6d5a-2347-7000-8322-05d51d498303'], outputs }));
    assert.deepEqual(
      (await mint.readMintQuotes({ quotes })).map(({ state }) => state),
      ['PAID', 'PAID'],
    );
    const answer = await mint.issueBatch({ quotes, outputs, signatures });
    assert.equal(JSON.stringify(await mint.issueBatch({ quotes, outputs, signatures })), JSON.stringify(answer));
    assert.deepEqual(
      (await mint.readMintQuotes({ quotes })).map(({ state }) => state),
      ['ISSUED', 'ISSUED'],
    );
  });
}

function signFor(quote: string, outputs: readonly WireOutput[], secret: Uint8Array): string {
  const message = `${quote}${outputs.map(({ B_ }) => B_).join('')}`;
  return formatHex(schnorr.sign(createHash('sha256').update(message).digest(), secret));
}

function describeSwaps(under: Under): void {
  it('give coins for coins, once, with the same bytes for the same request', async () => {
    const { mint } = under();
    const inputs = await under().coins(21n);
    const blindings = under().outputs(21n, [1n, 2n, 2n, 16n]);
    const request = { inputs, outputs: wire(blindings) };
    const answer = await mint.swap(request);
    assert.equal(under().unblind(blindings, answer.signatures).length, 4);
    assert.equal(JSON.stringify(await mint.swap({ ...request, inputs: inputs.toReversed() })), JSON.stringify(answer));
    await refused(11001, mint.swap({ inputs, outputs: wire(under().outputs(21n)) }));
    await refused(11001, mint.swap({ inputs: inputs.slice(0, 1), outputs: wire(under().outputs(inputs[0]?.amount ?? 0n)) }));
  });

  it('let exactly one of many through that offer the same coin', async () => {
    const { mint } = under();
    for (let round = 0; round < 5; round++) {
      const inputs = await under().coins(8n);
      const tries = await Promise.allSettled(Array.from({ length: 20 }, () => mint.swap({ inputs, outputs: wire(under().outputs(8n)) })));
      assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1);
      for (const one of tries) if (one.status === 'rejected') assert.equal((one.reason as { code: number }).code, 11001);
    }
  });

  it('sign an output once, whoever brings it', async () => {
    const { mint } = under();
    const outputs = wire(under().outputs(4n));
    await mint.swap({ inputs: await under().coins(4n), outputs });
    await refused(11003, mint.swap({ inputs: await under().coins(4n), outputs }));
  });
}

function describeSwapRefusals(under: Under): void {
  it('refuse what is not of this mint, not balanced, or not one thing', async () => {
    const { mint } = under();
    const inputs = await under().coins(8n);
    const [coin] = inputs as [WireProof];
    const outputs = wire(under().outputs(8n));
    const swap = (changed: object) => mint.swap({ inputs, outputs, ...changed });
    await refused(11005, swap({ outputs: wire(under().outputs(9n)) }));
    await refused(11005, swap({ outputs: wire(under().outputs(7n)) }));
    await refused(11007, swap({ inputs: [coin, coin] }));
    await refused(11008, swap({ outputs: [outputs[0], outputs[0]] }));
    await refused(10001, swap({ inputs: [{ ...coin, secret: 'another' }] }));
    await refused(10001, swap({ inputs: [{ ...coin, C: `02${'11'.repeat(32)}` }] }));
    await refused(10001, swap({ inputs: [{ ...coin, amount: 16n }] }));
    await refused(10001, swap({ inputs: [{ ...coin, amount: 3n }] }));
    await refused(12001, swap({ inputs: [{ ...coin, id: `01${'ab'.repeat(32)}` }] }));
    await refused(12001, swap({ inputs: [{ ...coin, id: '009a1f293253e41e' }] }));
    await refused(1, swap({ inputs: [{ ...coin, amount: 8 }] }));
    await refused(1, swap({ inputs: [{ ...coin, secret: 'x'.repeat(1_025) }] }));
    await refused(1, swap({ inputs: [{ ...coin, secret: '\ud800' }] }));
    await refused(1, swap({ inputs: [{ ...coin, witness: 'x'.repeat(1_025) }] }));
    await refused(1, swap({ inputs: [{ ...coin, C: coin.C.toUpperCase() }] }));
    await refused(1, swap({ inputs: [] }));
    await refused(1, swap({ outputs: [] }));
    await refused(1, swap({ inputs: 'coins' }));
    await refused(11014, swap({ inputs: Array.from({ length: 1_001 }, () => coin) }));
    assert.deepEqual((await mint.swap({ inputs, outputs })).signatures.length, 1);
  });

  it('open locks for their keys, and keep the witness', async () => {
    const { mint } = under();
    const secretKey = new Uint8Array(32).fill(5);
    const lock = JSON.stringify([
      'P2PK',
      { nonce: formatHex(crypto.getRandomValues(new Uint8Array(8))), data: formatHex(secp256k1.getPublicKey(secretKey, true)) },
    ]);
    const locked = [blind(under().activeId, 4n, lock)];
    const { signatures } = await mint.swap({ inputs: await under().coins(4n), outputs: wire(locked) });
    const [coin] = under().unblind(locked, signatures) as [WireProof];
    const outputs = wire(under().outputs(4n));
    await refused(10001, mint.swap({ inputs: [coin], outputs }));
    const sign = (message: string) => formatHex(schnorr.sign(createHash('sha256').update(message).digest(), secretKey));
    await refused(10001, mint.swap({ inputs: [{ ...coin, witness: JSON.stringify({ signatures: [sign('other')] }) }], outputs }));
    const witness = JSON.stringify({ signatures: [sign(lock)] });
    await mint.swap({ inputs: [{ ...coin, witness }], outputs });
    assert.deepEqual((await mint.checkState({ Ys: [yOf(lock)] })).states, [{ Y: yOf(lock), state: 'SPENT', witness }]);
  });
}

function describeStates(under: Under): void {
  it('is told in the order asked', async () => {
    const { mint } = under();
    const [spent, kept] = [await under().coins(1n), await under().coins(1n)];
    await mint.swap({ inputs: spent, outputs: wire(under().outputs(1n)) });
    const ys = [...kept, ...spent, ...kept].map(({ secret }) => yOf(secret));
    const { states } = await mint.checkState({ Ys: ys });
    assert.deepEqual(
      states.map(({ Y, state }) => [Y, state]),
      [
        [ys[0], 'UNSPENT'],
        [ys[1], 'SPENT'],
        [ys[2], 'UNSPENT'],
      ],
    );
    await refused(1, mint.checkState({ Ys: ['abc'] }));
    await refused(11014, mint.checkState({ Ys: Array.from({ length: 1_001 }, () => ys[0]) }));
  });

  it('is given again: signatures for the outputs that were signed', async () => {
    const { mint } = under();
    const [first, never, second] = [under().outputs(4n), under().outputs(4n), under().outputs(2n)];
    const [one, two] = [
      await mint.swap({ inputs: await under().coins(4n), outputs: wire(first) }),
      await mint.swap({ inputs: await under().coins(2n), outputs: wire(second) }),
    ];
    const restored = await mint.restore({ outputs: wire([...second, ...never, ...first]) });
    assert.deepEqual(restored.signatures, [...two.signatures, ...one.signatures]);
    assert.deepEqual(
      restored.outputs.map(({ B_ }) => B_),
      wire([...second, ...first]).map(({ B_ }) => B_),
    );
  });
}

async function chargesFees(sandbox: Sandbox): Promise<void> {
  const { mint } = sandbox;
  const inputs = await sandbox.coins(7n);
  // Three coins at 0.3: one satoshi.
  await refused(11005, mint.swap({ inputs, outputs: wire(sandbox.outputs(7n)) }));
  const blindings = sandbox.outputs(6n);
  const kept = sandbox.unblind(blindings, (await mint.swap({ inputs, outputs: wire(blindings) })).signatures);
  const former = sandbox.activeId;
  await Promise.all([mint.rotate(), mint.rotate()]);
  await sandbox.learnKeys();
  assert.notEqual(sandbox.activeId, former);
  await refused(12002, mint.swap({ inputs: kept, outputs: wire(blindAll(former, [1n, 4n])) }));
  await mint.swap({ inputs: kept, outputs: wire(sandbox.outputs(5n)) });
  type Listed = { readonly active: boolean; readonly input_fee_ppk: number };
  const listed = async () => ((await mint.keysets()) as { keysets: readonly Listed[] }).keysets;
  assert.equal((await listed()).filter(({ active }) => active).length, 1);
  await assertWhole(sandbox.database);
  const before = await listed();
  await mint.rotateIfDue();
  assert.deepEqual(await listed(), before);
  sandbox.clock.pass(31_557_600_000);
  await mint.rotateIfDue();
  assert.deepEqual(
    (await listed()).map(({ active }) => active),
    [...before.map(() => false), true],
  );
  await sandbox.learnKeys();
  sandbox.clock.pass(3 * 31_557_600_000);
  await refused(12003, mint.swap({ inputs: await sandbox.coins(1n), outputs: wire(sandbox.outputs(1n)) }));
}

function describeLaws(under: Under): void {
  const attempts: readonly (readonly [string, string])[] = [
    ['a spent coin freed', "delete from mint_proofs where state = 'spent'"],
    ['a spent coin held again', "update mint_proofs set state = 'reserved' where state = 'spent'"],
    ['a held coin freed while its payment runs', "delete from mint_proofs where state = 'reserved'"],
    ['a held coin taken by another operation', "update mint_proofs set op = (select min(op) from mint_outputs) where state = 'reserved'"],
    ['a signature changed', "update mint_outputs set amount = 1 where state = 'signed'"],
    ['a signature forgotten', "delete from mint_outputs where state = 'signed'"],
    ['more issued than was paid', 'update mint_quotes set amount_issued = amount_paid + 1'],
    ['less paid than was', 'update mint_quotes set amount_paid = 0, amount_issued = 0 where amount_paid > 0'],
    ['a payment that goes back', "update mint_melt_quotes set state = 'UNPAID', op = null where state in ('PAID', 'PENDING')"],
    ['an ended payment that goes on', "update mint_melts set step = 'unknown' where step = 'paid'"],
    ['a fence lowered', "update mint_melts set fence = fence - 1 where step in ('dispatching', 'unknown')"],
    ['a keyset that signs again', 'update mint_keysets set active = 2'],
    ['a keyset of another fee', 'update mint_keysets set fee_ppk = fee_ppk + 1'],
    ['a keyset forgotten', 'delete from mint_keysets'],
    ['another seed', 'delete from mint_seed'],
  ];

  before(async () => {
    const { mint, backend } = under();
    const quote = await mint.makeMeltQuote({ request: backend.world.invoice(10_000n, { end: 'hangs' }), unit: 'sat' });
    assert.equal((await mint.melt({ quote: quote.quote, inputs: await under().coins(20n) })).state, 'PENDING');
  });

  for (const [what, statement] of attempts) {
    it(`are refused: ${what}`, async () => {
      const { database } = under();
      await assert.rejects(
        database.transaction((queries) => sql.raw(statement).execute(queries)),
        (error: unknown) => violationOf(error) === 'check',
        statement,
      );
    });
  }

  it('are refused that only one engine has: replacing on SQLite, truncating on PostgreSQL', async () => {
    const { database } = under();
    const trick =
      database.engine === 'sqlite'
        ? "replace into mint_proofs select y, keyset, amount, 'reserved', op, witness from mint_proofs where state = 'spent' limit 1"
        : 'truncate mint_proofs';
    await assert.rejects(
      database.transaction((queries) => sql.raw(trick).execute(queries)),
      (error: unknown) => violationOf(error) === 'check',
    );
  });
}
