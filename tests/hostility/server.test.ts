// The server under clients that lie, dawdle and flood: each gets a clear answer, nobody else notices, nothing of it stays.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { contract } from '@reprise/protocol';
import { Owner, batchOf, readAnswer, sealedLike, send } from '../../server/drive/src/testing/owner.ts';
import { type TestService, startService } from '../../server/drive/src/testing/service.ts';
import { type Host, startHost } from '../support/server.ts';
import { until } from '../support/until.ts';
import { openSocket, sendRaw } from './raw.ts';

describe('a hostile client', { concurrency: false }, () => {
  let host: Host;
  before(async () => {
    host = await startHost({ env: { REPRISE_LOG: 'info' } });
  });
  after(() => host?.[Symbol.asyncDispose]());

  const isWell = async () => assert.equal((await fetch(`${host.url}/health`)).status, 200);
  const get = (target: string, more = '') => sendRaw(host.port, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${more}\r\n`);

  test('paths that climb, hide or break lead nowhere', async () => {
    for (const target of [
      '/../../../../etc/passwd',
      '/%2e%2e/%2e%2e/%2e%2e/etc/passwd',
      '/..%2f..%2f..%2fetc%2fpasswd',
      '/assets/../../../../etc/passwd',
      '/assets/..%5c..%5c..%5cetc%5cpasswd',
      '//etc/passwd',
      '/etc/passwd%00.html',
      '/.git/config',
      '/headers.json',
      '/api/v1/objects/../../../../etc/passwd',
      '/api/v1/objects/%2e%2e%2f%2e%2e%2fetc%2fpasswd',
      '/api/v1/packs/..%2f..%2f..%2fdata',
      '/api/v1/spaces/__proto__',
      '/constructor',
      '/%',
      '/%ff%fe',
      '/?x=/../../etc/passwd/nowhere',
    ]) {
      const answer = await get(target);
      assert.ok([302, 400, 404, 405].includes(answer.status), `${target}: ${answer.status}`);
      assert.ok(!answer.body.includes('root:'), target);
      assert.ok(!answer.body.includes(host.dataFolder), target);
    }
    await isWell();
  });

  test('requests that are no requests are refused, and the next connection is served', async () => {
    for (const bytes of [
      'nonsense\r\n\r\n',
      'GET\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      'GET / HTTP/1.1\r\n\r\n',
      'GET http://elsewhere.example/api/v1/server HTTP/1.1\r\nHost: x\r\n\r\n',
      'CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n',
      'TRACE / HTTP/1.1\r\nHost: x\r\n\r\n',
      `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
      `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: x\r\n${Array.from({ length: 3000 }, (_, i) => `X${i}: y`).join('\r\n')}\r\n\r\n`,
      'POST /api/v1/spaces HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'POST /api/v1/spaces HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
      'POST /api/v1/spaces HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n',
      'POST /api/v1/spaces HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      Buffer.concat([Buffer.from('GET / HTTP/1.1\r\nHost: x\r\nX: '), randomBytes(64), Buffer.from('\r\n\r\n')]),
      randomBytes(4096),
    ]) {
      const answer = await sendRaw(host.port, bytes, { waitMs: 5_000 });
      const shown = Buffer.from(bytes).toString('latin1').slice(0, 60);
      assert.ok(
        answer.status === 0 || (answer.status >= 400 && answer.status < 500) || answer.status === 302,
        `${shown}: ${answer.status}`,
      );
      assert.ok(!/node:|at .*\.ts|stack/i.test(answer.body), shown);
    }
    await isWell();
  });

  test('a method the path does not have is named as such, and no header changes the method', async () => {
    for (const [method, path, allowed] of [
      ['PUT', '/api/v1/server', 'GET, HEAD'],
      ['DELETE', `/api/v1/objects/${'0'.repeat(64)}`, 'GET, HEAD'],
      ['GET', '/api/v1/spaces', 'POST'],
      ['POST', '/fr', 'GET, HEAD'],
    ] as const) {
      const answer = await fetch(host.url + path, {
        method,
        ...(method === 'GET' ? {} : { headers: { 'x-http-method-override': 'GET' } }),
      });
      assert.deepEqual([answer.status, answer.headers.get('allow')], [405, allowed], `${method} ${path}`);
    }
    assert.equal(
      (await fetch(`${host.url}/api/v1/server?_method=DELETE`, { headers: { 'x-http-method-override': 'DELETE' } })).status,
      200,
    );
  });

  test('bodies that are bombs, lies or other codings are refused', async () => {
    const post = async (path: string, body: string | Uint8Array, headers: Record<string, string> = {}) =>
      readAnswer(await fetch(host.url + path, { method: 'POST', body: new Uint8Array(Buffer.from(body)), headers }));
    const link = `/api/v1/links/${'0'.repeat(32)}`;
    const deep = `${'['.repeat(2_000)}${']'.repeat(2_000)}`;
    const wide = `{"token":"${'A'.repeat(43)}",${Array.from({ length: 200 }, (_, i) => `"k${i}":1`).join()}}`;
    for (const [path, body, status] of [
      [`${link}/open`, '', 400],
      [`${link}/open`, '[]', 400],
      [`${link}/open`, 'null', 400],
      [`${link}/open`, '"x"', 400],
      [`${link}/open`, deep, 400],
      [`${link}/open`, wide, 404],
      [`${link}/open`, `{"token":"${'A'.repeat(43)}","token":"${'B'.repeat(43)}"}`, 400],
      [`${link}/open`, `{"token":"${'A'.repeat(43)}","__proto__":{"gate":"x"}}`, 404],
      [`${link}/open`, `{"token":{"$ne":null}}`, 400],
      [`${link}/open`, `{"token":"${'A'.repeat(5_000)}"}`, 413],
      [`${link}/gets`, `{"token":"${'A'.repeat(43)}","ids":[]}`, 400],
      [`${link}/gets`, `{"token":"${'A'.repeat(43)}","ids":["' or 1=1 --"]}`, 400],
      ['/api/v1/links/%27%20or%201=1/open', `{"token":"${'A'.repeat(43)}"}`, 400],
      ['/api/v1/spaces', '{"genesis":"AAAA"}', 400],
      ['/api/v1/spaces', `{"genesis":"${Buffer.alloc(4096, 0x9f).toString('base64url')}"}`, 400],
    ] as const) {
      const answer = await post(path, body);
      assert.equal(answer.status, status, `${path} ${body.slice(0, 60)}`);
      assert.ok(answer.error, 'a failure of the contract');
    }
    const zipped = await post(`${link}/open`, randomBytes(100), { 'content-encoding': 'gzip' });
    assert.deepEqual([zipped.status, zipped.error?.facts['field']], [400, 'content-encoding']);
    await isWell();
  });

  test('ten thousand unknown ids are answered alike and leave no memory behind', async (t) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 16 });
    const ask = (path: string) =>
      new Promise<number>((resolve, reject) => {
        const call = request(host.url + path, { agent }, (answer) => {
          answer.resume();
          answer.on('end', () => resolve(answer.statusCode ?? 0));
        });
        call.on('error', reject);
        call.end();
      });
    const flood = async (count: number) => {
      let asked = 0;
      await Promise.all(
        Array.from({ length: 16 }, async () => {
          while (asked++ < count) assert.equal(await ask(`/api/v1/objects/${randomBytes(32).toString('hex')}`), 404);
        }),
      );
    };
    await flood(2_000);
    // What is only late to be collected does not grow in every round.
    const residents = [residentBytes(host.pid)];
    const grownBytes = () => (residents.at(-1) ?? 0) - (residents.at(-2) ?? 0);
    while (residents.length < 2 || (residents.length < 5 && grownBytes() >= 64 * 2 ** 20)) {
      await flood(10_000);
      assert.equal(await ask('/api/v1/server'), 200);
      residents.push(residentBytes(host.pid));
    }
    agent.destroy();
    t.diagnostic(`resident memory ${residents.map(mebi).join(' → ')} MiB`);
    assert.ok(grownBytes() < 64 * 2 ** 20, `grew in every round: ${residents.map(mebi).join(' → ')} MiB`);
  });

  test('a flood of one kind of request is slowed with the time to wait', async () => {
    await using slow = await startHost({ env: { REPRISE_RATE_REQUESTS: '1' } });
    const answers = await Promise.all(Array.from({ length: 60 }, async () => readAnswer(await fetch(`${slow.url}/api/v1/server`))));
    const slowed = answers.filter(({ status }) => status === 429);
    // Ten at once, then one a minute, however long the sixty take.
    assert.ok(slowed.length >= 40 && slowed.length <= 50, String(slowed.length));
    assert.equal(slowed[0]?.error?.code, 'rate-limited');
    assert.ok(Number(slowed[0]?.error?.facts['retryAfterMs']) > 0);
    assert.equal((await fetch(`${slow.url}/health`)).status, 200);
    assert.ok(!slow.logs().includes('127.0.0.1'), 'no address is logged');
  });

  test('neither log nor database holds a token, a place or a path with one', async () => {
    const token = randomBytes(32).toString('base64url');
    const place = randomBytes(77).toString('base64url');
    const agent = `agent-${randomBytes(8).toString('hex')}`;
    await fetch(`${host.url}/api/v1/links/${'1'.repeat(32)}/open`, {
      method: 'POST',
      body: JSON.stringify({ token }),
      headers: { 'user-agent': agent },
    });
    await fetch(`${host.url}/api/v1/packs/${place}`, {
      method: 'PUT',
      body: 'x',
      headers: { 'user-agent': agent, referer: `http://x/${token}` },
    });
    await fetch(`${host.url}/nowhere/${token}?q=${token}`);
    await until('the log tells of the put', () => host.logs().includes('"endpoint":"packs.put"'));
    const logs = host.logs();
    for (const secret of [token, place, agent, 'nowhere']) assert.ok(!logs.includes(secret), secret);
    for (const name of ['reprise.sqlite', 'reprise.sqlite-wal']) {
      const bytes = readFileSync(`${host.dataFolder}/${name}`);
      for (const secret of [token, place, agent]) assert.ok(!bytes.includes(secret), `${name}: ${secret}`);
    }
  });
});

describe('a slow client', { concurrency: false, timeout: 540_000 }, () => {
  const startHasty = () => startService({ settings: { bodyGraceMs: 700, bodyBytesPerSecondMin: 4_096 } });

  test('a body that stands still is given up with an answer, and leaves no file', async () => {
    await using service = await startHasty();
    const owner = await Owner.open(service);
    const body = batchOf([sealedLike(262_144)]);
    const path = await owner.place(body.length);
    const half = Buffer.concat([
      Buffer.from(`PUT ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`),
      body.subarray(0, 100_000),
    ]);
    const answer = await sendRaw(service.port, half, { untilClosed: true, waitMs: 120_000 });
    assert.equal(answer.status, 408);
    assert.match(answer.body, /request-timeout/);
    assert.ok(answer.closed);
    await nothingIsLeft(service);
  });

  test('a body that drips is given up too', async () => {
    await using service = await startHasty();
    const socket = await openSocket(service.port);
    socket.write(`POST /api/v1/links/${'0'.repeat(32)}/open HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n`);
    let text = '';
    socket.on('data', (data) => (text += data));
    const closed = new Promise((resolve) => socket.on('close', resolve));
    const drip = setInterval(() => socket.write(' '), 50);
    await closed;
    clearInterval(drip);
    socket.destroy();
    assert.match(text, /^HTTP\/1\.1 408/);
  });

  test('a body that is cut short stores nothing', async () => {
    await using service = await startService();
    const owner = await Owner.open(service);
    const body = batchOf([sealedLike(4096), sealedLike(262_144)]);
    const socket = await openSocket(service.port);
    socket.write(`PUT ${await owner.place(body.length)} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`);
    await new Promise((resolve) => socket.write(body.subarray(0, 50_000), resolve));
    socket.destroy();
    await until(
      'the put has ended',
      () => service.requests.some(({ endpoint }) => endpoint === 'packs.put'),
      () => service.requests,
    );
    await nothingIsLeft(service);
    assert.deepEqual(service.faults, []);
  });

  test('more bytes than declared are not taken as part of the body', async () => {
    await using service = await startService();
    const owner = await Owner.open(service);
    const body = batchOf([sealedLike(4096)]);
    const path = await owner.place(body.length);
    const bytes = Buffer.concat([
      Buffer.from(`PUT ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`),
      body,
      Buffer.from('GET /api/v1/server HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
    ]);
    const answer = await sendRaw(service.port, bytes, { untilClosed: true, waitMs: 60_000 });
    assert.equal(answer.status, 201);
    assert.match(answer.body, /HTTP\/1\.1 200/, 'the rest is a request of its own');
    assert.equal((await owner.view()).json.bytes.stored, body.length - 36);
  });

  test('a chunked body above the limit is refused while it streams', async () => {
    await using service = await startService();
    const owner = await Owner.open(service);
    const path = await owner.place(5_000);
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536), Buffer.from('\r\n')]);
    const head = Buffer.from(`PUT ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const answer = await sendRaw(service.port, Buffer.concat([head, chunk, chunk]), { waitMs: 60_000 });
    assert.equal(answer.status, 413);
    assert.match(answer.body, /body-too-large/);
    await nothingIsLeft(service);
  });

  test('a reader that takes nothing is let go, and its memory with it', async () => {
    await using service = await startService({ settings: { readerStallMs: 1_500 } });
    const owner = await Owner.open(service);
    const object = sealedLike(4_194_304);
    await owner.share([object]);
    const socket = await openSocket(service.port);
    socket.pause();
    for (let i = 0; i < 4; i++) socket.write(`GET /api/v1/objects/${object.id} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await until(
      'the reader is let go',
      () => service.requests.some(({ code }) => code === 'reader-gone'),
      () => service.requests,
    );
    socket.destroy();
    assert.equal((await send(service.url, contract['objects.get'], { id: object.id })).status, 200);
  });

  test('a head that never ends is cut off, and connections beyond the bound are refused', async () => {
    await using host = await startHost({ env: { REPRISE_CONNECTIONS_PER_ADDRESS_MAX: '20' } });
    const sockets = await Promise.all(Array.from({ length: 40 }, () => openSocket(host.port).catch(() => undefined)));
    for (const socket of sockets) socket?.resume();
    const open = () => sockets.filter((socket) => socket && !socket.destroyed && !socket.readableEnded).length;
    await until('twenty connections at most stay open', () => open() <= 20, open);
    for (const socket of sockets) socket?.destroy();
    await until('the host is well', async () => (await fetch(`${host.url}/health`).catch(() => undefined))?.status === 200);
    const lazy = await openSocket(host.port);
    const closed = new Promise((resolve) => lazy.on('close', resolve));
    lazy.write('GET / HTTP/1.1\r\nHost: x\r\nX-');
    lazy.resume();
    await closed;
  });
});

describe('many transfers at once', { concurrency: false }, () => {
  test('two hundred uploads and downloads keep the server’s memory within a bound', async (t) => {
    await using host = await startHost();
    const service = { url: host.url, clock: { now: () => Date.now() } } as unknown as TestService;
    const owner = await Owner.open(service);
    const objects = Array.from({ length: 4 }, () => sealedLike(4_194_304));
    await owner.share(objects);
    const agent = new Agent({ keepAlive: true, maxSockets: 400 });
    const download = (id: string) =>
      new Promise<string>((resolve, reject) => {
        const hash = createHash('sha256');
        request(`${host.url}/api/v1/objects/${id}`, { agent }, (answer) =>
          answer.on('data', (piece: Buffer) => hash.update(piece)).on('end', () => resolve(hash.digest('hex'))),
        )
          .on('error', reject)
          .end();
      });
    const upload = async (body: Uint8Array, path: string) =>
      new Promise<number>((resolve, reject) => {
        const call = request(host.url + path, { method: 'PUT', agent, headers: { 'content-length': body.length } }, (answer) => {
          answer.resume();
          answer.on('end', () => resolve(answer.statusCode ?? 0));
        });
        call.on('error', reject);
        call.end(body);
      });
    let peak = 0;
    const watching = setInterval(() => (peak = Math.max(peak, residentBytes(host.pid))), 20);
    const body = batchOf(objects);
    const places = await Promise.all(Array.from({ length: 40 }, () => owner.place(body.length)));
    const round = async () => {
      const ids = Array.from({ length: 160 }, (_, i) => objects[i % 4]?.id ?? '');
      const [hashes, statuses] = await Promise.all([Promise.all(ids.map(download)), Promise.all(places.map((path) => upload(body, path)))]);
      assert.deepEqual(hashes, ids);
      assert.ok(statuses.every((status) => status === 201));
    };
    await round();
    const first = peak;
    const hasGrown = () => peak >= first * 1.25 + 32 * 2 ** 20;
    // What is only late to be collected does not stay grown in every round.
    const later: number[] = [];
    do {
      peak = 0;
      await round();
      later.push(peak);
    } while (hasGrown() && later.length < 3);
    clearInterval(watching);
    agent.destroy();
    t.diagnostic(`peak resident memory ${mebi(first)} MiB, then ${later.map(mebi).join(', ')} MiB`);
    assert.ok(peak < 700 * 2 ** 20, `${mebi(peak)} MiB`);
    assert.ok(!hasGrown(), `grew from ${mebi(first)} to ${later.map(mebi).join(', ')} MiB`);
  });
});

async function nothingIsLeft(service: TestService): Promise<void> {
  assert.deepEqual(await Array.fromAsync(service.chunks.listPacks()), []);
  const { count } = await service.database.db
    .selectFrom('objects')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  assert.equal(Number(count), 0);
}

function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
}

const mebi = (bytes: number) => Math.round(bytes / 2 ** 20);
