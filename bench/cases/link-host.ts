// A host with one thing behind a link, for cases that look at it through a browser.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../harness/command.ts';
import { cliPath, startHost, type Host } from '../../tests/support/server.ts';

export interface LinkHost extends AsyncDisposable {
  readonly host: Host;
  put(path: string): Promise<string>;
}

export async function startLinkHost(folder: string): Promise<LinkHost> {
  const host = await startHost({ dataFolder: join(folder, 'store') });
  const home = join(folder, 'home');
  mkdirSync(home, { recursive: true });
  const env = {
    HOME: home,
    XDG_STATE_HOME: join(home, 'state'),
    XDG_CACHE_HOME: join(home, 'cache'),
    XDG_CONFIG_HOME: join(home, 'config'),
  };
  return {
    host,
    async put(path) {
      const { stdout } = await runCommand(process.execPath, [cliPath, 'put', path, '--server', host.url, '--json'], { env });
      return (JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { link: string }).link;
    },
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
}
