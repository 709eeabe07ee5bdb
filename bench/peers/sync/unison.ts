// unison over a socket of this machine: two folders compared and made equal, both ways.
import { mkdirSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { runCommand } from '../../harness/command.ts';
import { startService } from '../../harness/service.ts';
import { absentPrograms } from '../peer.ts';
import type { SyncPeer } from './peer.ts';

export const unison: SyncPeer = {
  name: 'unison, socket',
  about:
    'unison -batch over a local socket, with -times; to follow, -repeat 1. Nothing encrypted; it does not wait for the disk (no fsync).',
  absence: async () => absentPrograms('unison'),
  async start(folder) {
    const [a, b] = [join(folder, 'a'), join(folder, 'b')];
    for (const side of [a, b, join(folder, 'near'), join(folder, 'far')]) mkdirSync(side);
    const server = await startService('unison', (port) => ['-socket', String(port)], {
      logFile: join(folder, 'server.log'),
      env: { UNISON: join(folder, 'far') },
    });
    const env = { UNISON: join(folder, 'near'), UNISONLOCALHOSTNAME: 'near' };
    const args = [a, `socket://127.0.0.1:${server.port}/${b}`, '-ui', 'text', '-batch', '-confirmbigdel=false', '-times', '-silent'];
    return {
      a,
      b,
      isDoneWhenBrought: true,
      async bring() {
        await runCommand('unison', args, { env });
        return { sentMs: null };
      },
      async follow() {
        const child = spawn('unison', [...args, '-repeat', '1'], { env: { ...process.env, ...env }, stdio: 'ignore' });
        const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
        return {
          pids: child.pid === undefined ? [] : [child.pid],
          async stop() {
            child.kill('SIGTERM');
            await ended;
          },
        };
      },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
};
