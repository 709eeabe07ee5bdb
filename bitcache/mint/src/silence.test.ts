// Requests whose transaction ended without a word: what they are told is how their coins stand, and what was their own doing is theirs.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { openDatabase } from '@reprise/database';
import { startPostgres } from '../../../tests/support/postgres.ts';
import { refused } from './testing/refused.ts';
import { Sandbox, wire } from './testing/sandbox.ts';
import { SilentDatabase } from '../../../storage/database/src/testing/silent-database.ts';
import type { WireProof } from './testing/wallet.ts';

const folder = await mkdtemp(join(tmpdir(), 'reprise-mint-silence-'));
after(() => rm(folder, { recursive: true, force: true }));
describeSilence('SQLite', { path: join(folder, 'mint.sqlite') });
const started = await startPostgres();
if ('missing' in started) {
  describe('silence on PostgreSQL', () => it('is answered by how the coins stand', (t) => t.skip(started.missing)));
} else {
  after(() => started.server.stop());
  describeSilence('PostgreSQL', { url: started.server.createDatabase() });
}

function describeSilence(name: string, place: Parameters<typeof openDatabase>[0]): void {
  describe(`silence on ${name}`, () => {
    let database: SilentDatabase;
    let sandbox: Sandbox;
    before(async () => {
      database = new SilentDatabase(await openDatabase(place));
      sandbox = await Sandbox.open(database);
      // Accounts of the books are opened in transactions of their own.
      await swapOf(await sandbox.coins(8n));
    });
    afterEach(() => sandbox.assertWhole());
    after(() => sandbox[Symbol.asyncDispose]());

    const swapOf = (inputs: readonly WireProof[]) => sandbox.mint.swap({ inputs, outputs: wire(sandbox.outputs(8n)) });
    const unavailable = { code: 'unavailable' };
    const invoice = () => sandbox.backend.world.invoice(5_000n);
    const meltQuote = async () => (await sandbox.mint.makeMeltQuote({ request: invoice(), unit: 'sat' })).quote;

    it('after which somebody else has the coins is told as spent', async () => {
      const [inputs, quote] = [await sandbox.coins(16n, [8n, 8n]), await meltQuote()];
      database.loseAfter(() => swapOf(inputs.slice(0, 1)));
      await refused(11001, sandbox.mint.swap({ inputs, outputs: wire(sandbox.outputs(16n)) }));
      const others = await sandbox.coins(16n);
      database.loseAfter(() => sandbox.mint.swap({ inputs: others, outputs: wire(sandbox.outputs(16n)) }));
      await refused(11001, sandbox.mint.melt({ quote, inputs: others }));
      assert.equal((await sandbox.mint.readMeltQuote(quote)).state, 'UNPAID');
    });

    it('after which a payment holds the coins is told as held', async () => {
      const [inputs, request] = [await sandbox.coins(16n), sandbox.backend.world.invoice(5_000n, { end: 'hangs' })];
      const { quote } = await sandbox.mint.makeMeltQuote({ request, unit: 'sat' });
      database.loseAfter(() => sandbox.mint.melt({ quote, inputs }));
      await refused(11002, sandbox.mint.swap({ inputs, outputs: wire(sandbox.outputs(16n)) }));
    });

    it('after which the coins are nobody’s stays a failure to be asked again', async () => {
      const [inputs, quote] = [await sandbox.coins(16n), await meltQuote()];
      const request = { inputs, outputs: wire(sandbox.outputs(16n)) };
      database.loseAfter(async () => {});
      await assert.rejects(sandbox.mint.melt({ quote, inputs }), unavailable);
      database.loseAfter(async () => {});
      await assert.rejects(sandbox.mint.swap(request), unavailable);
      assert.equal((await sandbox.mint.swap(request)).signatures.length, 1);
    });

    it('of a swap and an issue that were carried out is no failure: they have their signatures', async () => {
      const request = { inputs: await sandbox.coins(8n), outputs: wire(sandbox.outputs(8n)) };
      database.loseAnswer();
      const swapped = await sandbox.mint.swap(request);
      assert.deepEqual(await sandbox.mint.swap(request), swapped);
      const asked = await sandbox.mint.makeMintQuote({ amount: 8n, unit: 'sat' });
      await sandbox.payIn(asked.request);
      const issue = { quote: asked.quote, outputs: wire(sandbox.outputs(8n)) };
      database.loseAnswer();
      const issued = await sandbox.mint.issue(issue);
      assert.deepEqual(await sandbox.mint.issue(issue), issued);
    });

    it('of a payment that holds its coins is not told as somebody else’s: it ends by who looks after it', async () => {
      const [inputs, quote] = [await sandbox.coins(16n), await meltQuote()];
      database.loseAnswer();
      await assert.rejects(sandbox.mint.melt({ quote, inputs }), unavailable);
      assert.equal((await sandbox.mint.melt({ quote, inputs })).state, 'PENDING');
      sandbox.clock.pass(16_000);
      assert.equal(await sandbox.mint.resume(), 1);
      assert.equal((await sandbox.mint.melt({ quote, inputs })).state, 'PAID');
    });
  });
}
