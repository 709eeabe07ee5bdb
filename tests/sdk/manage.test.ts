// The owner's side of links against a real server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, inlinePool, openManage, startUpload } from '@reprise/sdk';
import { nodeTransport } from '@reprise/sdk/node';
import { nodeEngine } from '@reprise/vault/node';
import { startHost } from '../support/server.ts';

test('after links were revoked, further ones are made, and none of the revoked comes back', async () => {
  await using host = await startHost();
  using transport = nodeTransport();
  const connection = connect({ server: host.url, transport });
  const bytes = new Uint8Array(5000).fill(7);
  const open = () => ({
    read: (start: number, into: Uint8Array) => {
      const part = bytes.subarray(start, start + into.length);
      into.set(part);
      return part.length;
    },
    stat: () => ({ size: bytes.length, mtimeNs: 1n }),
    close: () => undefined,
  });
  const item = { kind: 'file', path: 'a.bin', size: bytes.length, mtimeNs: 1n, executable: false, open } as const;
  const upload = await startUpload({ connection, pool: inlinePool(nodeEngine), engine: nodeEngine, items: [item], title: 'a' });
  const { manageUrl } = await upload.finished;
  const managed = await openManage({ connection, url: manageUrl, engine: nodeEngine });
  const [first] = managed.links;
  assert.ok(first);
  const urls = [first.url];
  for (let round = 0; round < 3; round++) {
    const made = await managed.createLink(first.id, { label: `${round}` });
    assert.ok(!urls.includes(made.url));
    urls.push(made.url);
    await managed.revokeLink(made.id);
  }
  assert.equal(managed.links.length, 1);
});
