// A notice, from the desk to the till: what is filed about a link freezes what its offer earns, and what is decided is carried out on both sides,
// also when whoever decided died in between.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Database, insertRows, openDatabase } from '@reprise/database';
import { type Bytes, formatHex, parseHex, systemRandom } from '@reprise/kit';
import type { DeviceId, LinkId, SpaceId } from '@reprise/protocol';
import { encodeDcbor } from '@reprise/protocol/formats';
import { caseCommands } from '../../apps/host/src/admin-cases.ts';
import { type CaseDesk, openCaseDesk } from '../../apps/host/src/cases.ts';
import { decideCase } from '../../bitcache/service/src/cases/decide.ts';
import { dayMs, seller, Shop } from '../../bitcache/service/src/testing/shop.ts';
import { addCase, findCase, take } from '../../server/drive/src/cases/store.ts';
import { startPostgres } from '../support/postgres.ts';

const draw = (bytes: number) => formatHex(systemRandom(bytes));
const times = { standMs: 14 * dayMs };

const started = await startPostgres();
describeDesk('SQLite', () => openDatabase({ path: ':memory:' }));
if ('missing' in started) {
  describe('a case, from the desk to the till: PostgreSQL', () => it('is held and decided', (t) => t.skip(started.missing)));
} else {
  const { server } = started;
  after(() => server.stop());
  describeDesk('PostgreSQL', () => openDatabase({ url: server.createDatabase() }));
}

function describeDesk(engine: string, open: () => Promise<Database>): void {
  describe(`a case, from the desk to the till: ${engine}`, () => {
    let shop: Shop;
    let desk: CaseDesk;
    let space: SpaceId;
    let drawn = 0;
    const troubled: string[] = [];
    before(async () => {
      shop = await Shop.open(await open());
      desk = openCaseDesk(shop.sandbox.database, shop.sandbox.clock, (id) => void troubled.push(id));
      space = await spaceOf(seller);
    });
    after(() => shop[Symbol.asyncDispose]());

    async function spaceOf(owner: string): Promise<SpaceId> {
      const row = {
        space: draw(32) as SpaceId,
        kind: 1,
        user_id: owner,
        device_id: draw(32) as DeviceId,
        device_public: systemRandom(32),
        genesis: systemRandom(8),
      };
      await insertRows(shop.sandbox.database.db, 'spaces', [{ ...row, created_at: 1, bytes_max: 1 }]);
      return row.space;
    }

    /** A link whose record names the offer, as a seller's client publishes it. */
    async function link(offer: string | null, place = space): Promise<LinkId> {
      const id = draw(16) as LinkId;
      const record = offer === null ? systemRandom(300) : encodeDcbor([1, parseHex(offer) as Bytes, systemRandom(300), systemRandom(200)]);
      const row = {
        link: id,
        space: place,
        token_hash: systemRandom(32),
        record: new Uint8Array(record),
        version: 1,
        growing: 0 as const,
        note: systemRandom(8),
      };
      await insertRows(shop.sandbox.database.db, 'links', [{ ...row, created_at: 1 }]);
      return id;
    }

    async function file(about: LinkId): Promise<string> {
      const [id, now] = [`N-${String(drawn++).padStart(10, '2')}`, shop.sandbox.clock.now()];
      const said = { holder: 'H', contact: 'h@h.example', words: 'Mine.' };
      await addCase(shop.sandbox.database, {
        id,
        link: about,
        codeHash: systemRandom(32),
        ...said,
        openedAt: now,
        answerBy: now + 14 * dayMs,
      });
      await desk.carryOut(id);
      return id;
    }

    const decide = (id: string, remedy: 'claim' | 'refund' | null) =>
      take(shop.sandbox.database, {
        id,
        event: remedy === null ? { actor: 'operator', act: 'dismiss' } : { actor: 'operator', act: 'uphold', remedy, urgent: true },
        words: 'copyright',
        now: shop.sandbox.clock.now(),
        times,
      });

    const removedOf = async (about: LinkId) =>
      (await shop.sandbox.database.db.selectFrom('links').select('removed_reference').where('link', '=', about).executeTakeFirstOrThrow())
        .removed_reference;

    it('upheld: the link is down, and what it earned is the rights holder’s, though whoever decided died before it was carried out', async () => {
      const { offer } = await shop.offer();
      await shop.sold(offer);
      const about = await link(offer);
      const id = await file(about);
      assert.equal(await shop.posted(`escrow:${id}`), 100_000n);
      await decide(id, 'claim');
      assert.equal(await removedOf(about), null, 'nobody has carried it out yet');
      await desk.carryAll();
      await desk.carryAll();
      assert.equal(await removedOf(about), id);
      assert.deepEqual(await shop.service.takeClaim(id, 'ef'.repeat(32)), { waiting: 0n, taken: 100_000n });
      assert.equal((await findCase(shop.sandbox.database, id))?.carried, 1);
      await shop.assertWhole();
    });

    it('dismissed: it is the seller’s again; a link that is put up for sale during its case is frozen as well', async () => {
      const about = await link(null);
      const id = await file(about);
      const { offer } = await shop.offer();
      await shop.sold(offer);
      const record = new Uint8Array(encodeDcbor([1, parseHex(offer) as Bytes, systemRandom(300), systemRandom(200)]));
      await shop.sandbox.database.db.updateTable('links').set({ record }).where('link', '=', about).execute();
      await desk.carryAll();
      assert.equal(await shop.posted(`escrow:${id}`), 100_000n);
      shop.sandbox.clock.pass(15 * dayMs);
      const had = await shop.posted(`account:${seller}`);
      await decide(id, null);
      await desk.carryOut(id);
      assert.equal((await shop.posted(`account:${seller}`)) - had, 100_000n);
      assert.equal(await removedOf(about), null);
      await shop.assertWhole();
    });

    it('an operator’s own `hold` keeps what is earned until it is decided, for the seller or for the buyers', async () => {
      const { offer } = await shop.offer();
      const { coins } = await shop.sold(offer);
      const about = await link(offer);
      const run = (name: string, ...words: string[]) => caseCommands[name]?.(shop.sandbox.database, words);
      const first = readHeld(await run('hold', about, '--ground', 'paid for, and gone'));
      assert.equal(await shop.posted(`escrow:${first}`), 100_000n);
      assert.match(String(await run('case', first)), /The operator of this server/);
      assert.match(String(await run('reject', first, '--ground', 'delivered')), /goes back to the seller/);
      assert.deepEqual([await shop.posted(`escrow:${first}`), await shop.posted(`pending:${offer}#`)], [0n, 100_000n]);
      const second = readHeld(await run('hold', about, '--ground', 'gone indeed'));
      await run('uphold', second, '--to', 'buyers', '--ground', 'not delivered', '--now');
      const { amount, reason } = await shop.service.readRefund(await shop.service.paymentWith(offer, coins));
      assert.deepEqual([amount, reason, await removedOf(about)], [100n, 'removed', second]);
      await shop.assertWhole();
    });

    it('a stranger who names a seller’s offer in a link of his own, and files about it, freezes and takes nothing', async () => {
      const { offer } = await shop.offer();
      await shop.sold(offer);
      const about = await link(offer, await spaceOf(draw(32)));
      const id = await file(about);
      await desk.carryAll();
      assert.deepEqual([await shop.posted(`escrow:${id}`), (await shop.service.readOffer(offer)).state], [0n, 'open']);
      await decide(id, 'claim');
      await desk.carryAll();
      assert.equal(await removedOf(about), id);
      await assert.rejects(shop.service.takeClaim(id, 'cd'.repeat(32)), { code: 'no-claim' });
      await shop.sold(offer);
      assert.deepEqual([(await shop.service.readOffer(offer)).state, await shop.posted(`pending:${offer}#`)], ['open', 200_000n]);
      await shop.assertWhole();
    });

    it('a case that cannot be carried out is told of, and stops no other', async () => {
      const { offer } = await shop.offer();
      const [bad, good] = [await file(await link(offer)), await file(await link(null))];
      await decideCase(shop.cases, bad, 'dismissed');
      await decide(bad, 'claim');
      await decide(good, 'claim');
      await desk.carryAll();
      assert.deepEqual(troubled, [bad]);
      const carried = async (id: string) => (await findCase(shop.sandbox.database, id))?.carried;
      assert.deepEqual([await carried(bad), await carried(good)], [0, 1]);
      await assert.rejects(desk.carryOut(bad), { code: 'operation-differs' });
    });

    it('about a link that is not sold, or not here, there is no money, and the case ends all the same', async () => {
      for (const about of [await link(null), draw(16) as LinkId]) {
        const id = await file(about);
        await decide(id, 'refund');
        await desk.carryAll();
        assert.equal((await findCase(shop.sandbox.database, id))?.carried, 1);
      }
      await shop.assertWhole();
    });
  });
}

/** The case that a command says it opened. */
function readHeld(said: string | undefined): string {
  const [id] = /N-[2-9A-HJKMNP-Z]{10}/.exec(said ?? '') ?? [];
  if (id === undefined) throw new Error(`no case in: ${said}`);
  return id;
}
