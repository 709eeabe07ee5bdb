import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createPlainServer, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { nodeTransport } from './transport.ts';

/** Patience where nothing should stall, however busy the machine, and where something does. */
const stallMs = 20_000;
const shortStallMs = 400;

async function withServer(listener: RequestListener, work: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await work(`http://127.0.0.1:${(server.address() as { port: number }).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function withSocket(onSocket: (socket: Socket) => void, work: (url: string) => Promise<void>): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createPlainServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await work(`http://127.0.0.1:${(server.address() as { port: number }).port}`);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

function pattern(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + seed * 7) % 251;
  return bytes;
}

const sizes = [0, 1, 100, 65_535, 65_536, 65_537, 262_144, 4_194_596];

describe('a body of stated length', () => {
  const serve: RequestListener = (request, response) => {
    const [size, seed] = (request.url ?? '').slice(1).split('-').map(Number) as [number, number];
    const body = pattern(size, seed);
    response.writeHead(200, { 'content-length': body.length }).end(body);
  };

  for (const shared of [false, true]) {
    test(`fills ${shared ? 'shared' : 'own'} memory exactly, on one connection after another`, async () => {
      using transport = nodeTransport({ stallMs });
      await withServer(serve, async (url) => {
        for (const [seed, size] of [...sizes, ...sizes].entries()) {
          const into = new Uint8Array(shared ? new SharedArrayBuffer(size) : new ArrayBuffer(size));
          const response = await transport({ method: 'GET', url: `${url}/${size}-${seed}` });
          await response.fill(into);
          assert.ok(pattern(size, seed).equals(into), `${size} bytes`);
        }
      });
    });
  }

  test('comes whole to many who ask at the same time', async () => {
    using transport = nodeTransport({ stallMs });
    await withServer(serve, async (url) => {
      for (let round = 0; round < 5; round++) {
        await Promise.all(
          Array.from({ length: 12 }, async (_, seed) => {
            const size = sizes[(seed + round) % sizes.length] as number;
            const into = new Uint8Array(size);
            await (await transport({ method: 'GET', url: `${url}/${size}-${seed}` })).fill(into);
            assert.ok(pattern(size, seed).equals(into));
          }),
        );
      }
    });
  });

  test('can be taken in pieces or whole', async () => {
    using transport = nodeTransport({ stallMs });
    await withServer(serve, async (url) => {
      assert.ok(pattern(300_000, 1).equals(await (await transport({ method: 'GET', url: `${url}/300000-1` })).bytes(300_000)));
      const pieces: Uint8Array[] = [];
      for await (const piece of (await transport({ method: 'GET', url: `${url}/300000-2` })).pieces()) pieces.push(piece.slice());
      assert.ok(pattern(300_000, 2).equals(Buffer.concat(pieces)));
    });
  });

  test('of another length than asked for is refused, and the next request is not harmed', async () => {
    using transport = nodeTransport({ stallMs });
    await withServer(serve, async (url) => {
      for (const wanted of [99, 101]) {
        const response = await transport({ method: 'GET', url: `${url}/100-1` });
        await assert.rejects(response.fill(new Uint8Array(wanted)), { code: 'bad-answer' });
      }
      await assert.rejects((await transport({ method: 'GET', url: `${url}/100-1` })).bytes(50), { code: 'bad-answer' });
      const into = new Uint8Array(100);
      await (await transport({ method: 'GET', url: `${url}/100-3` })).fill(into);
      assert.ok(pattern(100, 3).equals(into));
    });
  });
});

test('a server that closes each connection is asked on a new one', async () => {
  using transport = nodeTransport({ stallMs });
  await withServer(
    (_, response) => response.writeHead(200, { 'content-length': 5, connection: 'close' }).end('hello'),
    async (url) => {
      for (let i = 0; i < 4; i++) assert.equal(Buffer.from(await (await transport({ method: 'GET', url })).bytes(10)).toString(), 'hello');
    },
  );
});

test('an answer without a stated length is read all the same', async () => {
  using transport = nodeTransport({ stallMs });
  await withServer(
    (_, response) => {
      response.write('hel');
      response.end('lo');
    },
    async (url) => assert.equal(Buffer.from(await (await transport({ method: 'GET', url })).bytes(10)).toString(), 'hello'),
  );
});

test('an answer that stops in the middle is a network failure, one that falls silent is stalled', async () => {
  using transport = nodeTransport({ stallMs: shortStallMs });
  using patient = nodeTransport({ stallMs });
  await withServer(
    (_, response) => {
      response.writeHead(200, { 'content-length': 1000 }).write('x'.repeat(500));
      setTimeout(() => response.destroy(), 20);
    },
    async (url) => {
      const response = await patient({ method: 'GET', url });
      await assert.rejects(response.fill(new Uint8Array(1000)), { code: 'network' });
    },
  );
  await withServer(
    (_, response) => void response.writeHead(200, { 'content-length': 1000 }).write('x'),
    async (url) => {
      const read = async () => (await transport({ method: 'GET', url })).fill(new Uint8Array(1000));
      await assert.rejects(read(), { code: 'stalled' });
    },
  );
  await withServer(
    () => undefined,
    async (url) => {
      await assert.rejects(transport({ method: 'GET', url }), { code: 'stalled' });
      await assert.rejects(transport({ method: 'POST', url, body: new Uint8Array(3) }), { code: 'stalled' });
    },
  );
});

test('a signal ends a request at once, before and while its answer comes', async () => {
  using transport = nodeTransport({ stallMs });
  await withServer(
    (_, response) => void response.writeHead(200, { 'content-length': 1000 }).write('x'),
    async (url) => {
      const early = AbortSignal.abort();
      await assert.rejects(transport({ method: 'GET', url, signal: early }), { code: 'cancelled' });
      const controller = new AbortController();
      const response = await transport({ method: 'GET', url, signal: controller.signal });
      const filling = response.fill(new Uint8Array(1000));
      controller.abort();
      await assert.rejects(filling, { code: 'cancelled' });
    },
  );
});

test('nobody there is a network failure that names its cause', async () => {
  using transport = nodeTransport({ stallMs });
  await assert.rejects(transport({ method: 'GET', url: 'http://127.0.0.1:9/' }), { code: 'network', facts: { reason: 'ECONNREFUSED' } });
});

test('what is not HTTP is a bad answer, whatever it is', async () => {
  const answers = [
    'hello\r\n\r\n',
    'HTTP/1.1 abc\r\n\r\n',
    'HTTP/1.1 200 OK\r\nno colon\r\ncontent-length: 1\r\n\r\nx',
    `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(70_000)}`,
  ];
  for (const text of answers) {
    using transport = nodeTransport({ stallMs });
    await withSocket(
      (socket) => void socket.once('data', () => socket.write(text)),
      async (url) => {
        await assert.rejects(transport({ method: 'GET', url }), { code: 'bad-answer' }, text.slice(0, 20));
      },
    );
  }
});

test('the pieces of a body arrive in order, and what was sent is told', async () => {
  using transport = nodeTransport({ stallMs });
  const pieces = Array.from({ length: 300 }, (_, i) => pattern(i * 100, i));
  const whole = Buffer.concat(pieces);
  await withServer(
    async (request, response) => {
      const got: Buffer[] = [];
      for await (const piece of request) got.push(piece as Buffer);
      response.end(Buffer.concat(got).equals(whole) ? 'same' : 'other');
    },
    async (url) => {
      let sent = 0;
      const response = await transport({ method: 'PUT', url, body: pieces, onSent: (bytes) => (sent = bytes) });
      assert.equal(Buffer.from(await response.bytes(10)).toString(), 'same');
      assert.ok(sent <= whole.length);
    },
  );
});
