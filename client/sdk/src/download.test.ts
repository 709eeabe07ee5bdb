// Trees made to harm who opens them, behind a server that serves what it likes.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Bytes, concatBytes, formatHex, systemRandom } from '@reprise/kit';
import { depthMax, Failure, type LinkId } from '@reprise/protocol';
import { frameHeader } from '@reprise/protocol/formats';
import { buildDirectory, type Content, type Entry, type NodeWriter, type Ref } from '@reprise/vault';
import { nodeEngine } from '@reprise/vault/node';
import { type Connection, connect } from './connect.ts';
import { OpenedLink } from './download.ts';
import { LinkObjects } from './objects.ts';
import { inlinePool } from './pool.ts';
import { fetchTransport } from './transport.ts';

class Server {
  readonly objects = new Map<string, Bytes>();
  /** Frames that nobody asked for, before each batch. */
  extra: Bytes = new Uint8Array(0);
  readonly writer: NodeWriter = {
    engine: nodeEngine,
    random: systemRandom,
    put: ({ id, bytes }) => void this.objects.set(formatHex(id), bytes as Bytes),
  };
  readonly connection: Connection = connect({
    server: 'http://evil.example',
    attemptsMax: 1,
    transport: fetchTransport(async (input, init) => this.#answer(String(input), init?.body as Bytes)),
  });

  #answer(url: string, body: Bytes): Response {
    const { pathname } = new URL(url);
    if (pathname.endsWith('/gets')) {
      const { ids } = JSON.parse(new TextDecoder().decode(body)) as { ids: string[] };
      const urls = ids.map((id) => `/o/${id}`);
      return Response.json({ urls, batchUrl: '/batch', expiresAt: Date.now() + 3_600_000 });
    }
    if (pathname !== '/batch') return new Response(this.objects.get(pathname.slice(3)) ?? null);
    const ids = Array.from({ length: body.length / 32 }, (_, i) => body.slice(32 * i, 32 * i + 32));
    const frames = ids.flatMap((id) => {
      const bytes = this.objects.get(formatHex(id)) ?? new Uint8Array(0);
      return [frameHeader(id, bytes.length), bytes];
    });
    return new Response(concatBytes(this.extra, ...frames));
  }

  folder(entries: readonly Entry[]): Promise<Ref> {
    return buildDirectory(entries, systemRandom(32), this.writer);
  }

  open(ref: Ref): OpenedLink {
    const { connection } = this;
    const facts = {
      title: '',
      growing: false,
      expectedBytes: null,
      receivedBytes: 0,
      createdMs: 0,
      expiresAt: null,
      downloadsLeft: null,
      takesTips: false,
    };
    return new OpenedLink({
      connection,
      engine: nodeEngine,
      pool: inlinePool(nodeEngine),
      objects: new LinkObjects(connection, { link: '0'.repeat(32) as LinkId, token: systemRandom(32), gate: null }),
      facts: { ...facts, fingerprint: systemRandom(16), version: 1 },
      record: { state: 'snapshot', ref, title: '', createdMs: 0, expectedBytes: null },
      stretched: null,
    });
  }
}

function entryOf(name: string, content: Content, size: number): Entry {
  return { name, fid: systemRandom(16), content, size, mtimeNs: 0n, executable: false, digest: null, thumb: null, ext: new Map() };
}

function fileOf(name: string, size: number): Entry {
  const extent = { id: systemRandom(32), key: systemRandom(32), sealedLength: 4_194_596, offset: 0, length: size };
  return entryOf(name, { kind: 'file', extents: [extent] }, size);
}

async function walked(link: OpenedLink): Promise<{ readonly bytes: number; readonly entries: number; readonly failure: unknown }> {
  let [bytes, entries] = [0, 0];
  try {
    for await (const { entry } of link.walk(null)) {
      entries++;
      if (entry.content.kind === 'file') bytes += entry.size;
    }
    return { bytes, entries, failure: null };
  } catch (failure) {
    return { bytes, entries, failure };
  }
}

describe('a tree made to harm', () => {
  test('of one folder under many names never yields more bytes than its top says', async () => {
    const server = new Server();
    let ref = await server.folder([fileOf('f', 4_000_000)]);
    for (let level = 0; level < 20; level++)
      ref = await server.folder(['a', 'b'].map((name) => entryOf(name, { kind: 'directory', ref }, 5_000_000)));
    const { bytes, failure } = await walked(server.open(await server.folder([entryOf('top', { kind: 'directory', ref }, 10_000_000)])));
    assert.ok(failure instanceof Failure && failure.code === 'bad-object', String(failure));
    assert.ok(bytes <= 10_000_000, `${bytes}`);
  });

  test('that says what it holds is walked whole', async () => {
    const server = new Server();
    const inner = await server.folder([fileOf('f', 100), fileOf('g', 50)]);
    const ref = await server.folder([entryOf('d', { kind: 'directory', ref: inner }, 150), fileOf('h', 7)]);
    assert.deepEqual(await walked(server.open(ref)), { bytes: 157, entries: 4, failure: null });
  });

  test('that is deeper than paths may be ends with a failure', async () => {
    const server = new Server();
    let ref = await server.folder([]);
    for (let level = 0; level < depthMax + 2; level++) ref = await server.folder([entryOf('d', { kind: 'directory', ref }, 0)]);
    const { failure } = await walked(server.open(ref));
    assert.ok(failure instanceof Failure && failure.code === 'limit-exceeded', String(failure));
  });
});

test('a batch with a frame that was not asked for is refused', async () => {
  const server = new Server();
  const objects = new LinkObjects(server.connection, { link: '0'.repeat(32) as LinkId, token: systemRandom(32), gate: null });
  const wanted = [systemRandom(32), systemRandom(32)].map((id) => ({ id, sealedLength: 1076 }));
  for (const { id, sealedLength } of wanted) server.objects.set(formatHex(id), systemRandom(sealedLength));
  assert.equal((await objects.fetchMany(wanted)).length, 2);
  const foreign = systemRandom(32);
  server.extra = concatBytes(frameHeader(foreign, 4), systemRandom(4));
  await assert.rejects(objects.fetchMany(wanted), { code: 'bad-answer' });
});
