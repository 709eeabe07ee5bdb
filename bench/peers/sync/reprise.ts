// Ourselves: the host in its own process with its defaults, and the command line of two machines of one account.
import { existsSync } from 'node:fs';
import { Machine, openTwo } from '../../../tests/e2e/sync-machine.ts';
import { cliPath, startHost } from '../../../tests/support/server.ts';
import { us } from '../../results.ts';
import type { SyncPeer } from './peer.ts';

export const reprise: SyncPeer = {
  name: us,
  about:
    'reprise sync --once on one machine and then on the other, the start of each included; encrypted before it leaves, a server in between. Server and both machines wait for the disk (fsync).',
  absence: async () => (existsSync(cliPath) ? null : 'apps/cli is not in this checkout'),
  async start(folder) {
    const host = await startHost({ dataFolder: `${folder}/store` });
    const [first, second] = await openTwo(host);
    const [a, b] = [new Machine(first, '/w'), new Machine(second, '/w')];
    return {
      a: a.folder,
      b: b.folder,
      isDoneWhenBrought: true,
      async bring() {
        const startedAt = performance.now();
        await a.sync();
        const sentMs = performance.now() - startedAt;
        await b.sync();
        return { sentMs };
      },
      async follow() {
        await a.start();
        await b.start();
        return {
          pids: [a, b].flatMap(({ pid }) => pid ?? []),
          async stop() {
            await a.stop();
            await b.stop();
          },
        };
      },
      async [Symbol.asyncDispose]() {
        first[Symbol.dispose]();
        second[Symbol.dispose]();
        await host[Symbol.asyncDispose]();
      },
    };
  },
};
