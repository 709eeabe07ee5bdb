// rclone bisync of two folders with one crypt remote over WebDAV: encrypted before it leaves, a server in between, as ours.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../harness/command.ts';
import { startService } from '../../harness/service.ts';
import { absentPrograms } from '../peer.ts';
import type { SyncPeer } from './peer.ts';

const transfers = '16';

export const rcloneBisync: SyncPeer = {
  name: 'rclone bisync, crypt',
  about: `rclone bisync of one folder and then of the other with a crypt remote on "rclone serve webdav", --transfers ${transfers}; encrypted before it leaves. It does not wait for the disk (no fsync).`,
  absence: async () => absentPrograms('rclone'),
  async start(folder) {
    const [a, b, store] = [join(folder, 'a'), join(folder, 'b'), join(folder, 'store')];
    for (const side of [a, b, store]) mkdirSync(side);
    const config = join(folder, 'rclone.conf');
    writeFileSync(config, '');
    const server = await startService('rclone', (port) => ['--config', config, 'serve', 'webdav', store, '--addr', `127.0.0.1:${port}`], {
      logFile: join(folder, 'webdav.log'),
    });
    const password = (await runCommand('rclone', ['obscure', 'correct horse battery staple'])).stdout.trim();
    writeFileSync(
      config,
      `[store]\ntype = webdav\nurl = http://127.0.0.1:${server.port}\nvendor = other\n\n[secret]\ntype = crypt\nremote = store:box\npassword = ${password}\n`,
    );
    const rclone = (...args: readonly string[]) => runCommand('rclone', ['--config', config, '--transfers', transfers, ...args]);
    await rclone('mkdir', 'secret:');
    // The first run of a pair has to be told that it is one.
    const begun = new Set<string>();
    const bisync = async (side: string): Promise<void> => {
      await rclone('bisync', side, 'secret:', '--workdir', join(folder, 'work'), '--force', ...(begun.has(side) ? [] : ['--resync']));
      begun.add(side);
    };
    return {
      a,
      b,
      isDoneWhenBrought: true,
      async bring() {
        const startedAt = performance.now();
        await bisync(a);
        const sentMs = performance.now() - startedAt;
        await bisync(b);
        return { sentMs };
      },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
};
