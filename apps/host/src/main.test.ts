// The process as an operator meets it: started, asked, commanded, stopped.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { contract } from '@reprise/protocol';
import { openApiDocument } from '@reprise/protocol/openapi';
import { Owner, batchOf, sealedLike, send } from '../../../server/drive/src/testing/owner.ts';
import type { TestService } from '../../../server/drive/src/testing/service.ts';
import { startPostgres } from '../../../tests/support/postgres.ts';
import { freePort, hostPath, plainEnvironment, startHost } from '../../../tests/support/server.ts';
import { until } from '../../../tests/support/until.ts';
import { openSocket } from '../../../tests/hostility/raw.ts';

const folder = mkdtempSync(join(tmpdir(), 'reprise-main-'));
after(() => rmSync(folder, { recursive: true, force: true }));

type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

function run(script: string, words: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, ...words], { env: { ...plainEnvironment(), ...env }, cwd: folder, timeout: 300_000 });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data) => (stdout += data));
    child.stderr.on('data', (data) => (stderr += data));
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

const admin = (dataFolder: string, ...words: string[]) => run(join(import.meta.dirname, 'admin.ts'), words, { REPRISE_DATA: dataFolder });
const ownerOf = (url: string) => Owner.open({ url, clock: { now: () => Date.now() } } as unknown as TestService);

const untilEnded = (pid: number) =>
  until('the host has ended', () => {
    try {
      return !process.kill(pid, 0);
    } catch {
      return true;
    }
  });

/** The host has heard the signal: it takes no connections any more. */
const untilClosed = (url: string) =>
  until('the host is closed', () =>
    fetch(`${url}/health`).then(
      () => false,
      () => true,
    ),
  );

/** Begins a put of so many bytes by hand. @returns its socket and what was answered, once the host asks for the body */
async function beginPut(port: number, path: string, bytes: number) {
  const socket = await openSocket(port);
  let answer = '';
  socket.on('data', (data) => (answer += data));
  socket.write(`PUT ${path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ${bytes}\r\n\r\n`);
  await until('the host asks for the body', () => answer.startsWith('HTTP/1.1 100'));
  return { socket, answer: () => answer.slice(answer.indexOf('\r\n\r\n') + 4) };
}

describe('the host', { concurrency: false }, () => {
  test('a second one on the same data folder is refused, and one that was killed leaves it free', async () => {
    const dataFolder = mkdtempSync(join(folder, 'held-'));
    {
      await using host = await startHost({ dataFolder });
      const second = await run(hostPath, [], { REPRISE_DATA: dataFolder, PORT: String(await freePort()) });
      assert.equal(second.code, 1);
      assert.match(second.stderr, new RegExp(`is in use by another Reprise \\(process ${host.pid}, since .*\\)\\. Stop that one`));
      assert.deepEqual(await (await fetch(`${host.url}/health`)).json(), { ok: true, database: 'ok', store: 'ok', bitcache: 'idle' });
      await host.kill();
    }
    await using again = await startHost({ dataFolder });
    assert.equal((await fetch(`${again.url}/health`)).status, 200);
  });

  test('it says where it is open, answers for its health, its contract and its figures', async () => {
    await using host = await startHost();
    assert.match(host.logs(), new RegExp(`^Reprise is open at http://localhost:${host.port}\n`));
    assert.deepEqual(await (await fetch(`${host.url}/health`)).json(), { ok: true, database: 'ok', store: 'ok', bitcache: 'idle' });
    assert.deepEqual(await (await fetch(`${host.url}/openapi.json`)).json(), JSON.parse(JSON.stringify(openApiDocument())));
    await ownerOf(host.url);
    const metrics = await fetch(`${host.url}/metrics`);
    assert.equal(metrics.status, 200);
    assert.match(await metrics.text(), /reprise_request_duration_seconds_count\{endpoint="spaces.create",status="201"\} 1/);
    assert.equal(
      (await fetch(`${host.url}/metrics`, { headers: { 'x-forwarded-for': '192.0.2.1' } })).status,
      404,
      'a proxy speaks for another',
    );
    const head = await fetch(`${host.url}/health`, { method: 'HEAD' });
    assert.deepEqual([head.status, (await head.text()).length], [200, 0]);
  });

  test('a token opens the figures to who has it, and to nobody else', async () => {
    const token = 'figures-for-the-operator';
    await using host = await startHost({ env: { REPRISE_METRICS_TOKEN: token, REPRISE_OPERATOR_TOKEN: token } });
    assert.equal((await fetch(`${host.url}/metrics`)).status, 404);
    assert.equal((await fetch(`${host.url}/metrics`, { headers: { authorization: 'Bearer figures-for-the-operatos' } })).status, 404);
    assert.equal((await fetch(`${host.url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).status, 200);
    const entered = await fetch(`${host.url}/operator`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ act: 'enter', token }),
    });
    const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? '';
    assert.match(await (await fetch(`${host.url}/operator`, { headers: { cookie } })).text(), /Nothing is stopped, the books balance/);
    assert.ok(!host.logs().includes(token) && !host.logs().includes(cookie));
  });

  test('a port in use, a wrong setting or a broken data folder is told in a line', async () => {
    const taken = createServer();
    const port = await new Promise<number>((resolve) => taken.listen(0, () => resolve((taken.address() as { port: number }).port)));
    const busy = await run(hostPath, [], { PORT: String(port), REPRISE_DATA: join(folder, 'busy') });
    taken.close();
    assert.deepEqual([busy.code, busy.stderr], [1, `Port ${port} is in use. Stop what listens there, or set PORT to another.\n`]);
    const wrong = await run(hostPath, [], { PORT: 'eighty' });
    assert.deepEqual([wrong.code, wrong.stderr], [1, 'PORT=eighty: not a whole number\n']);
    writeFileSync(join(folder, 'file'), 'in the way');
    const broken = await run(hostPath, [], { PORT: String(await freePort()), REPRISE_DATA: join(folder, 'file') });
    assert.equal(broken.code, 1);
    assert.equal(broken.stderr.trim().split('\n').length, 1, broken.stderr);
    const lost = await run(hostPath, [], {
      PORT: String(await freePort()),
      REPRISE_DATA: join(folder, 'lost'),
      DATABASE_URL: 'postgres://nobody:secretword@127.0.0.1:1/x',
    });
    assert.equal(lost.code, 1);
    assert.ok(!lost.stderr.includes('secretword'), lost.stderr);
  });

  test('a signal lets the running request finish, takes no new one, and ends with 0', async () => {
    await using host = await startHost();
    const owner = await ownerOf(host.url);
    const body = batchOf([sealedLike(262_144)]);
    const { socket, answer } = await beginPut(host.port, await owner.place(body.length), body.length);
    socket.write(body.subarray(0, 1000));
    process.kill(host.pid, 'SIGTERM');
    await untilClosed(host.url);
    socket.write(body.subarray(1000));
    await untilEnded(host.pid);
    assert.match(answer(), /^HTTP\/1\.1 201/);
    assert.equal(await host.stop(), 0);
    assert.match(host.logs(), /"event":"stop"/);
  });

  test('a second signal ends at once, and what was durable is there again', async () => {
    const dataFolder = join(folder, 'twice');
    const first = await startHost({ dataFolder });
    const owner = await ownerOf(first.url);
    const object = sealedLike();
    await owner.share([object]);
    const path = await owner.place(50_000);
    const { socket } = await beginPut(first.port, path, 50_000);
    process.kill(first.pid, 'SIGTERM');
    await untilClosed(first.url);
    assert.notEqual(await first.stop(), 0);
    socket.destroy();
    await using again = await startHost({ dataFolder });
    assert.equal((await send(again.url, contract['objects.get'], { id: object.id })).status, 200);
    await first[Symbol.asyncDispose]();
  });

  test('the operator’s commands take effect on the running host', async () => {
    await using host = await startHost();
    const owner = await ownerOf(host.url);
    const object = sealedLike();
    const link = await owner.share([object]);
    await send(host.url, contract['links.report'], { link: link.id }, { reason: 'abuse', text: 'Look\u001b[2J at this', contact: '' });
    const reports = await admin(host.dataFolder, 'reports');
    assert.ok(reports.stdout.includes(link.id) && !reports.stdout.includes('\u001b'), reports.stdout);
    assert.equal((await admin(host.dataFolder, 'block', link.id)).code, 2);
    const blocked = await admin(host.dataFolder, 'block', link.id, '--ground', 'court order 7', '--reference', 'N-7');
    assert.deepEqual([blocked.code, blocked.stdout], [0, `Blocked ${link.id} and 1 objects. Reference N-7.\n`]);
    const opened = await send(host.url, contract['links.open'], { link: link.id }, link.proof);
    assert.deepEqual([opened.status, opened.error?.facts['reference'], opened.error?.facts['ground']], [451, 'N-7', 'court order 7']);
    assert.equal((await admin(host.dataFolder, 'reports')).stdout, 'No open reports.\n');
    assert.equal((await admin(host.dataFolder, 'unblock', link.id)).code, 0);
    assert.equal((await send(host.url, contract['links.open'], { link: link.id }, link.proof)).status, 200);
    assert.equal((await admin(host.dataFolder, 'anonymous', 'off')).code, 0);
    await assert.rejects(ownerOf(host.url), /anonymous-closed/);
    assert.match((await admin(host.dataFolder, 'status')).stdout, /uploads without account {2}off/);
    assert.equal((await admin(host.dataFolder, 'anonymous', 'maybe')).code, 2);
    assert.equal((await admin(host.dataFolder, 'plan', 'large', '500GB')).stdout, 'Plan large allows 500000000000 bytes.\n');
    assert.match((await admin(host.dataFolder, 'plans')).stdout, /^large {2}500000000000 bytes\nany other {2}\d+ bytes\n$/);
    assert.equal((await admin(host.dataFolder, 'plan', 'large', 'much')).code, 2);
    assert.equal((await admin(host.dataFolder, 'plan', 'large', '1TB', '--history', '365')).code, 0);
    assert.equal(
      (await admin(host.dataFolder, 'sell-plan', 'large', '24.00eur', '365')).stdout,
      'Plan large costs 24.00 EUR for 365 days.\n',
    );
    assert.match(
      (await admin(host.dataFolder, 'plans')).stdout,
      /^large {2}1000000000000 bytes {2}history 365 days {2}24\.00 EUR for 365 days\n/,
    );
    const wrong = [['other', '5sat', '1'], ['large', '5', '1'], ['large', '5sat', '0'], ['large', '5sat'], ['large']];
    for (const words of wrong) assert.equal((await admin(host.dataFolder, 'sell-plan', ...words)).code, 2, words.join(' '));
    assert.deepEqual(
      [(await admin(host.dataFolder, 'sell-plan', 'large', 'off')).code, (await admin(host.dataFolder, 'sell-plan', 'large', 'off')).code],
      [0, 1],
    );
    assert.equal((await admin(host.dataFolder, 'grant', 'nobody', 'large', '30')).code, 1);
    assert.equal((await admin(host.dataFolder, 'plan', 'Large!', '5')).code, 2);
    assert.deepEqual(
      [(await admin(host.dataFolder, 'assign', 'nobody', 'large')).code, (await admin(host.dataFolder, 'assign')).code],
      [1, 2],
    );
    assert.equal((await admin(host.dataFolder, 'unblock', '0'.repeat(32))).code, 1);
    assert.equal((await admin(host.dataFolder, 'frobnicate')).code, 2);
    assert.equal((await admin(host.dataFolder)).code, 2);
  });

  test('a notice sent without script is answered in the person’s language', async () => {
    await using host = await startHost();
    const post = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
      fetch(`${host.url}/notice`, { method: 'POST', body: new URLSearchParams(fields), headers });
    const complaint = { link: `${host.url}/s#1.${'A'.repeat(66)}`, reason: 'copyright', text: 'À moi.', contact: '' };
    const french = await post({ ...complaint, language: 'fr' });
    assert.equal(french.status, 201);
    assert.match(french.headers.get('content-type') ?? '', /text\/html/);
    const page = await french.text();
    assert.match(page, /lang="fr"/);
    const reference = /N-[2-9A-Z]{10}/.exec(page)?.[0] ?? '';
    assert.ok((await admin(host.dataFolder, 'reports')).stdout.includes(reference));
    assert.match(await (await post(complaint, { 'accept-language': 'en' })).text(), /lang="en"/);
    const incomplete = await post({ ...complaint, text: '', language: 'en' });
    assert.deepEqual([incomplete.status, /lang="en"/.test(await incomplete.text())], [400, true]);
    assert.equal((await post({ ...complaint, reason: '<script>' })).status, 400);
    assert.equal((await fetch(`${host.url}/notice`, { method: 'POST', body: 'x'.repeat(70_000) })).status, 413);
    assert.equal((await fetch(`${host.url}/notice`, { method: 'POST', body: Uint8Array.of(0xff, 0xfe) })).status, 400);
  });
});

const started = await startPostgres();
if ('server' in started) after(() => started.server.stop());
test('the host runs on PostgreSQL', { skip: 'missing' in started ? started.missing : false }, async () => {
  if ('missing' in started) return;
  await using host = await startHost({ env: { DATABASE_URL: started.server.createDatabase() } });
  const owner = await ownerOf(host.url);
  const object = sealedLike();
  await owner.share([object]);
  assert.equal((await send(host.url, contract['objects.get'], { id: object.id })).status, 200);
  assert.equal(await host.stop(), 0);
});
