// Uploads through the SDK against a real host: pausing, stopping, leaving out, resuming, and what a link shows meanwhile.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { systemRandom } from '@reprise/kit';
import {
  type Connection,
  connect,
  inlinePool,
  openLink,
  openManage,
  type Row,
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
import { until } from '../support/until.ts';
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
// A test that fails leaves no slow or cut line to the next.
afterEach(() => {
  wire.limitUpload(null);
  wire.restore();
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

/** Acts once, in the very step in which the first chunk of a file is confirmed: nothing can have happened in between. */
function onceBegun(index: number, act: (upload: Upload, row: Row) => void): Pick<UploadOptions, 'onChange'> {
  let hasActed = false;
  const onChange = (upload: Upload) => {
    const row = upload.rows[index];
    if (hasActed || !row || row.bytesSent === 0) return;
    hasActed = true;
    act(upload, row);
  };
  return { onChange };
}

const untilOpen = (upload: Upload) =>
  until(
    'the link is open',
    () => upload.progress().linkOpen,
    () => upload.progress(),
  );

async function pathsBehind(link: string): Promise<string[]> {
  const opened = await openLink({ connection, link, engine: nodeEngine });
  const paths = [];
  for await (const { path, entry } of opened.walk(null)) if (entry.content.kind !== 'directory') paths.push(path);
  return paths;
}

describe('an upload', () => {
  test('can be shown, and opened as growing, before its bytes are there', async () => {
    const folder = folderOf({ 'a.bin': 20_000_000 });
    const upload = await start(folder, { lanes: 2, ...onceBegun(0, (begun, row) => begun.pause(row)) });
    const [row] = upload.rows;
    assert.match(upload.linkUrl, /\/s#1\./);
    await untilOpen(upload);
    await until('the file is held', () => row?.phase === 'paused', upload.progress.bind(upload));
    const opened = await openLink({ connection, link: upload.linkUrl, engine: nodeEngine });
    assert.deepEqual(
      { growing: opened.facts.growing, expected: opened.facts.expectedBytes, root: opened.root },
      { growing: true, expected: 20_000_000, root: null },
    );
    await assert.rejects(opened.list(null).next(), { code: 'link-growing' });
    upload.resume(row);
    await upload.finished;
    assert.deepEqual(await pathsBehind(upload.linkUrl), ['in/a.bin']);
  });

  test('shows the files that are complete while the others go up', async () => {
    const folder = folderOf({ 'a.bin': 3_000_000, 'b.bin': 3_000_000, 'c.bin': 30_000_000 });
    // The last file stops in its middle, so that the upload cannot end before somebody has looked.
    const hold = onceBegun(2, (begun, row) => begun.pause(row));
    const upload = await start(folder, { growingEveryMs: 0, partBytesMax: 4_194_632, lanes: 2, ...hold });
    const look = () => openLink({ connection, link: upload.linkUrl, engine: nodeEngine });
    await untilOpen(upload);
    await until('the last file is held', () => upload.rows[2]?.phase === 'paused', upload.progress.bind(upload));
    await until('the link names a file', async () => (await look()).root !== null, upload.progress.bind(upload));
    const growing = await look();
    assert.ok(growing.facts.growing);
    const seen: string[] = [];
    for await (const { path, entry } of growing.walk(null)) {
      if (entry.content.kind !== 'file') continue;
      seen.push(path);
      let bytes = 0;
      for await (const piece of growing.readFile(entry)) bytes += piece.bytes.length;
      assert.equal(bytes, entry.size);
    }
    assert.ok(seen.length > 0 && !seen.includes('in/c.bin'), `seen: ${seen.join()}`);
    upload.resume(upload.rows[2]);
    await upload.finished;
    const whole = await look();
    assert.ok(!whole.facts.growing && whole.facts.version > growing.facts.version);
    assert.equal((await pathsBehind(upload.linkUrl)).length, 3);
  });

  test('sends nothing while paused, and all once resumed', async () => {
    wire.limitUpload(10_000_000);
    const upload = await start(
      folderOf({ 'a.bin': 30_000_000 }),
      onceBegun(0, (begun) => begun.pause()),
    );
    await until(
      'the upload is paused',
      () => upload.progress().phase === 'paused',
      () => upload.progress(),
    );
    wire.limitUpload(null);
    // As much goes up elsewhere, which is the time that the paused one would have needed; what was under way may fall into the first rounds.
    const elsewhere = connect({ server: host.url, transport });
    let before = Number.NaN;
    for (let round = 0; round < 5 && wire.sentBytes() !== before; round++) {
      before = wire.sentBytes();
      await (await start(folderOf({ 'b.bin': 30_000_000 }), { connection: elsewhere })).finished;
    }
    assert.equal(wire.sentBytes(), before, 'nothing was sent in the last round');
    assert.equal(upload.progress().phase, 'paused');
    assert.ok(upload.progress().bytesDone < 30_000_000, `${upload.progress().bytesDone} bytes were sent`);
    upload.resume();
    const outcome = await upload.finished;
    assert.equal(outcome.sizeBytes, 30_000_000);
    assert.equal(upload.progress().bytesDone, 30_000_000);
    assert.ok(wire.sentBytes() > before, 'the rest went through this wire');
  });

  test('leaves out cancelled and paused-then-cancelled files', async () => {
    const upload = await start(folderOf({ 'a.bin': 10_000_000, 'b.bin': 10_000_000, 'c.bin': 10 }), { lanes: 2 });
    const [a, b, c] = upload.rows;
    assert.ok(a && b && c);
    upload.pause(b);
    upload.cancelRow(a);
    await until(
      'the last file is sent',
      () => c.phase === 'sent',
      () => upload.rows.map(({ phase }) => phase),
    );
    assert.deepEqual([a.phase, b.phase], ['cancelled', 'paused']);
    assert.notEqual(upload.progress().phase, 'done');
    upload.cancelRow(b);
    await upload.finished;
    assert.deepEqual(await pathsBehind(upload.linkUrl), ['in/c.bin']);
  });

  test('that is cancelled ends its link and frees its bytes', async () => {
    wire.limitUpload(10_000_000);
    const upload = await start(folderOf({ 'a.bin': 30_000_000 }));
    await untilOpen(upload);
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
    await untilOpen(upload);
    wire.cut();
    await until(
      'the upload is offline',
      () => upload.progress().phase === 'offline',
      () => upload.progress(),
    );
    assert.ok((upload.progress().retryAt ?? 0) > 0);
    wire.restore();
    wire.limitUpload(null);
    assert.equal((await upload.finished).sizeBytes, 20_000_000);
  });

  test('that gave up on the network is whole after a retry', async () => {
    wire.limitUpload(20_000_000);
    const folder = folderOf({ 'a.bin': 20_000_000, 'b.bin': 9_000_000, 'c.bin': 10 });
    const upload = await start(folder, { patienceMs: 100 });
    await until(
      'a part of it is sent',
      () => upload.progress().bytesDone >= 6_000_000,
      () => upload.progress(),
    );
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
    let stopped: Promise<void> | undefined;
    const hold = onceBegun(0, (begun) => (stopped = begun.stop()));
    const first = await start(folder, { journal: { store: journalFile(file), key }, linkOrigin: host.url, ...hold });
    await assert.rejects(first.finished, { code: 'cancelled' });
    await stopped;
    wire.limitUpload(null);
    await using other = await startWire(host.port); // counts the second run alone
    const second = await start(folder, {
      connection: connect({ server: other.url, transport }),
      journal: { store: journalFile(file), key },
      linkOrigin: host.url,
    });
    assert.ok(second.isResumed);
    assert.equal(second.linkUrl, first.linkUrl);
    const known = second.rows.flatMap((row) => [...row.known.values()]).reduce((sum, chunk) => sum + chunk.sealedLength, 0);
    assert.ok(known > 4_000_000);
    await second.finished;
    assert.ok(other.sentBytes() < 42_000_000 - known, `${other.sentBytes()} bytes were sent though ${known} were known`);
    assert.equal((await pathsBehind(first.linkUrl)).length, 3);
  });

  test('of a file that was changed since under the same time sends the changed parts under new keys', async () => {
    const folder = folderOf({ 'a.bin': 12_000_000 });
    const path = join(folder, 'a.bin');
    utimesSync(path, 1_700_000_000, 1_700_000_000);
    const key = systemRandom(32);
    const file = join(folder, '..', 'journal');
    wire.limitUpload(20_000_000);
    const hold = onceBegun(0, (begun) => void begun.stop());
    const first = await start(folder, { journal: { store: journalFile(file), key }, partBytesMax: 4_194_632, lanes: 1, ...hold });
    await assert.rejects(first.finished, { code: 'cancelled' });
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
    const hold = onceBegun(0, (begun) => void begun.stop());
    const first = await start(folder, { journal: { store: journalFile(file), key }, ...hold });
    await assert.rejects(first.finished, { code: 'cancelled' });
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
