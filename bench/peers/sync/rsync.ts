// rsync to its own daemon: the yardstick of one direction. Nothing is encrypted, and what was removed or renamed is told by comparing both sides.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../harness/command.ts';
import { startService } from '../../harness/service.ts';
import { absentPrograms } from '../peer.ts';
import type { SyncPeer } from './peer.ts';

export const rsync: SyncPeer = {
  name: 'rsync → its daemon (plain)',
  about:
    'rsync -a --delete --fsync to a daemon: one direction, nothing encrypted, waits for the disk as we do. It follows nothing by itself.',
  absence: async () => absentPrograms('rsync'),
  async start(folder) {
    const [a, b] = [join(folder, 'a'), join(folder, 'b')];
    for (const side of [a, b]) mkdirSync(side);
    const config = join(folder, 'rsyncd.conf');
    const owner = process.getuid?.() === 0 ? 'uid = root\ngid = root\n' : '';
    writeFileSync(config, `use chroot = no\n${owner}[b]\npath = ${b}\nread only = no\n`);
    const daemon = await startService(
      'rsync',
      (port) => ['--daemon', '--no-detach', `--config=${config}`, '--address=127.0.0.1', `--port=${port}`],
      { logFile: join(folder, 'rsyncd.log') },
    );
    return {
      a,
      b,
      isDoneWhenBrought: true,
      async bring() {
        await runCommand('rsync', ['-a', '--delete', '--fsync', `${a}/`, `rsync://127.0.0.1:${daemon.port}/b/`]);
        return { sentMs: null };
      },
      [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
    };
  },
};
