// The real host as a child process: a free port, a data folder of its own, stopped by its process id. What it prints is kept, so that
// a test can search it.
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const root: string = join(import.meta.dirname, '../..');
export const hostPath: string = join(root, 'apps/host/src/main.ts');
export const cliPath: string = join(root, 'apps/cli/src/main.ts');

export type HostOptions = {
  /** Kept when given; else a temporary folder that goes with the host. */
  readonly dataFolder?: string;
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** What links begin with, when something stands in front of the host. */
  readonly publicUrl?: string;
};

export interface Host extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly dataFolder: string;
  readonly logFile: string;
  logs(): string;
  /** SIGTERM, and waits; the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL, and waits: the machine lost power, but for the disk's own cache. */
  kill(): Promise<void>;
}

/** For a busy machine; a host that fails says so at once. */
const startMsMax = 120_000;
const stopMsMax = 60_000;

export async function startHost(options: HostOptions = {}): Promise<Host> {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-host-'));
  const dataFolder = options.dataFolder ?? join(folder, 'data');
  mkdirSync(dataFolder, { recursive: true });
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const logFile = join(folder, 'host.log');
  const child = spawn(process.execPath, [hostPath], {
    cwd: folder,
    env: {
      ...plainEnvironment(),
      PORT: String(port),
      REPRISE_DATA: dataFolder,
      REPRISE_PUBLIC_URL: options.publicUrl ?? url,
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const closed = new Promise<void>((resolve) => child.on('close', () => log.end(resolve)));
  await untilHealthy(child, url, logFile);
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), stopMsMax);
    await closed;
    clearTimeout(late);
    return child.exitCode;
  };
  return {
    url,
    port,
    pid: child.pid as number,
    dataFolder,
    logFile,
    logs: () => readFileSync(logFile, 'utf8'),
    stop: () => end('SIGTERM'),
    kill: async () => {
      await end('SIGKILL');
    },
    async [Symbol.asyncDispose]() {
      await end('SIGTERM');
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** The environment without the settings of a host that may run on this machine. */
export function plainEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).filter(([name]) => !/^(REPRISE_|DATABASE_URL$|PORT$|NODE_TEST_CONTEXT$)/.test(name));
  return Object.fromEntries(entries) as Record<string, string>;
}

/** Below the ports that systems give to outgoing connections and to who asks for any: nobody takes it before it is listened on. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 16_384 + Math.floor(Math.random() * 16_384);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

async function untilHealthy(child: ChildProcess, url: string, logFile: string): Promise<void> {
  let failed = false;
  child.on('error', () => (failed = true));
  for (const until = Date.now() + startMsMax; ; await sleep(50)) {
    const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) return;
    if (failed || child.exitCode !== null || Date.now() > until) {
      child.kill('SIGKILL');
      throw new Error(`the host did not start:\n${readFileSync(logFile, 'utf8').slice(-2000)}`);
    }
  }
}
