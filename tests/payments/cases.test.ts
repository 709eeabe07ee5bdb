// A notice, from the desk to the till: what is filed about a link freezes what its offer earns, and what is decided is carried out on both sides,
// also when whoever decided died in between.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { insertRows, openDatabase } from '@reprise/database';
import { type Bytes, formatHex, parseHex, systemRandom } from '@reprise/kit';
import type { DeviceId, LinkId, SpaceId } from '@reprise/protocol';
import { encodeDcbor } from '@reprise/protocol/formats';
import { type CaseDesk, openCaseDesk } from '../../apps/host/src/cases.ts';
import { dayMs, seller, Shop } from '../../bitcache/service/src/testing/shop.ts';
import { addCase, findCase, take } from '../../server/drive/src/cases/store.ts';

const draw = (bytes: number) => formatHex(systemRandom(bytes));
const times = { standMs: 14 * dayMs };

describe('a case, from the desk to the till', () => {
  let shop: Shop;
  let desk: CaseDesk;
  let space: SpaceId;
  let drawn = 0;
  before(async () => {
    shop = await Shop.open(await openDatabase({ path: ':memory:' }));
    desk = openCaseDesk(shop.sandbox.database, shop.sandbox.clock);
    space = draw(32) as SpaceId;
    const row = {
      space,
      kind: 1,
      user_id: seller,
      device_id: draw(32) as DeviceId,
      device_public: systemRandom(32),
      genesis: systemRandom(8),
    };
    await insertRows(shop.sandbox.database.db, 'spaces', [{ ...row, created_at: 1, bytes_max: 1 }]);
  });
  after(() => shop[Symbol.asyncDispose]());

  /** A link whose record names the offer, as a seller's client publishes it. */
  async function link(offer: string | null): Promise<LinkId> {
    const id = draw(16) as LinkId;
    const record = offer === null ? systemRandom(300) : encodeDcbor([1, parseHex(offer) as Bytes, systemRandom(300), systemRandom(200)]);
    const row = {
      link: id,
      space,
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
