// Downloads through the SDK from a real host whose network misbehaves: what is handed out is right, in order, and nothing is missing.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect, type Entry, inlinePool, openLink, type OpenedLink, startUpload } from '@reprise/sdk';
import { collectFiles, nodePool, type NodeTransport, nodeTransport } from '@reprise/sdk/node';
import { nodeEngine } from '@reprise/vault/node';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { writeRandom } from '../support/inputs.ts';
import { type Host, startHost } from '../support/server.ts';

const fileBytes = 30_000_000;
let host: Host;
let proxy: FaultProxy;
let transport: NodeTransport;
let scratch: string;
let bytes: Buffer;
let linkUrl: string;

before(async () => {
  host = await startHost();
  proxy = await startFaultProxy();
  proxy.target(host.url);
  transport = nodeTransport();
  scratch = mkdtempSync(join(tmpdir(), 'reprise-download-'));
  bytes = readFileSync(writeRandom(join(scratch, 'in', 'large.bin'), fileBytes));
  for (let i = 0; i < 600; i++) writeRandom(join(scratch, 'in', 'many', `f${i}`), i);
  const upload = await startUpload({
    connection: connect({ server: host.url, transport }),
    pool: inlinePool(nodeEngine),
    items: collectFiles([join(scratch, 'in')]).items,
    title: 't',
    engine: nodeEngine,
  });
  ({ linkUrl } = await upload.finished);
});
after(async () => {
  transport?.[Symbol.dispose]();
  await proxy?.[Symbol.asyncDispose]();
  await host?.[Symbol.asyncDispose]();
  rmSync(scratch, { recursive: true, force: true });
});

const isObject = (path: string) => path.startsWith('/api/v1/objects/');

async function open(server = proxy.url, through = transport): Promise<{ opened: OpenedLink; large: Entry }> {
  const opened = await openLink({ connection: connect({ server, transport: through }), link: linkUrl, engine: nodeEngine });
  for await (const { path, entry } of opened.walk(null)) if (path === 'in/large.bin') return { opened, large: entry };
  throw new Error('the file is there');
}

async function digestOfFile(opened: OpenedLink, file: Entry, from = 0): Promise<string> {
  const hash = createHash('sha256');
  let at = from;
  for await (const piece of opened.readFile(file, { from })) {
    assert.equal(piece.offset, at, 'pieces follow each other');
    at += piece.bytes.length;
    hash.update(piece.bytes);
  }
  assert.equal(at, file.size);
  return hash.digest('hex');
}

const digestFrom = (from: number) => createHash('sha256').update(bytes.subarray(from)).digest('hex');

test('a file comes whole and in order, from any offset, inline and from threads', async () => {
  const { opened, large } = await open();
  for (const from of [0, 1, 4_194_303, 4_194_304, 4_194_305, 29_999_999])
    assert.equal(await digestOfFile(opened, large, from), digestFrom(from));
  await using pool = nodePool(2);
  opened.usePool(pool);
  for (let round = 0; round < 3; round++) assert.equal(await digestOfFile(opened, large), digestFrom(0));
});

test('connections that break, stall or are refused for a while cost time, not bytes', async () => {
  using hasty = nodeTransport({ stallMs: 3_000 });
  const { opened, large } = await open(proxy.url, hasty);
  const faults = [
    { kind: 'cut', atByte: 100_000 },
    { kind: 'stall', atByte: 2_000_000, ms: 600_000 },
    { kind: 'status', status: 503, headers: { 'retry-after': '1' } },
    { kind: 'cut', atByte: 0 },
    { kind: 'status', status: 502 },
  ] as const;
  let next = 0;
  proxy.rule(({ path }) => (isObject(path) && next < faults.length ? (faults[next++] ?? null) : null));
  try {
    assert.equal(await digestOfFile(opened, large), digestFrom(0));
    assert.equal(next, faults.length);
  } finally {
    proxy.rule(null);
  }
});

test('a flipped bit ends the file with a failure before any of that chunk is handed out', async () => {
  const { opened, large } = await open();
  let seen = 0;
  proxy.rule(({ path }) => (isObject(path) && seen++ === 3 ? { kind: 'flip', atByte: 1_000_000 } : null));
  let handed = 0;
  try {
    await assert.rejects(
      async () => {
        for await (const piece of opened.readFile(large, { lanes: 1 })) {
          assert.ok(bytes.subarray(handed, handed + piece.bytes.length).equals(piece.bytes));
          handed += piece.bytes.length;
        }
      },
      { code: 'reject' },
    );
    assert.equal(handed, 2 * 4_194_304, 'the first object was the manifest, the fourth the third chunk');
  } finally {
    proxy.rule(null);
  }
});

test('a reader that leaves early or gives up stops the fetching', async () => {
  const { opened, large } = await open();
  for await (const piece of opened.readFile(large)) {
    assert.equal(piece.offset, 0);
    break;
  }
  const controller = new AbortController();
  await assert.rejects(
    async () => {
      for await (const _ of opened.readFile(large, { signal: controller.signal })) controller.abort();
    },
    { code: 'cancelled' },
  );
  // A whole read elsewhere is the time that the rest would have needed; what was under way may fall into the first rounds.
  const elsewhere = await open(host.url);
  let before = Number.NaN;
  for (let round = 0; round < 5 && proxy.requests.length !== before; round++) {
    before = proxy.requests.length;
    await digestOfFile(elsewhere.opened, elsewhere.large);
  }
  assert.equal(proxy.requests.length, before, 'nothing was asked for in the last round');
});

test('any range of a file is what stands there, and no more', async () => {
  const { opened, large } = await open();
  const ranges = [
    [0, 1],
    [0, 262_144],
    [262_143, 2],
    [4_194_300, 10],
    [10_000_000, 3_000_000],
    [fileBytes - 5, 100],
    [fileBytes, 10],
    [0, 0],
  ] as const;
  for (const [start, length] of ranges) {
    assert.ok(bytes.subarray(start, start + length).equals(await opened.readRange(large, start, length)), `${start}+${length}`);
  }
});

test('many small files come in few requests, each its own', async () => {
  const { opened } = await open();
  const files: { path: string; entry: Entry }[] = [];
  for await (const found of opened.walk(null))
    if (found.path.startsWith('in/many/') && found.entry.content.kind === 'file') files.push(found);
  assert.equal(files.length, 600);
  const before = proxy.requests.length;
  const contents = await opened.readSmallFiles(files.map(({ entry }) => entry));
  assert.ok(proxy.requests.length - before <= 3, `${proxy.requests.length - before} requests`);
  files.forEach(({ path }, i) => assert.ok(readFileSync(join(scratch, path)).equals(contents[i] as Uint8Array), path));
});
