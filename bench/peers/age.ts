// age and curl: the shortest way to put an encrypted file on a web server by hand. A folder goes through tar first.
import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { quote, runCommand, runPipeline } from '../harness/command.ts';
import { absenceOfNginx, startNginx } from './nginx-server.ts';
import { absentPrograms, type Peer } from './peer.ts';

export const age: Peer = {
  name: 'age + curl → nginx',
  about:
    'age piped into curl, PUT to nginx (no fsync); a folder goes as one tar. Sequential: an interrupted transfer starts again from nothing.',
  absence: async () => absentPrograms('age', 'age-keygen', 'curl') ?? (await absenceOfNginx()),
  async start(folder) {
    const keyFile = join(folder, 'age.key');
    await runCommand('age-keygen', ['-o', keyFile]);
    const recipient = /public key: (age1\w+)/.exec(readFileSync(keyFile, 'utf8'))?.[1];
    if (recipient === undefined) throw new Error('age-keygen printed no public key');
    const server = await startNginx(folder);
    const url = `http://127.0.0.1:${server.port}/item.age`;
    let source = '';
    let isFolder = false;
    return {
      storeFolder: server.storeFolder,
      serverPid: server.pid,
      put(path) {
        source = path;
        isFolder = statSync(path).isDirectory();
        const seal = isFolder
          ? `tar -C ${quote(dirname(path))} -cf - ${quote(basename(path))} | age -r ${recipient}`
          : `age -r ${recipient} ${quote(path)}`;
        return runPipeline(`${seal} | curl -sSf -T - ${url}`);
      },
      get(into) {
        const open = `curl -sSf ${url} | age -d -i ${quote(keyFile)}`;
        return runPipeline(isFolder ? `${open} | tar -C ${quote(into)} -xf -` : `${open} > ${quote(join(into, basename(source)))}`);
      },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
};
