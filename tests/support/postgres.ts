// A real PostgreSQL for tests: the distribution's own, in a temporary folder, on a free port of 127.0.0.1, gone when the test ends.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

export type PostgresServer = AsyncDisposable & {
  /** Makes an empty database. @returns its URL */
  readonly createDatabase: () => string;
  /** The database of a name, made when it is first asked for. @returns its URL */
  readonly databaseAt: (place: string) => string;
  readonly stop: () => Promise<void>;
};

export type StartedPostgres = { readonly server: PostgresServer } | { readonly missing: string };

const user = 'reprise';
const readyWithinMs = 180_000;
const startsMax = 5;

/**
 * Without `flush` it leaves its writes to the system's cache: what a killed process wrote stays there, so only a power cut, or a measurement,
 * could tell the difference, and a test waits for no disk.
 * @returns the reason instead, for the skipped tests to print, when PostgreSQL is not installed or may not run here
 */
export async function startPostgres({ flush = false }: { readonly flush?: boolean } = {}): Promise<StartedPostgres> {
  const bin = findBin();
  if (!bin) return { missing: 'PostgreSQL is not installed (apt-get install postgresql)' };
  const account = process.getuid?.() === 0 ? unprivilegedAccount() : undefined;
  if (account === 'none') return { missing: 'PostgreSQL does not run as root, and there is no account postgres or nobody' };
  const folder = mkdtempSync(join(tmpdir(), 'reprise-postgres-'));
  try {
    if (account) chownSync(folder, account.uid, account.gid);
    const run = commandRunner(bin, account);
    const data = join(folder, 'data');
    const [command, parameters] = run('initdb', [
      '-D',
      data,
      '-U',
      user,
      '--auth=trust',
      '--encoding=UTF8',
      '--locale=C.UTF-8',
      '--no-sync',
    ]);
    execFileSync(command, parameters, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    return { server: await startOnFreePort(run, folder, data, flush) };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

type Account = { readonly uid: number; readonly gid: number };
type Run = (program: string, parameters: readonly string[]) => [string, string[]];

function findBin(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const configured = spawnSync('pg_config', ['--bindir'], { encoding: 'utf8' }).stdout?.trim();
  const folders = [
    ...versions.map((version) => join(debian, version, 'bin')),
    configured ?? '',
    ...(process.env['PATH'] ?? '').split(delimiter),
  ];
  return folders.find((folder) => folder !== '' && existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

function unprivilegedAccount(): Account | 'none' {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  return 'none';
}

function commandRunner(bin: string, account: Account | undefined): Run {
  return (program, parameters) => {
    if (!account) return [join(bin, program), [...parameters]];
    const as = [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups', '--'];
    return ['setpriv', [...as, join(bin, program), ...parameters]];
  };
}

async function startOnFreePort(run: Run, folder: string, data: string, flush: boolean): Promise<PostgresServer> {
  for (let start = 1; ; start++) {
    const port = await freePort();
    const settings = {
      listen_addresses: '127.0.0.1',
      port,
      unix_socket_directories: folder,
      max_connections: 60,
      fsync: flush ? 'on' : 'off',
      full_page_writes: flush ? 'on' : 'off',
    };
    const [command, parameters] = run('postgres', [
      '-D',
      data,
      ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
    ]);
    const server = spawn(command, parameters, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    let log = '';
    server.stderr.on('data', (text: Buffer) => (log = (log + text).slice(-10_000)));
    if (await becomesReady(server, join(data, 'postmaster.pid'))) return handle(server, folder, run, port);
    // Somebody else took the port between looking and listening.
    if (start >= startsMax || !log.includes('could not bind')) throw new Error(`PostgreSQL does not start: ${log}`);
  }
}

/** The server notes its state in its own folder: asking its port could find another server there. */
async function becomesReady(server: ChildProcess, statePath: string): Promise<boolean> {
  const deadline = Date.now() + readyWithinMs;
  while (server.exitCode === null && Date.now() < deadline) {
    if (/^ready\s*$/m.test(readIfThere(statePath))) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  server.kill('SIGKILL');
  return false;
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return '';
    throw error;
  }
}

function handle(server: ChildProcess, folder: string, run: Run, port: number): PostgresServer {
  // If the tests end without stop(), SIGQUIT makes the server leave at once.
  const atExit = () => void server.kill('SIGQUIT');
  process.once('exit', atExit);
  let databases = 0;
  const stop = async () => {
    if (server.exitCode === null && server.signalCode === null) {
      const ended = once(server, 'exit');
      server.kill('SIGINT');
      await ended;
    }
    process.off('exit', atExit);
    rmSync(folder, { recursive: true, force: true });
  };
  const createDatabase = () => {
    const name = `test${++databases}`;
    const [command, parameters] = run('createdb', ['-h', '127.0.0.1', '-p', String(port), '-U', user, name]);
    execFileSync(command, parameters, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    return `postgres://${user}@127.0.0.1:${port}/${name}`;
  };
  const places = new Map<string, string>();
  const databaseAt = (place: string) => {
    const url = places.get(place) ?? createDatabase();
    places.set(place, url);
    return url;
  };
  return { createDatabase, databaseAt, stop, [Symbol.asyncDispose]: stop };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}
