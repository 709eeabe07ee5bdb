// Publishing and visiting links, over real HTTP; src/routes.test.ts runs it on every engine.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatBase64url, systemRandom } from '@reprise/kit';
import { contract } from '@reprise/protocol';
import type { TestEngine } from '../testing/service.ts';
import { Owner, type TestLink, drawLink, sealedLike, send } from '../testing/owner.ts';
import type { TestService } from '../testing/service.ts';

const secret = () => formatBase64url(systemRandom(32));
const hourMs = 3_600_000;

const open = (service: TestService, link: TestLink, proof: object = link.proof) =>
  send(service.url, contract['links.open'], { link: link.id }, proof);
const begin = (service: TestService, link: TestLink) => send(service.url, contract['links.download'], { link: link.id }, link.proof);
const finish = (service: TestService, link: TestLink, download: string) =>
  send(service.url, contract['links.finish'], { link: link.id, download }, link.proof);

export function describeLinks({ name, start }: TestEngine): void {
  describe(`links on ${name}`, { concurrency: false }, () => {
    test('who lacks the token gets one answer for a link that lives, ended, or never was', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const [live, revoked, expired] = [
        await owner.publish(),
        await owner.publish(),
        await owner.publish({ expiresAt: service.clock.now() + hourMs }),
      ];
      await owner.call(contract['links.delete'], { link: revoked.id });
      service.clock.move(2 * hourMs);
      const wrong = { token: secret() };
      const answers = await Promise.all([live, revoked, expired, drawLink()].map((link) => open(service, link, wrong)));
      for (const answer of answers) {
        assert.equal(answer.status, 404);
        assert.deepEqual(answer.json, { error: { code: 'link-unavailable', facts: {} } });
        assert.deepEqual([...answer.headers.keys()].toSorted(), [...(answers[0]?.headers.keys() ?? [])].toSorted());
      }
      assert.deepEqual((await open(service, revoked)).error?.facts, { reason: 'revoked' });
      assert.deepEqual((await open(service, expired)).error?.facts, { reason: 'expired' });
      assert.equal((await open(service, live)).status, 200);
    });

    test('the same link twice is one, and other content under its id is refused', async () => {
      await using service = await start();
      const [owner, stranger] = [await Owner.open(service), await Owner.open(service)];
      const link = drawLink();
      assert.equal((await owner.call(contract['links.create'], {}, link.body)).status, 201);
      assert.equal((await owner.call(contract['links.create'], {}, link.body)).status, 201);
      assert.equal((await owner.call(contract['links.create'], {}, { ...link.body, record: secret() })).error?.code, 'already-exists');
      assert.equal((await stranger.call(contract['links.create'], {}, link.body)).error?.code, 'already-exists');
      assert.equal((await owner.view()).json.links.length, 1);
    });

    test('versions only rise', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const link = await owner.publish({ growing: true });
      const update = (body: object) => owner.call(contract['links.update'], { link: link.id }, body);
      const record = secret();
      assert.deepEqual((await update({ record, version: 1 })).error, { code: 'version-conflict', facts: { version: 1 } });
      assert.equal((await update({ record })).error?.code, 'bad-request');
      assert.equal((await update({ version: 3 })).error?.code, 'bad-request');
      assert.deepEqual((await update({ record, version: 2, growing: false })).json, { link: link.id, version: 2, expiresAt: null });
      assert.equal((await update({})).status, 200);
      const opened = await open(service, link);
      assert.deepEqual([opened.json.record, opened.json.version, opened.json.growing], [record, 2, false]);
    });

    test('a password is asked for, limited after ten wrong ones, and never locks the owner out', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const link = await owner.publish({ gate: secret() });
      const wrong = () => open(service, link, { token: link.proof.token, gate: secret() });
      assert.equal((await open(service, link, { token: link.proof.token })).error?.code, 'password-required');
      assert.equal((await open(service, link)).status, 200);
      for (let left = 9; left >= 0; left--) assert.deepEqual((await wrong()).error, { code: 'password-wrong', facts: { triesLeft: left } });
      const waiting = await open(service, link);
      assert.equal(waiting.error?.code, 'too-many-tries');
      assert.equal(waiting.status, 429);
      assert.ok(Number(waiting.error?.facts['retryAfterMs']) > 0);
      assert.ok(Number(waiting.headers.get('retry-after')) >= 1);
      assert.equal((await owner.call(contract['links.update'], { link: link.id }, { note: secret() })).status, 200);
      service.clock.move(3_000);
      assert.equal((await wrong()).error?.code, 'password-wrong');
      service.clock.move(3_000);
      assert.equal((await open(service, link)).error?.code, 'too-many-tries', 'the wait has grown');
      service.clock.move(300_000);
      assert.equal((await open(service, link)).status, 200);
      assert.deepEqual((await wrong()).error?.facts, { triesLeft: 9 }, 'the right one wiped the count');
      const other = await owner.publish({ gate: secret() });
      assert.equal((await open(service, other)).status, 200, 'guesses count for their own link');
    });

    test('a cap counts finished downloads, each once, and reserves places that lapse', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const object = sealedLike();
      const link = await owner.share([object], { downloadsMax: 2 });
      assert.equal((await open(service, link)).json.downloadsLeft, 2);
      const [first, second] = [await begin(service, link), await begin(service, link)];
      assert.equal((await open(service, link)).json.downloadsLeft, 0);
      assert.deepEqual((await begin(service, link)).error, { code: 'link-unavailable', facts: { reason: 'used-up' } });
      for (let i = 0; i < 3; i++) assert.equal((await finish(service, link, first.json.download)).status, 204);
      assert.deepEqual((await owner.view()).json.links[0]?.downloads, { finished: 1, running: 1 });
      service.clock.move(25 * hourMs);
      assert.equal((await open(service, link)).json.downloadsLeft, 1, 'the second place lapsed');
      const third = await begin(service, link);
      assert.equal(third.status, 201);
      const gets = (download: string) =>
        send(service.url, contract['links.gets'], { link: link.id }, { ...link.proof, download, ids: [object.id] });
      assert.equal((await gets(third.json.download)).status, 200);
      assert.deepEqual((await gets(second.json.download)).error?.facts, { reason: 'used-up' });
      assert.equal((await send(service.url, contract['objects.get'], { id: object.id })).status, 200);
      assert.equal((await finish(service, link, third.json.download)).status, 204);
      assert.deepEqual((await open(service, link)).error?.facts, { reason: 'used-up' });
      assert.equal((await finish(service, link, third.json.download)).status, 204, 'may be told again after the end');
      assert.equal((await finish(service, link, second.json.download)).status, 204);
      assert.equal((await owner.view()).json.links[0]?.downloads.finished, 2, 'never above the cap');
      assert.equal((await send(service.url, contract['objects.get'], { id: object.id })).status, 404);
      assert.equal((await finish(service, link, '0'.repeat(32))).error?.code, 'not-found');
    });

    test('twenty visitors at once get no more places than the cap has', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const link = await owner.publish({ downloadsMax: 5 });
      const answers = await Promise.all(Array.from({ length: 20 }, () => begin(service, link)));
      assert.equal(answers.filter(({ status }) => status === 201).length, 5);
      assert.equal(answers.filter(({ error }) => error?.facts['reason'] === 'used-up').length, 15);
    });

    test('listing is all or none, names what is missing, and takes only what the space itself holds', async () => {
      await using service = await start();
      const [owner, stranger] = [await Owner.open(service), await Owner.open(service)];
      const [mine, unknown, theirs] = [sealedLike(), sealedLike(), sealedLike()];
      await owner.put([mine]);
      await stranger.put([theirs]);
      const link = await owner.publish();
      const refused = await owner.list(link.id, [mine.id, unknown.id, theirs.id]);
      assert.equal(refused.status, 409);
      assert.deepEqual(refused.error, { code: 'objects-missing', facts: { count: 2, missing: [unknown.id, theirs.id] } });
      assert.equal((await send(service.url, contract['objects.get'], { id: mine.id })).status, 404, 'nothing of it was listed');
      assert.deepEqual((await owner.list(link.id, [mine.id, mine.id])).json, { listedObjects: 1 });
      assert.deepEqual((await owner.list(link.id, [mine.id])).json, { listedObjects: 1 });
      assert.deepEqual((await owner.list(link.id, [])).json, { listedObjects: 1 });
      assert.equal((await send(service.url, contract['objects.get'], { id: theirs.id })).status, 404);
    });

    test('who proves the link reads the ids that it holds, in order and from any of them', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const objects = [sealedLike(), sealedLike(), sealedLike()];
      const link = await owner.share(objects);
      const ask = (body: object) => send(service.url, contract['links.ids'], { link: link.id }, body);
      const sorted = objects.map(({ id }) => id).toSorted();
      const listed = async (body: object) => {
        const answer = await ask(body);
        assert.equal(answer.status, 200);
        return Buffer.from(answer.bytes).toString('hex');
      };
      assert.equal(await listed(link.proof), sorted.join(''));
      assert.equal(await listed({ ...link.proof, after: sorted[1] }), sorted[2]);
      assert.equal(await listed({ ...link.proof, after: sorted[2] }), '');
      assert.equal((await ask({ token: secret() })).error?.code, 'link-unavailable');
      assert.equal((await ask({ ...link.proof, after: 'x' })).error?.code, 'bad-request');
    });

    test('several links of one space list the same objects and end one by one', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const object = sealedLike();
      const [first, second] = [await owner.share([object]), await owner.publish()];
      await owner.list(second.id, [object.id]);
      await owner.call(contract['links.delete'], { link: first.id });
      assert.equal((await send(service.url, contract['objects.get'], { id: object.id })).status, 200);
      await owner.call(contract['links.delete'], { link: second.id });
      await owner.call(contract['links.delete'], { link: second.id });
      assert.equal((await send(service.url, contract['objects.get'], { id: object.id })).status, 404);
      assert.deepEqual((await owner.view()).json.links, []);
    });

    test('a link lives as long as it was asked to, within what the operator allows', async () => {
      await using service = await start({ settings: { lifeMsMax: 10 * hourMs, lifeMsDefault: 2 * hourMs } });
      const owner = await Owner.open(service);
      const now = service.clock.now();
      const create = async (expiresAt: number | null) =>
        (await owner.call(contract['links.create'], {}, drawLink({ expiresAt }).body)).json.expiresAt ?? 0;
      assert.ok(Math.abs((await create(null)) - now - 2 * hourMs) < 60_000);
      assert.equal(await create(now + 3 * hourMs), now + 3 * hourMs);
      assert.ok(Math.abs((await create(now + 99 * hourMs)) - now - 10 * hourMs) < 60_000);
      assert.equal((await owner.call(contract['links.create'], {}, drawLink({ expiresAt: now - 1 }).body)).error?.code, 'bad-request');
      const link = await owner.publish();
      const changed = await owner.call(contract['links.update'], { link: link.id }, { expiresAt: now + 99 * hourMs });
      assert.ok(Math.abs((changed.json.expiresAt ?? 0) - now - 10 * hourMs) < 60_000);
    });

    test('the owner’s note comes back as it was sent, and nobody else sees it', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const note = secret();
      const link = await owner.publish({ note });
      const [seen] = (await owner.view()).json.links;
      assert.deepEqual([seen?.note, seen?.version, seen?.hasPassword, seen?.opened, seen?.removed], [note, 1, false, 0, null]);
      assert.ok(!JSON.stringify((await open(service, link)).json).includes(note));
    });

    test('a space has its fill of links', async () => {
      await using service = await start({ settings: { linksPerSpaceMax: 2 } });
      const owner = await Owner.open(service);
      await owner.publish();
      const last = drawLink();
      assert.equal((await owner.call(contract['links.create'], {}, last.body)).status, 201);
      assert.equal((await owner.call(contract['links.create'], {}, drawLink().body)).error?.code, 'bad-request');
      assert.equal((await owner.call(contract['links.create'], {}, last.body)).status, 201, 'what exists may be sent again');
      assert.equal((await owner.view()).json.links.length, 2);
    });

    test('a token that is no token, or not in its one form, is a bad request', async () => {
      await using service = await start();
      const link = drawLink();
      const flipped = `${link.proof.token.slice(0, -1)}${link.proof.token.endsWith('B') ? 'C' : 'B'}`;
      for (const proof of [{}, { token: 5 }, { token: '' }, { token: `${link.proof.token}A` }, { token: flipped }]) {
        assert.equal((await open(service, link, proof)).error?.code, 'bad-request', JSON.stringify(proof));
      }
    });
  });
}
