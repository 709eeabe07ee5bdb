// What a server sees of an upload does not depend on what is in the files: neither a file sent before nor a repeated content shows.
// spec/ropes.md (a fresh key for every chunk, sizes in steps). Frequency analysis: Bellare, Keelveedhi, Ristenpart 2013; injection through
// deduplication: Fábrega et al. 2024.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { concatBytes, formatHex, systemRandom } from '@reprise/kit';
import { connect, inlinePool, startUpload, type Transport } from '@reprise/sdk';
import { collectFiles, type NodeTransport, nodeTransport } from '@reprise/sdk/node';
import { nodeEngine } from '@reprise/vault/node';
import { type Host, startHost } from '../support/server.ts';

let host: Host;
let network: NodeTransport;
let scratch: string;
before(async () => {
  host = await startHost();
  network = nodeTransport();
  scratch = mkdtempSync(join(tmpdir(), 'reprise-transcripts-'));
});
after(async () => {
  network?.[Symbol.dispose]();
  await host?.[Symbol.asyncDispose]();
  if (scratch) rmSync(scratch, { recursive: true, force: true });
});

type Seen = { readonly shape: string; readonly ids: readonly string[] };

/** Sends the files of a folder one after the other, and answers with what the server was told. */
async function transcriptOf(folder: string): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  const transport: Transport = (request) => {
    const body =
      request.body === undefined ? new Uint8Array(0) : request.body instanceof Uint8Array ? request.body : concatBytes(...request.body);
    const { pathname } = new URL(request.url);
    const isBatch = pathname.startsWith('/api/v1/packs/');
    const ids = isBatch ? idsOfFrames(body) : [];
    const path = pathname.replaceAll(/\/[A-Za-z0-9_-]{22,}/g, '/*');
    seen.push({
      shape: `${request.method} ${path} ${Object.keys(request.headers ?? {})
        .sort()
        .join(',')} ${body.length}`,
      ids,
    });
    return network(request);
  };
  const upload = await startUpload({
    connection: connect({ server: host.url, transport }),
    pool: inlinePool(nodeEngine),
    items: collectFiles([folder]).items,
    title: 'the same title',
    engine: nodeEngine,
    lanes: 1,
    // Parts of one size: else they grow while the line is quick, and two uploads differ by that alone.
    partBytesMax: 4_194_632,
    growingEveryMs: 3_600_000,
  });
  await upload.finished;
  return seen;
}

function idsOfFrames(body: Uint8Array): string[] {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const ids = [];
  for (let at = 0; at < body.length; at += 36 + view.getUint32(at)) ids.push(formatHex(body.subarray(at + 4, at + 36)));
  return ids;
}

/** A folder whose files have these contents, always under the same names. */
function folderOf(name: string, contents: readonly Uint8Array[]): string {
  const folder = join(scratch, name, 'in');
  mkdirSync(folder, { recursive: true });
  contents.forEach((content, i) => writeFileSync(join(folder, `file ${i}`), content));
  return folder;
}

test('files of zeros are sealed into objects of which no two are equal', async () => {
  const zeros = new Uint8Array(9_000_000);
  const ids = (await transcriptOf(folderOf('zeros', [zeros, zeros, new Uint8Array(5000), new Uint8Array(5000)]))).flatMap(
    (seen) => seen.ids,
  );
  assert.ok(ids.length >= 9, `${ids.length} objects were sent`);
  assert.equal(new Set(ids).size, ids.length);
});

test('a file sent a second time, or beside an equal one, looks like any other of its size', async () => {
  const known = systemRandom(5_000_000);
  const first = await transcriptOf(folderOf('first', [known, systemRandom(5_000_000), systemRandom(70_000)]));
  const again = await transcriptOf(folderOf('again', [known, known, new Uint8Array(70_000)]));
  assert.deepEqual(
    again.map((seen) => seen.shape),
    first.map((seen) => seen.shape),
  );
  const before = new Set(first.flatMap((seen) => seen.ids));
  assert.deepEqual(
    again.flatMap((seen) => seen.ids).filter((id) => before.has(id)),
    [],
    'no object of the first upload is named by the second',
  );
});
