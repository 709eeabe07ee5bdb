// Uploads through the SDK against a real host: pausing, stopping, leaving out, resuming, and what a link shows meanwhile.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemRandom } from '@reprise/kit';
import {
  type Connection,
  connect,
  inlinePool,
  openLink,
  openManage,
  type SealPool,
  startUpload,
  type Upload,
  type UploadOptions,
} from '@reprise/sdk';
import { collectFiles, journalFile, nodePool, type NodeTransport, nodeTransport } from '@reprise/sdk/node';
import { nodeEngine } from '@reprise/vault/node';
import { startMutator } from '../evil/mutator.ts';
import { writeRandom } from '../support/inputs.ts';
import { type Host, startHost } from '../support/server.ts';
import { startWire, type Wire } from '../support/wire.ts';

let host: Host;
let wire: Wire;
let transport: NodeTransport;
let connection: Connection;
let pool: SealPool;
let scratch: string;
let serial = 0;

before(async () => {
  host = await startHost({ env: { REPRISE_ANONYMOUS_BYTES_MAX: '200000000' } });
  wire = await startWire(host.port);
  transport = nodeTransport();
  connection = connect({ server: wire.url, transport });
  pool = nodePool(2);
  scratch = mkdtempSync(join(tmpdir(), 'reprise-sdk-'));
});
after(async () => {
  transport?.[Symbol.dispose]();
  await pool?.[Symbol.asyncDispose]();
  await wire?.[Symbol.asyncDispose]();
  await host?.[Symbol.asyncDispose]();
  rmSync(scratch, { recursive: true, force: true });
});

function folderOf(files: Readonly<Record<string, number>>): string {
  const folder = join(scratch, `f${serial++}`, 'in');
  for (const [name, bytes] of Object.entries(files)) writeRandom(join(folder, name), bytes);
  return folder;
}

function start(folder: string, more: Partial<UploadOptions> = {}): Promise<Upload> {
  return startUpload({ connection, pool, items: collectFiles([folder]).items, title: 't', engine: nodeEngine, ...more });
}

async function pathsBehind(link: string): Promise<string[]> {
  const opened = await openLink({ connection, link, engine: nodeEngine });
  const paths = [];
  for await (const { path, entry } of opened.walk(null)) if (entry.content.kind !== 'directory') paths.push(path);
  return paths;
}

describe('an upload', () => {
  test('can be shown, and opened as growing, before its bytes are there', async () => {
    wire.limitUpload(5_000_000);
    const upload = await start(folderOf({ 'a.bin': 20_000_000 }));
    try {
      assert.match(upload.linkUrl, /\/s#1\./);
      while (!upload.progress().linkOpen) await sleep(10);
      const opened = await openLink({ connection, link: upload.linkUrl, engine: nodeEngine });
      assert.deepEqual(
        { growing: opened.facts.growing, expected: opened.facts.expectedBytes, root: opened.root },
        { growing: true, expected: 20_000_000, root: null },
      );
      await assert.rejects(opened.list(null).next(), { code: 'link-growing' });
    } finally {
      wire.limitUpload(null);
    }
    await upload.finished;
    assert.deepEqual(await pathsBehind(upload.linkUrl), ['in/a.bin']);
  });

  test('shows the files that are complete while the others go up', async () => {
    const folder = folderOf({ 'a.bin': 3_000_000, 'b.bin': 3_000_000, 'c.bin': 30_000_000 });
    wire.limitUpload(8_000_000);
    const upload = await start(folder, { growingEveryMs: 100, partBytesMax: 4_194_632, lanes: 2 });
    const seen = new Set<string>();
    let versions = 0;
    try {
      for (let version = 0; upload.progress().phase !== 'publishing' && upload.progress().phase !== 'done'; await sleep(50)) {
        if (!upload.progress().linkOpen) continue;
        const opened = await openLink({ connection: connect({ server: host.url, transport }), link: upload.linkUrl, engine: nodeEngine });
        if (opened.facts.version === version) continue;
        version = opened.facts.version;
        versions++;
        if (!opened.facts.growing || !opened.root) continue;
        for await (const { path, entry } of opened.walk(null)) {
          if (entry.content.kind !== 'file') continue;
          seen.add(path);
          let bytes = 0;
          for await (const piece of opened.readFile(entry)) bytes += piece.bytes.length;
          assert.equal(bytes, entry.size);
        }
      }
    } finally {
      wire.limitUpload(null);
    }
    await upload.finished;
    assert.ok(seen.has('in/a.bin') && !seen.has('in/c.bin'), `seen: ${[...seen].join()}`);
    assert.ok(versions >= 2);
    assert.equal((await pathsBehind(upload.linkUrl)).length, 3);
  });

  test('sends nothing while paused, and all once resumed', async () => {
    wire.limitUpload(10_000_000);
    const upload = await start(folderOf({ 'a.bin': 30_000_000 }));
    while (!upload.progress().linkOpen) await sleep(10);
    upload.pause();
    assert.equal(upload.progress().phase, 'paused');
    await sleep(300);
    const before = wire.sentBytes();
    await sleep(500);
    assert.ok(wire.sentBytes() - before < 200_000, 'what was under way is over');
    wire.limitUpload(null);
    upload.resume();
    const outcome = await upload.finished;
    assert.equal(outcome.sizeBytes, 30_000_000);
    assert.equal(upload.progress().bytesDone, 30_000_000);
  });

  test('leaves out cancelled and paused-then-cancelled files', async () => {
    wire.limitUpload(10_000_000);
    const upload = await start(folderOf({ 'a.bin': 10_000_000, 'b.bin': 10_000_000, 'c.bin': 10 }));
    const [a, b] = upload.rows;
    assert.ok(a && b);
    upload.pause(b);
    upload.cancelRow(a);
    wire.limitUpload(null);
    await sleep(500);
    assert.equal(b.phase, 'paused');
    upload.cancelRow(b);
    await upload.finished;
    assert.deepEqual(await pathsBehind(upload.linkUrl), ['in/c.bin']);
  });

  test('that is cancelled ends its link and frees its bytes', async () => {
    wire.limitUpload(10_000_000);
    const upload = await start(folderOf({ 'a.bin': 30_000_000 }));
    while (!upload.progress().linkOpen) await sleep(10);
    wire.limitUpload(null);
    await upload.cancel();
    assert.equal(upload.progress().phase, 'cancelled');
    await assert.rejects(openLink({ connection, link: upload.linkUrl, engine: nodeEngine }), { code: 'link-unavailable' });
    await assert.rejects(
      openManage({ connection, url: upload.manageUrl, engine: nodeEngine }),
      (error: { code?: string }) => error.code !== undefined,
    );
  });

  test('survives a network that goes away, and says when it tries again', async () => {
    wire.limitUpload(20_000_000);
    const upload = await start(folderOf({ 'a.bin': 20_000_000 }));
    while (!upload.progress().linkOpen) await sleep(10);
    wire.cut();
    for (let i = 0; i < 300 && upload.progress().phase !== 'offline'; i++) await sleep(10);
    assert.equal(upload.progress().phase, 'offline');
    assert.ok((upload.progress().retryAt ?? 0) > 0);
    wire.restore();
    wire.limitUpload(null);
    assert.equal((await upload.finished).sizeBytes, 20_000_000);
  });

  test('that gave up on the network is whole after a retry', async () => {
    wire.limitUpload(20_000_000);
    const folder = folderOf({ 'a.bin': 20_000_000, 'b.bin': 9_000_000, 'c.bin': 10 });
    const upload = await start(folder, { patienceMs: 100 });
    while (upload.progress().bytesDone < 6_000_000) await sleep(10);
    wire.cut();
    await assert.rejects(upload.finished, { code: 'network' });
    assert.equal(upload.progress().phase, 'failed');
    wire.restore();
    wire.limitUpload(null);
    upload.retry();
    assert.equal((await upload.finished).sizeBytes, 29_000_010);
    const opened = await openLink({ connection, link: upload.linkUrl, engine: nodeEngine });
    for await (const { path, entry } of opened.walk(null)) {
      if (entry.content.kind === 'directory') continue;
      const pieces = [];
      for await (const piece of opened.readFile(entry)) pieces.push(Buffer.from(piece.bytes));
      assert.ok(Buffer.concat(pieces).equals(readFileSync(join(folder, '..', path))));
    }
  });

  test('names a file that vanished and one that changed, and sends the others', async () => {
    const folder = folderOf({ 'changes.bin': 5000, 'stays.bin': 10, 'vanishes.bin': 5000 });
    const { items } = collectFiles([folder]);
    unlinkSync(join(folder, 'vanishes.bin'));
    utimesSync(join(folder, 'changes.bin'), 1, 1);
    const upload = await startUpload({ connection, pool, items, title: 't', engine: nodeEngine });
    const { leftOut } = await upload.finished;
    assert.deepEqual(
      leftOut.map(({ path, failure }) => [path, failure.code]),
      [
        ['in/changes.bin', 'source-changed'],
        ['in/vanishes.bin', 'source-vanished'],
      ],
    );
    assert.deepEqual(await pathsBehind(upload.linkUrl), ['in/stays.bin']);
    // Chosen again, it joins the others behind the same link.
    writeFileSync(join(folder, 'vanishes.bin'), 'back');
    const again = collectFiles([folder]).items.find((item) => item.path === 'in/vanishes.bin');
    assert.ok(again?.kind === 'file');
    upload.retry(
      upload.rows.find((row) => row.item.path === 'in/vanishes.bin'),
      again,
    );
    await upload.finished;
    assert.deepEqual(await pathsBehind(upload.linkUrl), ['in/stays.bin', 'in/vanishes.bin']);
  });

  test('of which nothing is left fails, and its link is withdrawn', async () => {
    const folder = folderOf({ 'only.bin': 5000 });
    const items = collectFiles([join(folder, 'only.bin')]).items;
    unlinkSync(join(folder, 'only.bin'));
    const upload = await startUpload({ connection, pool, items, title: 't', engine: nodeEngine });
    await assert.rejects(upload.finished, { code: 'source-vanished' });
    assert.equal(upload.progress().phase, 'failed');
    await assert.rejects(openLink({ connection, link: upload.linkUrl, engine: nodeEngine }), { code: 'link-unavailable' });
  });

  test('of nothing is refused at once', async () => {
    await assert.rejects(startUpload({ connection, pool, items: [], title: 't' }), { code: 'nothing-to-send' });
  });

  test('changes password, cap and label while it runs, and the URL stays the same', async () => {
    wire.limitUpload(10_000_000);
    const upload = await start(folderOf({ 'a.bin': 10_000_000 }));
    await upload.changeOptions({ password: 'open', downloadsMax: 7, label: 'mine' });
    wire.limitUpload(null);
    await upload.finished;
    await assert.rejects(openLink({ connection, link: upload.linkUrl, engine: nodeEngine }), { code: 'password-required' });
    await assert.rejects(openLink({ connection, link: upload.linkUrl, password: 'shut', engine: nodeEngine }), { code: 'password-wrong' });
    assert.equal((await openLink({ connection, link: upload.linkUrl, password: 'open', engine: nodeEngine })).facts.downloadsLeft, 7);
    const managed = await openManage({ connection, url: upload.manageUrl, engine: nodeEngine });
    const [link] = managed.links;
    assert.deepEqual(
      { label: link?.label, hasPassword: link?.hasPassword, url: link?.url },
      { label: 'mine', hasPassword: true, url: upload.linkUrl },
    );
    assert.ok(link);
    await managed.changeLink(link.id, { password: null });
    assert.equal((await openLink({ connection, link: upload.linkUrl, engine: nodeEngine })).facts.title, 't');
  });

  test('larger than the server takes fails with what is missing', async () => {
    const folder = folderOf({});
    const { items } = collectFiles([writeRandom(join(folder, 'large.bin'), 220_000_000)]);
    const upload = await startUpload({ connection, pool, items, title: 't', engine: nodeEngine });
    await assert.rejects(
      upload.finished,
      (error: { code?: string; facts?: { missingBytes?: number } }) => error.code === 'over-quota' && (error.facts?.missingBytes ?? 0) > 0,
    );
    await upload.cancel();
  });
});

describe('a journal', () => {
  test('of a stopped upload lets the next run send the rest only', async () => {
    const folder = folderOf({ 'a.bin': 20_000_000, 'b.bin': 20_000_000, 'c/d.bin': 3000 });
    const key = systemRandom(32);
    const file = join(folder, '..', 'journal');
    wire.limitUpload(30_000_000);
    const first = await start(folder, { journal: { store: journalFile(file), key } });
    while (first.progress().bytesDone < 15_000_000 || !first.rows.some((row) => row.bytesSent > 0)) await sleep(5);
    await first.stop();
    wire.limitUpload(null);
    await sleep(500); // what the wire still held is through
    const before = wire.sentBytes();
    const second = await start(folder, { journal: { store: journalFile(file), key } });
    assert.ok(second.isResumed);
    assert.equal(second.linkUrl, first.linkUrl);
    const known = second.rows.flatMap((row) => [...row.known.values()]).reduce((sum, chunk) => sum + chunk.sealedLength, 0);
    assert.ok(known > 4_000_000);
    await second.finished;
    assert.ok(wire.sentBytes() - before < 42_000_000 - known);
    assert.equal((await pathsBehind(first.linkUrl)).length, 3);
  });

  test('of a file that was changed since under the same time sends the changed parts under new keys', async () => {
    const folder = folderOf({ 'a.bin': 12_000_000 });
    const path = join(folder, 'a.bin');
    utimesSync(path, 1_700_000_000, 1_700_000_000);
    const key = systemRandom(32);
    const file = join(folder, '..', 'journal');
    wire.limitUpload(20_000_000);
    const first = await start(folder, { journal: { store: journalFile(file), key }, partBytesMax: 4_194_632, lanes: 1 });
    while (first.rows[0]?.bytesSent === 0) await sleep(5);
    await first.stop();
    wire.limitUpload(null);
    const bytes = readFileSync(path);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    utimesSync(path, 1_700_000_000, 1_700_000_000);
    const second = await start(folder, { journal: { store: journalFile(file), key } });
    await second.finished;
    const opened = await openLink({ connection, link: second.linkUrl, engine: nodeEngine });
    const pieces = [];
    for await (const { entry } of opened.walk(null)) {
      if (entry.content.kind !== 'file') continue;
      for await (const piece of opened.readFile(entry)) pieces.push(Buffer.from(piece.bytes));
    }
    assert.ok(Buffer.concat(pieces).equals(bytes));
  });

  test('whose chunks the server lost, and lies about, ends in a whole upload all the same', async () => {
    const folder = folderOf({ 'a.bin': 9_000_000, 'b.bin': 100 });
    const key = systemRandom(32);
    const file = join(folder, '..', 'journal');
    wire.limitUpload(20_000_000);
    const first = await start(folder, { journal: { store: journalFile(file), key } });
    while (!first.rows.some((row) => row.bytesSent > 0)) await sleep(5);
    await first.stop();
    wire.limitUpload(null);
    await using other = await startHost();
    await using liar = await startMutator(other.url);
    liar.mutate(({ path, body }) => (path.endsWith('/have') ? Buffer.alloc(0) : body));
    using elsewhere = nodeTransport();
    const second = await startUpload({
      connection: connect({ server: liar.url, transport: elsewhere }),
      pool: inlinePool(nodeEngine),
      items: collectFiles([folder]).items,
      title: 't',
      engine: nodeEngine,
      journal: { store: journalFile(file), key },
    });
    assert.equal((await second.finished).sizeBytes, 9_000_100);
    const opened = await openLink({
      connection: connect({ server: other.url, transport: elsewhere }),
      link: second.linkUrl,
      engine: nodeEngine,
    });
    let bytes = 0;
    for await (const { entry } of opened.walk(null))
      if (entry.content.kind === 'file') for await (const piece of opened.readFile(entry)) bytes += piece.bytes.length;
    assert.equal(bytes, 9_000_100);
  });
});
