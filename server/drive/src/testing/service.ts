// The real service for the tests: real SQLite or PostgreSQL, real files, real HTTP on a free port. Only the clock can be moved.
import { mkdtempSync, rmSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChunkStore, openFilesystemStore, withCheck } from '@reprise/chunks';
import { type Database, migrate, openDatabase } from '@reprise/database';
import { systemRandom } from '@reprise/kit';
import { type Drive, openDrive } from '../drive.ts';
import type { EventFacts, RequestFacts } from '../ports.ts';
import { type DriveSettings, defaultSettings } from '../settings.ts';

export type MovableClock = { now(): number; move(ms: number): void };

export interface TestService extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  readonly drive: Drive;
  readonly database: Database;
  readonly chunks: ChunkStore;
  readonly clock: MovableClock;
  readonly server: Server;
  readonly requests: RequestFacts[];
  readonly events: { readonly name: string; readonly facts: EventFacts }[];
  readonly faults: unknown[];
}

export type TestOptions = {
  readonly settings?: Partial<DriveSettings>;
  /** Else a SQLite file in the service's folder. */
  readonly databaseUrl?: string | undefined;
  /** Where the SQLite file and the packs lie; else in the service's folder. */
  readonly databasePath?: string;
  readonly packFolder?: string;
  readonly reserveBytes?: number;
};

/** Which database a suite runs on: each is real. */
export type TestEngine = { readonly name: string; readonly start: (options?: TestOptions) => Promise<TestService> };

export async function startService(options: TestOptions = {}): Promise<TestService> {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-drive-'));
  const database = await openDatabase(
    options.databaseUrl ? { url: options.databaseUrl } : { path: options.databasePath ?? join(folder, 'reprise.sqlite') },
  );
  await migrate(database);
  const store = await openFilesystemStore({ folder: options.packFolder ?? join(folder, 'objects'), reserveBytes: options.reserveBytes });
  const clock = movableClock();
  const chunks = withCheck(store, clock);
  const requests: RequestFacts[] = [];
  const events: { name: string; facts: EventFacts }[] = [];
  const faults: unknown[] = [];
  const drive = await openDrive({
    database,
    chunks,
    uncheckedChunks: store,
    clock,
    random: systemRandom,
    watch: {
      request: (facts) => void requests.push(facts),
      event: (name, facts) => void events.push({ name, facts }),
      fault: (_, cause) => void faults.push(cause),
    },
    settings: { ...defaultSettings, ...options.settings },
  });
  const server = createServer({ requestTimeout: 0 }, (incoming, outgoing) => void drive.handle(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    folder,
    drive,
    database,
    chunks,
    clock,
    server,
    requests,
    events,
    faults,
    async [Symbol.asyncDispose]() {
      await drive.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await store[Symbol.asyncDispose]();
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function movableClock(): MovableClock {
  let movedMs = 0;
  return {
    now: () => Date.now() + movedMs,
    move: (ms) => {
      movedMs += ms;
    },
  };
}
