// rclone's crypt remote over WebDAV: what people use who want their files encrypted on somebody else's web storage.
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { runCommand } from '../harness/command.ts';
import { startService } from '../harness/service.ts';
import { absentPrograms, type Peer } from './peer.ts';

const transfers = '16';

export const rclone: Peer = {
  name: 'rclone crypt → WebDAV',
  about: `rclone crypt remote to "rclone serve webdav" of a local folder (no fsync), names encrypted, --transfers ${transfers}.`,
  absence: async () => absentPrograms('rclone'),
  async start(folder) {
    const storeFolder = join(folder, 'store');
    mkdirSync(storeFolder, { recursive: true });
    const configFile = join(folder, 'rclone.conf');
    writeFileSync(configFile, '');
    const server = await startService(
      'rclone',
      (port) => ['--config', configFile, 'serve', 'webdav', storeFolder, '--addr', `127.0.0.1:${port}`],
      { logFile: join(folder, 'webdav.log') },
    );
    const password = (await runCommand('rclone', ['obscure', 'correct horse battery staple'])).stdout.trim();
    writeFileSync(
      configFile,
      `[store]\ntype = webdav\nurl = http://127.0.0.1:${server.port}\nvendor = other\n\n[secret]\ntype = crypt\nremote = store:box\npassword = ${password}\n`,
    );
    let source = '';
    let isFolder = false;
    const copy = (from: string, to: string) => runCommand('rclone', ['--config', configFile, '--transfers', transfers, 'copy', from, to]);
    return {
      storeFolder,
      serverPid: server.pid,
      put(path) {
        source = path;
        isFolder = statSync(path).isDirectory();
        return copy(path, isFolder ? `secret:${basename(path)}` : 'secret:');
      },
      get: (into) => copy(`secret:${basename(source)}`, isFolder ? join(into, basename(source)) : into),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
};
