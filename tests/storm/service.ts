// The real drive on a real database, asked without a socket: a request is answered in this process, at the moment that a simulation chooses.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { IncomingMessage, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { type ChunkStore, openFilesystemStore, withCheck } from '@reprise/chunks';
import { migrate, openDatabase } from '@reprise/database';
import { defaultSettings, type Drive, openDrive } from '@reprise/drive';
import { type Bytes, type Clock, concatBytes, systemRandom } from '@reprise/kit';
import { Failure, type ObjectId } from '@reprise/protocol';
import type { HttpRequest, HttpResponse, Transport } from '@reprise/sdk';

export interface Service extends AsyncDisposable {
  readonly origin: string;
  /** Answers at once and always. */
  readonly transport: Transport;
  /** What the server itself did wrong. */
  readonly faults: readonly unknown[];
  /** For files that are to be gone with it. */
  readonly folder: string;
  /** One round of its collector. */
  sweep(): Promise<void>;
  /** Hex ids of objects whose bytes are damaged on its disk. */
  readonly damaged: Set<string>;
}

const unlimited = { requests: null, spaces: null, reports: null, accounts: null, logins: null, pairings: null };

export async function startService(clock: Clock): Promise<Service> {
  // What a test is about is not how fast a real disk syncs.
  const folder = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'reprise-storm-'));
  const database = await openDatabase({ path: join(folder, 'reprise.sqlite') });
  await migrate(database);
  const store = await openFilesystemStore({ folder: join(folder, 'objects'), reserveBytes: 0 });
  const damaged = new Set<string>();
  const faults: unknown[] = [];
  const drive = await openDrive({
    database,
    chunks: withCheck(withDamage(store, damaged), clock),
    uncheckedChunks: withDamage(store, damaged),
    clock,
    random: systemRandom,
    watch: { request: () => {}, event: () => {}, fault: (_, cause) => void (isDamage(cause, damaged) || faults.push(cause)) },
    settings: { ...defaultSettings, rates: unlimited },
  });
  return {
    origin: 'http://storm.test',
    transport: (request) => ask(drive, request),
    faults,
    folder,
    sweep: async () => void (await drive.sweep()),
    damaged,
    async [Symbol.asyncDispose]() {
      await drive.close();
      await store[Symbol.asyncDispose]();
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function isDamage(fault: unknown, damaged: ReadonlySet<string>): boolean {
  return fault instanceof Failure && fault.code === 'chunk-corrupt' && damaged.has(String(fault.facts['id']));
}

/** What is read of such an object has another byte. */
function withDamage(store: ChunkStore, damaged: ReadonlySet<string>): ChunkStore {
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      if (name !== 'read' && name !== 'sendRange') return value.bind(target) as unknown;
      return async (id: ObjectId, ...given: readonly unknown[]) => {
        if (damaged.has(id)) throw new Failure('chunk-corrupt', { id });
        return (await Reflect.apply(value, target, [id, ...given])) as unknown;
      };
    },
  });
}

async function ask(drive: Drive, { method, url, headers = {}, body }: HttpRequest): Promise<HttpResponse> {
  const { host, pathname, search } = new URL(url);
  const bytes = body === undefined ? new Uint8Array(0) : body instanceof Uint8Array ? body : concatBytes(...body);
  const incoming = new IncomingMessage(new Socket());
  Object.assign(incoming, { method, url: pathname + search, complete: true });
  for (const [name, value] of Object.entries({ host, 'content-length': String(bytes.length), ...headers }))
    incoming.headers[name.toLowerCase()] = value;
  if (bytes.length > 0) incoming.push(bytes);
  incoming.push(null);
  const outgoing = new Outgoing();
  await drive.handle(incoming, outgoing as unknown as ServerResponse);
  return outgoing.response();
}

/** What a drive uses of a response, kept whole. */
class Outgoing extends Writable {
  headersSent = false;
  shouldKeepAlive = true;
  #status = 0;
  #headers: Record<string, string> = {};
  readonly #pieces: Uint8Array[] = [];

  writeHead(status: number, headers: Readonly<Record<string, string | number>>): this {
    this.headersSent = true;
    this.#status = status;
    this.#headers = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
    return this;
  }

  flushHeaders(): void {}

  override _write(piece: Uint8Array, _encoding: string, done: () => void): void {
    // A copy: the sender writes its next piece where this one is.
    this.#pieces.push(new Uint8Array(piece));
    done();
  }

  response(): HttpResponse {
    const body = concatBytes(...this.#pieces);
    return {
      status: this.#status,
      header: (name) => this.#headers[name.toLowerCase()] ?? null,
      bytes: async () => body as Bytes,
      fill: async (into) => {
        if (into.length !== body.length) throw new Failure('bad-answer', { reason: 'not as many bytes as expected' });
        into.set(body);
      },
      pieces: async function* () {
        if (body.length > 0) yield body;
      },
    };
  }
}
