// restic: chunked, encrypted, deduplicating backup to its REST server; the closest in what it promises. Debian has no package of the REST
// server, so it is built with Go where Go is; else rclone speaks its protocol.
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { runCommand } from '../harness/command.ts';
import { startService, type Service } from '../harness/service.ts';
import { absentPrograms, findProgram, type Peer } from './peer.ts';

const restServerVersion = 'v0.14.0';
const restServerModule = 'github.com/restic/rest-server/cmd/rest-server';

export const restic: Peer = {
  name: 'restic → rest-server',
  about: `restic with its defaults to a fresh repository on rest-server ${restServerVersion} (which calls fsync), without authentication.`,
  absence: async () =>
    absentPrograms('restic') ?? ((await findRestServer()) === null ? 'rest-server is neither here nor can Go build it' : null),
  start: async (folder) => startRestic(folder, (await findRestServer()) as string, 'rest-server'),
};

/** Used only where `restic` is absent for want of rest-server. */
export const resticToRclone: Peer = {
  name: 'restic → rclone serve restic',
  about: 'restic with its defaults to a fresh repository on "rclone serve restic" (no fsync): rest-server could not be had here.',
  absence: async () => ((await restic.absence()) === null ? `${restic.name} is measured instead` : absentPrograms('restic', 'rclone')),
  start: async (folder) => startRestic(folder, 'rclone', 'rclone'),
};

async function startRestic(folder: string, program: string, kind: 'rest-server' | 'rclone') {
  const storeFolder = join(folder, 'store');
  mkdirSync(storeFolder, { recursive: true });
  const server: Service = await startService(
    program,
    (port) =>
      kind === 'rclone'
        ? ['serve', 'restic', '--addr', `127.0.0.1:${port}`, storeFolder]
        : ['--path', storeFolder, '--listen', `127.0.0.1:${port}`, '--no-auth'],
    { logFile: join(folder, 'rest-server.log') },
  );
  const env = {
    RESTIC_PASSWORD: 'correct horse battery staple',
    RESTIC_REPOSITORY: `rest:http://127.0.0.1:${server.port}/`,
    RESTIC_CACHE_DIR: join(folder, 'cache'),
  };
  await runCommand('restic', ['init'], { env });
  return {
    storeFolder,
    serverPid: server.pid,
    put(path: string) {
      return runCommand('restic', ['backup', '--quiet', basename(path)], { env, cwd: dirname(path) });
    },
    get: (into: string) => runCommand('restic', ['restore', 'latest', '--quiet', '--target', into], { env }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

let restServer: Promise<string | null> | undefined;
function findRestServer(): Promise<string | null> {
  restServer ??= buildRestServer();
  return restServer;
}

/** Built once a machine, into the cache folder of whoever runs the benchmark. */
async function buildRestServer(): Promise<string | null> {
  const installed = findProgram('rest-server');
  if (installed !== null) return installed;
  const folder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'reprise-bench', `rest-server-${restServerVersion}`);
  const program = join(folder, 'rest-server');
  if (existsSync(program)) return program;
  if (findProgram('go') === null) return null;
  mkdirSync(folder, { recursive: true });
  const go = (...args: readonly string[]) => runCommand('go', args, { cwd: folder, env: { GOFLAGS: '-mod=mod' }, timeoutMs: 300_000 });
  try {
    if (!existsSync(join(folder, 'go.mod'))) await go('mod', 'init', 'bench');
    await go('get', `${restServerModule}@${restServerVersion}`);
    await go('build', '-o', program, restServerModule);
    return program;
  } catch {
    return null; // no way to the modules: said in the table as absent
  }
}
