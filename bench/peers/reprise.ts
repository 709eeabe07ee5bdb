// Ourselves, as a person runs us: the host in its own process with its defaults, the command line program for each put and get.
import { existsSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { runCommand } from '../harness/command.ts';
import { cliPath, startHost } from '../../tests/support/server.ts';
import type { Peer } from './peer.ts';

export const reprise: Peer = {
  name: 'Reprise',
  about: 'the host with its defaults (SQLite, packs on disk, fsync before every answer) and the command line program.',
  absence: async () => (existsSync(cliPath) ? null : 'apps/cli is not in this checkout'),
  async start(folder) {
    const host = await startHost({ dataFolder: join(folder, 'store') });
    const home = join(folder, 'home');
    mkdirSync(home);
    // The client's journal belongs to this run alone.
    const env = {
      HOME: home,
      XDG_STATE_HOME: join(home, 'state'),
      XDG_CACHE_HOME: join(home, 'cache'),
      XDG_CONFIG_HOME: join(home, 'config'),
    };
    let link = '';
    let source = '';
    return {
      storeFolder: host.dataFolder,
      serverPid: host.pid,
      async put(path) {
        source = path;
        const ran = await runCommand(process.execPath, [cliPath, 'put', path, '--server', host.url, '--json'], { env });
        link = (JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '') as { link: string }).link;
        return ran;
      },
      get: (into) => runCommand(process.execPath, [cliPath, 'get', link, '-o', join(into, basename(source))], { env }),
      [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
    };
  },
};
