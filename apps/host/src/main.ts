// The process an operator runs: reads the environment, opens the socket, minds the signals. docs/guide tells how.
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { StoreRefused } from '@reprise/chunks';
import { DatabaseRefused } from '@reprise/database';
import { holdFolder } from '@reprise/database/hold-folder';
import { addressGroup } from '@reprise/drive';
import { isMintSocket } from './bitcache/mint-door.ts';
import { openCollector } from './collector.ts';
import { type Host, openHost } from './compose.ts';
import { type Config, ConfigRefused, parseConfig } from './config.ts';
import { openWatch } from './watch.ts';

// Bodies arrive in buffers outside of V8's heap. By default every 20 MB of them cost a collection of the whole heap: measured, 46 for each
// gigabyte received, 1.7 s of processor time; counted with the heap they cost 14 and 0.5 s.
setFlagsFromString('--external-memory-accounted-in-global-limit');
// A small heap is let grow by little before it is walked again, and bodies then cross that bound again and again: measured, 23 walks for each
// gigabyte received and 1.1 s of processor time of V8's threads, once a server had run for a while; with the bound at four times the heap,
// almost none.
setFlagsFromString('--heap-growing-percent=300');

const stopMsMax = 20_000;

async function main(): Promise<void> {
  const config = parseConfig(process.env);
  const watch = openWatch(config.logLevel);
  const server = createServer({
    maxHeaderSize: 16_384,
    headersTimeout: 10_000,
    requestTimeout: 0,
    keepAliveTimeout: 75_000,
    connectionsCheckingInterval: 2_000,
    noDelay: true,
    // Whoever asks for another protocol elsewhere is answered as if they had not.
    shouldUpgradeCallback: isMintSocket,
  });
  // What nobody caught is told without its message, which could hold anything, and ends the process: its state is not known.
  process.on('uncaughtException', (cause) => {
    watch.fault('process', cause);
    process.exit(1);
  });
  boundConnections(server, config);
  const { port } = await listen(server, config);
  const held = holdFolder(config.dataFolder);
  const opening = openHost(config, watch);
  // Who comes while the host is put together waits for it; without a listener the request would never be answered.
  const collect = openCollector();
  server.on('request', (incoming, outgoing) => {
    incoming.once('close', () => collect(Number(incoming.headers['content-length'] ?? 0)));
    void opening.then(
      (host) => host.handle(incoming, outgoing),
      () => outgoing.destroy(),
    );
  });
  server.on('upgrade', (incoming, stream, head) => {
    void opening.then(
      (host) => host.upgrade({ incoming, stream, head }),
      () => stream.destroy(),
    );
  });
  const host = await opening;
  process.stdout.write(`Reprise is open at http://localhost:${port}\n`);
  if (!host.isBuilt) process.stdout.write('The web app was not built: only the interface for programs answers.\n');
  if (host.payments.why !== undefined) process.stdout.write(`Payments are off: ${host.payments.why}.\n`);
  watch.event('start', { port, engine: config.databaseUrl ? 'postgres' : 'sqlite', node: process.version });
  const sweeping = sweepRegularly(host, config.sweepMs, watch);
  stopOnSignal(server, host.endStreams, async () => {
    await sweeping.stop();
    await host.close();
    held[Symbol.dispose]();
    watch.event('stop', {});
  });
}

/** Bound first, answered only once the host is put together: a port in use is found out before the data is touched. */
function listen(server: Server, { port, host }: Config): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: 1024 }, () => {
      server.off('error', reject);
      resolve(server.address() as AddressInfo);
    });
  });
}

/** No address may hold all connections, and all together not the process. */
function boundConnections(server: Server, { connectionsMax, connectionsPerAddressMax, drive }: Config): void {
  server.maxConnections = connectionsMax;
  if (drive.trustProxy) return;
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = addressGroup(socket.remoteAddress ?? '');
    const count = (open.get(address) ?? 0) + 1;
    if (count > connectionsPerAddressMax) return void socket.destroy();
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
  });
}

function sweepRegularly(host: Host, sweepMs: number, watch: ReturnType<typeof openWatch>) {
  const stopping = new AbortController();
  let running: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    running = host.sweep(stopping.signal).catch((cause: unknown) => watch.fault('sweep', cause));
  }, sweepMs);
  return {
    stop: async () => {
      clearInterval(timer);
      stopping.abort();
      await running;
    },
  };
}

/** The first signal lets running requests finish, within a bound; the second ends at once. */
function stopOnSignal(server: Server, endStreams: () => void, close: () => Promise<void>): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(signal === 'SIGINT' ? 130 : 143);
    stopping = true;
    endStreams();
    const late = setTimeout(() => server.closeAllConnections(), stopMsMax);
    // A connection whose request has just ended would wait for the next one.
    const idle = setInterval(() => server.closeIdleConnections(), 50);
    server.close(() => {
      clearTimeout(late);
      clearInterval(idle);
      void close().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function explain(error: unknown): string {
  if (error instanceof ConfigRefused || error instanceof DatabaseRefused || error instanceof StoreRefused) return error.message;
  const { code, port, message } = error as { code?: string; port?: number; message?: string };
  if (code === 'EADDRINUSE') return `Port ${port} is in use. Stop what listens there, or set PORT to another.`;
  if (code === 'EACCES' && port !== undefined) return `Port ${port} needs more rights. Set PORT to one above 1023.`;
  return message ?? String(error);
}

main().catch((error: unknown) => {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
});
