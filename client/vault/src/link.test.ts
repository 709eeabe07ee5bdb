import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Bytes, systemRandom } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import fc from 'fast-check';
import {
  createSpace,
  formatManageUrl,
  linkAuthor,
  linkSecret,
  openLinkNote,
  openOwner,
  parseManageUrl,
  sealLinkNote,
} from './anonymous.ts';
import { formatLink, type Link, linkAddress, linkFlags, linkKeys, parseLink } from './link.ts';
import { type LinkRecord, openLinkRecord, sealLinkRecord } from './link-record.ts';
import { nodeEngine } from './node.ts';
import { webEngine } from './web-engine.ts';

const bytes = (length: number): fc.Arbitrary<Bytes> => fc.uint8Array({ minLength: length, maxLength: length }) as fc.Arbitrary<Bytes>;
const link = fc.record({ flags: fc.nat(31), secret: bytes(32), fingerprint: bytes(16) });
const record: LinkRecord = {
  state: 'snapshot',
  ref: { id: systemRandom(32), key: systemRandom(32), length: 9 },
  title: 'Été',
  createdMs: 5,
  expectedBytes: null,
};

test('a link comes back from its text', () => {
  fc.assert(
    fc.property(link, (one) => {
      const text = formatLink('https://drive.example', one);
      assert.equal(text.length, 'https://drive.example/s#1.'.length + 66);
      assert.deepEqual(parseLink(text), { origin: 'https://drive.example', ...one });
    }),
  );
});

test('any text is a link that formats to itself, or a failure with a reason', () => {
  const text = fc.oneof(
    fc.string(),
    link.map((one) => formatLink('https://drive.example', one)),
    fc
      .tuple(link, fc.nat(), fc.string({ maxLength: 2 }))
      .map(([one, at, with_]) => replaceAt(formatLink('https://drive.example', one), at, with_)),
  );
  fc.assert(
    fc.property(text, (one) => {
      let parsed: ReturnType<typeof parseLink>;
      try {
        parsed = parseLink(one);
      } catch (error) {
        assert.ok(error instanceof Failure && error.code === 'bad-link' && typeof error.facts['reason'] === 'string', String(error));
        return;
      }
      assert.ok(one.trim().endsWith(formatLink('', parsed).slice('/s#'.length)));
    }),
    { numRuns: 2_000 },
  );
});

test('the management URL comes back from its text', () => {
  fc.assert(
    fc.property(bytes(32), bytes(32), (secret, space) => {
      assert.deepEqual(parseManageUrl(formatManageUrl('https://drive.example', { secret, space })), {
        origin: 'https://drive.example',
        secret,
        space,
      });
    }),
  );
});

test('a record opens for a visitor who holds the link, and the owner finds link and note again from the secret alone', async () => {
  const secret = systemRandom(32);
  const owner = await openOwner(webEngine, secret);
  const { space } = await createSpace(owner, 1, systemRandom);
  const shared: Link = { flags: linkFlags.anonymous, secret: await linkSecret(webEngine, owner, 3), fingerprint: owner.fingerprint };
  const { id } = await linkAddress(webEngine, shared);
  const place = { linkId: id, version: 1 };
  const sealed = await sealLinkRecord(
    webEngine,
    (await linkKeys(webEngine, shared)).key,
    place,
    record,
    await linkAuthor(owner, 1),
    systemRandom,
  );
  const note = { n: 3, label: 'x', ref: record.ref, stretched: new Uint8Array(), title: record.title, sizeBytes: 7, flags: shared.flags };
  const sealedNote = await sealLinkNote(webEngine, owner, id, note, systemRandom);

  const visited = parseLink(formatLink('https://drive.example', shared));
  assert.deepEqual(await openLinkRecord(nodeEngine, visited, (await linkKeys(nodeEngine, visited)).key, place, sealed), record);

  const again = await openOwner(nodeEngine, parseManageUrl(formatManageUrl('https://drive.example', { secret, space })).secret);
  assert.deepEqual(await openLinkNote(nodeEngine, again, id, sealedNote), note);
  assert.deepEqual(await linkSecret(nodeEngine, again, 3), shared.secret);
});

test('every flipped byte of a record is refused', async () => {
  const owner = await openOwner(nodeEngine, systemRandom(32));
  const shared = { flags: linkFlags.anonymous, secret: systemRandom(32), fingerprint: owner.fingerprint };
  const place = { linkId: (await linkAddress(nodeEngine, shared)).id, version: 1 };
  const { key } = await linkKeys(nodeEngine, shared);
  const sealed = await sealLinkRecord(nodeEngine, key, place, record, await linkAuthor(owner, 1), systemRandom);
  for (let at = 0; at < sealed.length; at++) {
    const flipped = sealed.slice();
    flipped[at] = (flipped[at] as number) ^ 1;
    await assert.rejects(openLinkRecord(nodeEngine, shared, key, place, flipped), { code: 'reject' }, `byte ${at}`);
  }
});

test('a visitor who holds the key cannot speak for the sharer', async () => {
  const [owner, visitor] = [await openOwner(nodeEngine, systemRandom(32)), await openOwner(nodeEngine, systemRandom(32))];
  const shared = { flags: linkFlags.anonymous, secret: systemRandom(32), fingerprint: owner.fingerprint };
  const place = { linkId: (await linkAddress(nodeEngine, shared)).id, version: 2 };
  const { key } = await linkKeys(nodeEngine, shared);
  const forged = await sealLinkRecord(nodeEngine, key, place, { ...record, title: 'mine' }, await linkAuthor(visitor, 1), systemRandom);
  await assert.rejects(openLinkRecord(nodeEngine, shared, key, place, forged), { code: 'link-forged' });
});

test('flags are part of the key: a link without its password flag opens nothing', async () => {
  const secret = systemRandom(32);
  const stretched = systemRandom(32);
  const keys = await Promise.all(
    [16, 17].flatMap((flags) => [linkKeys(nodeEngine, { secret, flags }), linkKeys(nodeEngine, { secret, flags }, stretched)]),
  );
  assert.equal(new Set(keys.map(({ key }) => key.join())).size, 4);
});

test('a link of another path is no management URL, and the other way round', () => {
  const url = formatManageUrl('https://drive.example', { secret: systemRandom(32), space: systemRandom(32) });
  assert.throws(() => parseLink(url), { code: 'bad-link' });
  assert.throws(
    () => parseManageUrl(formatLink('https://drive.example', { flags: 16, secret: systemRandom(32), fingerprint: systemRandom(16) })),
    { code: 'bad-link' },
  );
});

function replaceAt(text: string, at: number, part: string): string {
  const index = at % text.length;
  return text.slice(0, index) + part + text.slice(index + 1);
}
