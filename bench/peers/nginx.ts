// nginx alone, nothing encrypted: what the wire and the disk allow. A limit, not a rival.
import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { quote, runCommand, runPipeline } from '../harness/command.ts';
import { absenceOfNginx, startNginx } from './nginx-server.ts';
import { absentPrograms, type Peer } from './peer.ts';

export const nginx: Peer = {
  name: 'nginx (plain)',
  about:
    'curl to nginx with WebDAV PUT and sendfile; nothing is encrypted; a folder goes as one tar. It does not call fsync. The limit of wire and disk.',
  absence: async () => absentPrograms('curl') ?? (await absenceOfNginx()),
  async start(folder) {
    const server = await startNginx(folder);
    const url = `http://127.0.0.1:${server.port}/item`;
    let source = '';
    let isFolder = false;
    return {
      storeFolder: server.storeFolder,
      serverPid: server.pid,
      put(path) {
        source = path;
        isFolder = statSync(path).isDirectory();
        if (!isFolder) return runCommand('curl', ['-sSf', '-T', path, url]);
        return runPipeline(`tar -C ${quote(dirname(path))} -cf - ${quote(basename(path))} | curl -sSf -T - ${url}`);
      },
      get(into) {
        if (!isFolder) return runCommand('curl', ['-sSf', '-o', join(into, basename(source)), url]);
        return runPipeline(`curl -sSf ${url} | tar -C ${quote(into)} -xf -`);
      },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
};
