// Reading objects, over real HTTP; src/routes.test.ts runs it on every engine.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type ObjectId, contract, joinIds } from '@reprise/protocol';
import { BatchReader } from '@reprise/protocol/formats';
import type { TestEngine } from '../testing/service.ts';
import { Owner, type Sealed, readAnswer, sealedLike, send } from '../testing/owner.ts';

function readFrames(bytes: Uint8Array): Map<string, Uint8Array> {
  const reader = new BatchReader();
  const frames = [...reader.push(bytes)];
  reader.end();
  return new Map(frames.map(({ id, bytes: content }) => [Buffer.from(id).toString('hex'), content]));
}

const same = (a: Uint8Array, b: Uint8Array) => Buffer.from(a).equals(Buffer.from(b));

export function describeObjects({ name, start }: TestEngine): void {
  describe(`objects on ${name}`, { concurrency: false }, () => {
    test('a range of any form gives exactly its bytes', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const object = sealedLike(1_048_576);
      await owner.share([object]);
      const url = `${service.url}/api/v1/objects/${object.id}`;
      const all = object.bytes.length;
      const cases: readonly (readonly [string, number, number])[] = [
        ['bytes=0-0', 0, 1],
        ['bytes=100-199', 100, 200],
        [`bytes=${all - 1}-`, all - 1, all],
        ['bytes=-1', all - 1, all],
        ['bytes=-262160', all - 262_160, all],
        [`bytes=-${all * 2}`, 0, all],
        ['bytes=524288-99999999', 524_288, all],
        ['bytes=36-262195', 36, 262_196],
      ];
      for (const [range, from, to] of cases) {
        const answer = await readAnswer(await fetch(url, { headers: { range } }));
        assert.equal(answer.status, 206, range);
        assert.equal(answer.headers.get('content-range'), `bytes ${from}-${to - 1}/${all}`, range);
        assert.equal(answer.headers.get('content-length'), String(to - from), range);
        assert.ok(same(answer.bytes, object.bytes.subarray(from, to)), range);
      }
      for (const range of [`bytes=${all}-`, `bytes=${all + 5}-${all + 9}`, 'bytes=-0']) {
        const answer = await readAnswer(await fetch(url, { headers: { range } }));
        assert.deepEqual([answer.status, answer.error], [416, { code: 'range-refused', facts: { bytes: all } }], range);
      }
      for (const range of ['bytes=5-2', 'bytes=0-1,4-5', 'lines=0-1', 'bytes=-', 'bytes=x-y', 'bytes=0x1-2']) {
        const answer = await readAnswer(await fetch(url, { headers: { range } }));
        assert.equal(answer.status, 200, range);
        assert.ok(same(answer.bytes, object.bytes), range);
      }
    });

    test('a cache may keep an object for ever, and nothing may run, sniff or embed it', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const object = sealedLike();
      await owner.share([object]);
      const url = `${service.url}/api/v1/objects/${object.id}`;
      const whole = await readAnswer(await fetch(url));
      assert.equal(whole.headers.get('etag'), `"${object.id}"`);
      assert.equal(whole.headers.get('cache-control'), 'public, max-age=31536000, immutable');
      assert.equal(whole.headers.get('content-type'), 'application/octet-stream');
      assert.equal(whole.headers.get('x-content-type-options'), 'nosniff');
      assert.equal(whole.headers.get('cross-origin-resource-policy'), 'same-origin');
      assert.match(whole.headers.get('content-security-policy') ?? '', /sandbox/);
      assert.equal((await fetch(url, { headers: { 'if-none-match': `"${object.id}"` } })).status, 304);
      const head = await fetch(url, { method: 'HEAD' });
      assert.deepEqual([head.status, head.headers.get('content-length')], [200, String(object.bytes.length)]);
      assert.equal((await head.arrayBuffer()).byteLength, 0);
      const headPart = await fetch(url, { method: 'HEAD', headers: { range: 'bytes=0-9' } });
      assert.deepEqual([headPart.status, headPart.headers.get('content-length')], [206, '10']);
      const stale = await readAnswer(await fetch(url, { headers: { range: 'bytes=0-9', 'if-range': '"other"' } }));
      assert.equal(stale.status, 200);
    });

    test('what no link lists is answered like what never was', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const [listed, pending, unknown] = [sealedLike(), sealedLike(), sealedLike()];
      await owner.put([pending]);
      await owner.share([listed]);
      const answers = await Promise.all([pending, unknown].map(({ id }) => send(service.url, contract['objects.get'], { id })));
      assert.deepEqual(answers[0]?.error, answers[1]?.error);
      assert.equal(answers[0]?.status, 404);
      const batch = await send(service.url, contract['objects.batch'], {}, joinIds([pending.id, listed.id, unknown.id]));
      const frames = readFrames(batch.bytes);
      assert.deepEqual(
        [...frames.values()].map(({ length }) => length).toSorted((a, b) => a - b),
        [0, 0, listed.bytes.length],
      );
      assert.ok(same(frames.get(listed.id) ?? new Uint8Array(0), listed.bytes));
    });

    test('eight thousand small objects come in one answer', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const objects = Array.from({ length: 2_000 }, () => sealedLike(1024));
      const link = await owner.share(objects);
      const large = sealedLike(4_194_304);
      await owner.put([large]);
      await owner.list(link.id, [large.id]);
      const ids = [...objects, large].map(({ id }) => id);
      const asked = [...ids, ...Array.from({ length: 8192 - ids.length }, () => sealedLike(1024).id)];
      const answer = await send(service.url, contract['objects.batch'], {}, joinIds(asked));
      const frames = readFrames(answer.bytes);
      assert.equal(frames.size, 8192);
      for (const object of [...objects, large]) assert.ok(same(frames.get(object.id) ?? new Uint8Array(0), object.bytes));
      const tooMany = await send(service.url, contract['objects.batch'], {}, joinIds([...asked, large.id]));
      assert.equal(tooMany.error?.code, 'body-too-large');
      assert.equal((await send(service.url, contract['objects.batch'], {}, new Uint8Array(33))).error?.code, 'bad-request');
    });

    test('a flipped bit on the disk is told, and never sent as the object', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const objects = [sealedLike(), sealedLike(1_048_576), sealedLike()];
      await owner.share(objects);
      const victim = objects[1] as Sealed;
      flipOnDisk(service.folder, victim.bytes);
      // It is found while it is sent: the first answer is cut before its end, the next ones tell.
      await assert.rejects(send(service.url, contract['objects.get'], { id: victim.id }));
      const answer = await send(service.url, contract['objects.get'], { id: victim.id });
      assert.deepEqual([answer.status, answer.error], [500, { code: 'chunk-corrupt', facts: { id: victim.id } }]);
      assert.equal(service.faults.length, 2, 'the operator learns of each');
      const batch = readFrames((await send(service.url, contract['objects.batch'], {}, joinIds(objects.map(({ id }) => id)))).bytes);
      assert.equal(batch.get(victim.id)?.length, 0);
      assert.ok(same(batch.get((objects[2] as Sealed).id) ?? new Uint8Array(0), (objects[2] as Sealed).bytes));
    });

    test('a malformed id is no object', async () => {
      await using service = await start();
      for (const id of ['x', 'A'.repeat(64), '0'.repeat(63), '%2e%2e%2fetc%2fpasswd', '..%00']) {
        assert.equal((await fetch(`${service.url}/api/v1/objects/${id}`)).status, 404, id);
      }
      const id = '0'.repeat(64) as ObjectId;
      assert.equal((await send(service.url, contract['objects.get'], { id })).status, 404);
    });
  });
}

function flipOnDisk(folder: string, content: Uint8Array): void {
  for (const file of readdirSync(join(folder, 'objects', 'packs'), { recursive: true }).map((path) =>
    join(folder, 'objects', 'packs', String(path)),
  )) {
    if (!statSync(file).isFile()) continue;
    const bytes = readFileSync(file);
    const at = bytes.indexOf(content);
    if (at < 0) continue;
    bytes[at + 1000] = (bytes[at + 1000] as number) ^ 4;
    writeFileSync(file, bytes);
    return;
  }
  assert.fail('the object is nowhere on the disk');
}
