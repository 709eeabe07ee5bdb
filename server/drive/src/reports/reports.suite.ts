// Reports and removals, over real HTTP; src/routes.test.ts runs it on every engine.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type LinkId, contract } from '@reprise/protocol';
import { defaultSettings } from '../settings.ts';
import type { TestEngine } from '../testing/service.ts';
import { Owner, drawLink, sealedLike, send } from '../testing/owner.ts';
import { blockLink, countTotals, dismissReports, holdersOf, openReports, unblockLink } from './store.ts';

const complaint = { reason: 'copyright', text: 'This is mine.', contact: 'a@b.example' };

export function describeReports({ name, start }: TestEngine): void {
  describe(`reports on ${name}`, { concurrency: false }, () => {
    test('a report is answered alike for a link that exists and one that does not', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const answers = [];
      for (const { id } of [await owner.publish(), drawLink()])
        answers.push(await send(service.url, contract['links.report'], { link: id }, complaint));
      for (const answer of answers) {
        assert.equal(answer.status, 201);
        assert.match(answer.json.reference, /^N-[2-9A-HJ-NP-Z]{10}$/);
      }
      assert.equal((await openReports(service.database, 10)).length, 2);
    });

    test('a removed link tells who holds it why, its objects are served nowhere, and it can be given back', async () => {
      await using service = await start();
      const [owner, stranger] = [await Owner.open(service), await Owner.open(service)];
      const [object, untouched] = [sealedLike(), sealedLike()];
      const [link, copy, other] = [await owner.share([object]), await stranger.share([object]), await owner.share([untouched])];
      await send(service.url, contract['links.report'], { link: link.id }, complaint);
      const removal = { reference: 'N-TEST', ground: 'copyright', removedAt: service.clock.now() };
      assert.equal(await blockLink(service.database, link.id as LinkId, removal), 1);
      const opened = await send(service.url, contract['links.open'], { link: link.id }, link.proof);
      assert.deepEqual([opened.status, opened.error], [451, { code: 'link-removed', facts: removal }]);
      const guessed = await send(service.url, contract['links.open'], { link: link.id }, other.proof);
      assert.deepEqual([guessed.status, guessed.error], [404, { code: 'link-unavailable', facts: {} }]);
      assert.equal((await send(service.url, contract['links.open'], { link: copy.id }, copy.proof)).status, 200);
      assert.equal((await send(service.url, contract['objects.get'], { id: object.id })).status, 404, 'in no other link either');
      assert.equal((await send(service.url, contract['objects.get'], { id: untouched.id })).status, 200);
      assert.deepEqual((await owner.view()).json.links.find((seen) => seen.link === link.id)?.removed, removal);
      assert.deepEqual(await openReports(service.database, 10), []);
      await service.drive.sweep();
      await unblockLink(service.database, link.id as LinkId);
      assert.equal((await send(service.url, contract['links.open'], { link: link.id }, link.proof)).status, 200);
      assert.equal((await send(service.url, contract['objects.get'], { id: object.id })).status, 200);
    });

    test('a removed link takes neither ids nor changes: what others share stays out of its list', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const [bad, innocent] = [sealedLike(), sealedLike()];
      const [link, other] = [await owner.share([bad]), await owner.share([innocent])];
      const removal = { reference: 'N-TEST', ground: 'copyright', removedAt: service.clock.now() };
      await blockLink(service.database, link.id as LinkId, removal);
      const refused = [451, { code: 'link-removed', facts: removal }];
      const listed = await owner.list(link.id, [innocent.id]);
      assert.deepEqual([listed.status, listed.error], refused);
      const updated = await owner.call(contract['links.update'], { link: link.id }, { expiresAt: null });
      assert.deepEqual([updated.status, updated.error], refused);
      assert.equal((await send(service.url, contract['objects.get'], { id: innocent.id })).status, 200);
      assert.equal((await send(service.url, contract['links.open'], { link: other.id }, other.proof)).status, 200);
      assert.equal((await owner.call(contract['links.delete'], { link: link.id })).status, 204, 'its owner may still end it');
    });

    test('the operator learns which other links and spaces hold the same objects, and no others', async () => {
      await using service = await start();
      const [one, two, three] = [await Owner.open(service), await Owner.open(service), await Owner.open(service)];
      const [bad, harmless] = [sealedLike(), sealedLike()];
      const link = await one.share([bad]);
      const again = await one.share([bad]);
      const copy = await two.share([bad, harmless]);
      const revoked = await two.share([bad]);
      await two.call(contract['links.delete'], { link: revoked.id });
      await three.share([harmless]);
      const holders = await holdersOf(service.database, link.id as LinkId, 1);
      const links = [again.id, copy.id].sort();
      assert.deepEqual(holders, { links: { count: 2, ids: links.slice(0, 1) }, spaces: { count: 1, ids: [two.space] } });
    });

    test('blocking what does not exist is refused; dismissing closes the reports', async () => {
      await using service = await start();
      const { id } = drawLink();
      const removal = { reference: 'N-TEST', ground: 'x', removedAt: 1 };
      await assert.rejects(blockLink(service.database, id as LinkId, removal), { code: 'not-found' });
      await assert.rejects(unblockLink(service.database, id as LinkId), { code: 'not-found' });
      await send(service.url, contract['links.report'], { link: id }, complaint);
      assert.equal(await dismissReports(service.database, id as LinkId), 1);
      assert.equal((await countTotals(service.database)).openReports, 0);
    });

    test('an empty text, an unknown reason or a long contact is refused, and many reports are slowed', async () => {
      await using service = await start({
        settings: { rates: { ...defaultSettings.rates, requests: null, spaces: null, reports: { perMinute: 1, burst: 2 } } },
      });
      const { id } = drawLink();
      for (const bad of [
        { ...complaint, text: '' },
        { ...complaint, reason: 'mood' },
        { ...complaint, contact: 'x'.repeat(321) },
        { text: 'x' },
      ]) {
        assert.equal((await send(service.url, contract['links.report'], { link: id }, bad)).error?.code, 'bad-request');
      }
      for (let i = 0; i < 2; i++) assert.equal((await send(service.url, contract['links.report'], { link: id }, complaint)).status, 201);
      const slowed = await send(service.url, contract['links.report'], { link: id }, complaint);
      assert.equal(slowed.error?.code, 'rate-limited');
      assert.ok(Number(slowed.error?.facts['retryAfterMs']) > 0);
    });
  });
}
