// A host that holds one file behind a link, and the addresses of its objects: found as any onlooker would find them, by listening to a get.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../harness/command.ts';
import { cliPath, freePort, startHost, type Host } from '../../tests/support/server.ts';
import { startWire } from '../../tests/support/wire.ts';

export interface LoadedHost extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly dataFolder: string;
  readonly link: string;
  readonly env: Readonly<Record<string, string>>;
}

export async function startLoadedHost(folder: string, source: string, hostEnv: Readonly<Record<string, string>> = {}): Promise<LoadedHost> {
  const port = await freePort();
  const host: Host = await startHost({ dataFolder: join(folder, 'store'), port, env: hostEnv });
  const home = join(folder, 'home');
  mkdirSync(home, { recursive: true });
  const env = {
    HOME: home,
    XDG_STATE_HOME: join(home, 'state'),
    XDG_CACHE_HOME: join(home, 'cache'),
    XDG_CONFIG_HOME: join(home, 'config'),
  };
  const { stdout } = await runCommand(process.execPath, [cliPath, 'put', source, '--server', host.url, '--json'], { env });
  const { link } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { link: string };
  const { url, pid, dataFolder } = host;
  return { url, port, pid, dataFolder, link, env, [Symbol.asyncDispose]: () => host[Symbol.asyncDispose]() };
}

/** Paths of the objects of at least `leastBytes` that a get of the whole link asks for. */
export async function collectObjectPaths(host: LoadedHost, folder: string, leastBytes: number): Promise<readonly string[]> {
  const recordFile = join(folder, 'wire.txt');
  const target = join(folder, 'listened');
  await using wire = await startWire(host.port, { recordFile });
  await runCommand(process.execPath, [cliPath, 'get', host.link.replace(host.url, wire.url), '-o', target], { env: host.env });
  const asked = [...readFileSync(recordFile, 'latin1').matchAll(/^GET (\/api\/v1\/objects\/[0-9a-f]{64}\S*) HTTP/gm)].map(
    (match) => match[1] as string,
  );
  rmSync(target, { force: true });
  const paths: string[] = [];
  for (const path of new Set(asked)) {
    const answer = await fetch(host.url + path, { method: 'HEAD' });
    if (Number(answer.headers.get('content-length')) >= leastBytes) paths.push(path);
  }
  if (paths.length === 0) throw new Error('no large object was asked for');
  return paths;
}
