// Puts the host together: database, packs, drive and web app behind one function that answers requests.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { type ChunkStore, openFilesystemStore, withCheck, withMeter } from '@reprise/chunks';
import { type Database, migrate, openDatabase } from '@reprise/database';
import {
  type Drive,
  ReaderGone,
  type Reply,
  apiHeaders,
  defaultSettings,
  failureReply,
  openDrive,
  sendReply,
  serverFailureOf,
} from '@reprise/drive';
import { formatHex, systemClock, systemRandom } from '@reprise/kit';
import { openApiDocument } from '@reprise/protocol/openapi';
import { watchPayments } from './bitcache/figures.ts';
import type { Knock } from './bitcache/mint-door.ts';
import { Payments, type PaymentsParts } from './bitcache/payments.ts';
import { watchReserves } from './bitcache/watch-figures.ts';
import { answerCase } from './case-page.ts';
import { openCaseDesk } from './cases.ts';
import type { Config } from './config.ts';
import { answerNotice } from './notice.ts';
import { OperatorDesk } from './operator/desk.ts';
import { ownOrigin, Site } from './static.ts';
import type { HostWatch } from './watch.ts';

export interface Host {
  readonly drive: Drive;
  readonly payments: Payments;
  readonly isBuilt: boolean;
  /** Answers one request of any path. It never rejects. */
  handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void>;
  /** Answers a request for the mint's websocket. It never rejects. */
  upgrade(knock: Knock): Promise<void>;
  /** Streams and websockets end, so that connections become idle. */
  endStreams(): void;
  /** What is due without a request: bytes that nothing holds, cases whose time is over. */
  sweep(signal: AbortSignal): Promise<void>;
  /** When nothing is being answered any more. */
  close(): Promise<void>;
}

/** @throws DatabaseRefused, StoreRefused with a message for the operator */
export async function openHost(config: Config, watch: HostWatch): Promise<Host> {
  const database = await openHostDatabase(config);
  const packs = await openFilesystemStore({ folder: join(config.dataFolder, 'objects') });
  const metered = withMeter(packs, watch.store);
  const chunks = withCheck(metered, systemClock);
  const settings = { ...defaultSettings, ...config.drive, origins: originsOf(config.publicUrl) };
  const ports = { clock: systemClock, random: systemRandom, watch };
  const cases = openCaseDesk(database, systemClock, (id, cause) => watch.fault(id, cause));
  const payments = await openPayments(config, database, { ...ports, settleCases: cases.carryAll });
  watchPayments(watch.registry, database, payments);
  watchReserves(watch.registry, database, payments);
  const drive = await openDrive(
    { database, chunks, uncheckedChunks: metered, ...ports, settings },
    { ...payments.beside(), caseChanged: cases.carryOut },
  );
  const site = new Site(config.webFolder, (incoming) => {
    const app = ownOrigin(incoming, config.publicUrl, config.drive.trustProxy);
    return { app, viewer: config.viewerOrigin ?? app, storage: config.storageOrigin ?? '', relays: config.walletRelays.join(' ') };
  });
  const operator = new OperatorDesk({
    ...{ database, clock: systemClock, watch, token: config.operatorToken, publicUrl: config.publicUrl },
    trustProxy: config.drive.trustProxy,
    isSandbox: config.bitcache.kind === 'sandbox',
  });
  const context: Context = { config, database, chunks, drive, site, watch, payments, operator };
  return {
    drive,
    isBuilt: site.isBuilt,
    handle: (incoming, outgoing) => handle(context, incoming, outgoing),
    payments,
    upgrade: (knock) => upgrade(context, knock),
    endStreams: () => {
      void drive.close();
      payments.endSockets();
    },
    sweep: async (signal) => {
      await drive.sweep(signal);
      await cases.carryAll();
    },
    close: async () => {
      await payments.close();
      await chunks[Symbol.asyncDispose]();
      await database.close();
    },
  };
}

/** @throws DatabaseRefused */
export async function openHostDatabase(config: Pick<Config, 'databaseUrl' | 'dataFolder'>): Promise<Database> {
  const database = await openDatabase(
    config.databaseUrl ? { url: config.databaseUrl } : { path: join(config.dataFolder, 'reprise.sqlite') },
  );
  await migrate(database);
  return database;
}

/**
 * A device signs for the origin it speaks to, so that no other server can pass its request on. Behind a public address that is the only
 * one, and this machine itself; without one, whatever name the server was called by.
 */
export function originsOf(publicUrl: string | undefined): (host: string) => readonly string[] {
  return (host) => {
    const asCalled = [`http://${host}`, `https://${host}`];
    if (publicUrl === undefined) return asCalled;
    const local = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host);
    return local ? [publicUrl, ...asCalled.filter((origin) => origin !== publicUrl)] : [publicUrl];
  };
}

type Context = {
  readonly config: Config;
  readonly database: Database;
  readonly chunks: ChunkStore;
  readonly drive: Drive;
  readonly site: Site;
  readonly watch: HostWatch;
  readonly payments: Payments;
  readonly operator: OperatorDesk;
};

function openPayments(
  config: Config,
  database: Database,
  ports: Pick<PaymentsParts, 'clock' | 'random' | 'watch' | 'settleCases'>,
): Promise<Payments> {
  const { bitcache, bitcoinRates: rates, paymentsRate: rate, sellsUnderNotice, walletRelays, dataFolder, publicUrl, port, drive } = config;
  const origins = originsOf(publicUrl);
  return Payments.open({
    config: bitcache,
    rates,
    rate,
    sellsUnderNotice,
    walletRelays,
    database,
    dataFolder,
    publicUrl,
    port,
    origins,
    trustProxy: drive.trustProxy,
    ...ports,
  });
}

async function handle(context: Context, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  context.watch.begin();
  const path = pathOf(incoming);
  if (path.startsWith('/api/')) return context.drive.handle(incoming, outgoing);
  const startedAt = performance.now();
  const endpoint = context.payments.mountOf(path) ?? pageName(path);
  let reply: Reply;
  let code: string | undefined;
  try {
    reply = await answer(context, incoming, path);
  } catch (thrown) {
    const known = serverFailureOf(thrown);
    const reference = formatHex(systemRandom(6));
    if (!known) context.watch.fault(reference, thrown);
    code = known?.code ?? 'server-error';
    reply = known ? failureReply(known.code, known.facts) : failureReply('server-error', { reference });
  }
  const bytesOut = await sendReply({ incoming, outgoing, readerStallMs: defaultSettings.readerStallMs }, reply).catch((thrown: unknown) => {
    outgoing.destroy();
    code = thrown instanceof ReaderGone ? 'reader-gone' : 'server-error';
    return 0;
  });
  context.watch.request({
    endpoint,
    method: known.has(incoming.method ?? '') ? (incoming.method as string) : 'other',
    status: reply.status,
    ...(code === undefined ? {} : { code }),
    durationMs: performance.now() - startedAt,
    bytesIn: 0,
    bytesOut,
  });
}

async function upgrade({ payments, watch }: Context, knock: Knock): Promise<void> {
  watch.begin();
  const startedAt = performance.now();
  const status = await payments.openSocket(knock).catch((thrown: unknown) => {
    watch.fault(formatHex(systemRandom(6)), thrown);
    knock.stream.destroy();
    return 500;
  });
  const took = { durationMs: performance.now() - startedAt, bytesIn: 0, bytesOut: 0 };
  watch.request({ endpoint: 'mint', method: 'GET', status, ...(status < 500 ? {} : { code: 'server-error' }), ...took });
}

const known = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);

/** The path alone, without query; what is no path is the path of nothing. */
function pathOf({ url = '' }: IncomingMessage): string {
  const end = url.search(/[?#]/);
  return end < 0 ? url : url.slice(0, end);
}

const named = new Set(['/health', '/metrics', '/openapi.json', '/notice', '/case', '/operator']);

/** What the log calls a request for a page: never its path. */
function pageName(path: string): string {
  return named.has(path) ? path.slice(1) : 'page';
}

async function answer(context: Context, incoming: IncomingMessage, path: string): Promise<Reply> {
  const { config, drive, site, payments, operator } = context;
  const mount = payments.mountOf(path);
  if (mount !== undefined) return payments.answer(incoming, mount);
  const shown = await operator.answer(incoming, path);
  if (shown) return shown;
  if (path === '/case' && incoming.method === 'POST') return answerCase(incoming, drive, site, config.drive.trustProxy);
  if (path === '/notice' && incoming.method === 'POST') return answerNotice(incoming, drive, site, config.drive.trustProxy);
  if (incoming.method !== 'GET' && incoming.method !== 'HEAD')
    return { ...failureReply('method-refused', {}), headers: { ...failureReply('method-refused', {}).headers, Allow: 'GET, HEAD' } };
  if (path === '/health') return health(context);
  if (path === '/metrics') return metrics(context, incoming);
  if (path === '/openapi.json')
    return {
      status: 200,
      headers: { ...apiHeaders, 'Content-Type': 'application/json', 'Cache-Control': 'no-cache' },
      body: JSON.stringify(openApiDocument()),
    };
  return site.serve(incoming, path);
}

/** 200 while the database answers and the disk takes uploads; 503 names what does not. */
async function health({ database, chunks, config, payments }: Context): Promise<Reply> {
  const state = {
    database: await database.db
      .selectFrom('settings')
      .select('key')
      .limit(1)
      .execute()
      .then(
        () => 'ok',
        () => 'unreachable',
      ),
    store: await chunks.free().then(
      ({ freeBytes }) => (freeBytes < config.drive.diskReserveBytes ? 'full' : 'ok'),
      () => 'unreachable',
    ),
    bitcache: payments.state,
  };
  // Without Bitcache everything free works. A full disk refuses uploads; what is stored is still served, so the server stays in service.
  const ok = state.database === 'ok' && state.store !== 'unreachable';
  return { status: ok ? 200 : 503, headers: { ...apiHeaders, 'Content-Type': 'application/json' }, body: JSON.stringify({ ok, ...state }) };
}

async function metrics({ watch, config }: Context, incoming: IncomingMessage): Promise<Reply> {
  if (!mayReadMetrics(incoming, config.metricsToken)) return failureReply('not-found', {});
  return { status: 200, headers: { ...apiHeaders, 'Content-Type': watch.registry.contentType }, body: await watch.registry.metrics() };
}

/** Whoever has the token; without one, this machine when it does not speak for another. */
export function mayReadMetrics(incoming: Pick<IncomingMessage, 'headers' | 'socket'>, token: string | undefined): boolean {
  if (token !== undefined) return incoming.headers.authorization === `Bearer ${token}`;
  const address = incoming.socket.remoteAddress ?? '';
  const forwarded = incoming.headers['x-forwarded-for'] !== undefined || incoming.headers['forwarded'] !== undefined;
  return !forwarded && /^(127\.|::1$|::ffff:127\.)/.test(address);
}
