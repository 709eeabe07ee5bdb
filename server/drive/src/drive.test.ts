import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contract, joinIds } from '@reprise/protocol';
import { Owner, readAnswer, sealedLike, send } from './testing/owner.ts';
import { startService } from './testing/service.ts';

test('a stranger uploads, publishes a link, and another one reads the bytes', async () => {
  await using service = await startService();
  const owner = await Owner.open(service);
  const objects = [sealedLike(1024), sealedLike(4096), sealedLike(4_194_304)];
  const put = await owner.put(objects);
  assert.equal(put.status, 201);
  assert.deepEqual(put.json, { stored: 3, bytes: objects.reduce((sum, { bytes }) => sum + bytes.length, 0) });
  const link = await owner.publish();
  const listed = await owner.list(
    link.id,
    objects.map(({ id }) => id),
  );
  assert.deepEqual(listed.json, { listedObjects: 3 });

  const opened = await send(service.url, contract['links.open'], { link: link.id }, link.proof);
  assert.equal(opened.status, 200);
  assert.equal(opened.json.record, link.record);
  const gets = await send(service.url, contract['links.gets'], { link: link.id }, { ...link.proof, ids: objects.map(({ id }) => id) });
  for (const [i, url] of gets.json.urls.entries()) {
    const answer = await readAnswer(await fetch(service.url + url));
    assert.equal(answer.status, 200);
    assert.ok(Buffer.from(answer.bytes).equals(objects[i]?.bytes ?? Buffer.alloc(0)));
  }
  const batch = await send(service.url, contract['objects.batch'], {}, joinIds(objects.map(({ id }) => id)));
  assert.equal(batch.status, 200);
  const view = await owner.view();
  assert.equal(view.json.links[0]?.opened, 1);
  assert.equal(view.json.links[0]?.listedObjects, 3);
  assert.deepEqual(service.faults, []);
});
