// Reprise as its users meet it: the real host with the built web app, behind a wire that hears everything clients send and can be slow or cut.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { cliPath, freePort, plainEnvironment, root, startHost, type Host } from './server.ts';
import { note } from './tell.ts';
import { startWire, type Wire } from './wire.ts';

export interface App extends AsyncDisposable {
  /** What people type and what links begin with; leads through the wire. */
  readonly url: string;
  readonly host: Host;
  readonly wire: Wire;
  /** A folder for inputs and what was saved; gone afterwards. */
  readonly folder: string;
  /** Every byte that clients sent. */
  readonly recordFile: string;
  /** Runs the command line program as a person with an empty home. @returns the last line of its standard output as JSON, when it is */
  reprise(...args: readonly string[]): Promise<Ran>;
}

export type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export async function startApp(hostEnv: Readonly<Record<string, string>> = {}): Promise<App> {
  if (!existsSync(join(root, 'apps/web/dist'))) throw new Error('the web app is not built: npm test builds it, or node apps/web/build.ts');
  const folder = mkdtempSync(join(tmpdir(), 'reprise-story-'));
  const recordFile = join(folder, 'wire.bin');
  const port = await freePort();
  const wire = await startWire(port, { recordFile });
  const host = await startHost({ port, publicUrl: wire.url, dataFolder: join(folder, 'data'), env: hostEnv }).catch(
    async (error: unknown) => {
      await wire[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
      throw error;
    },
  );
  return {
    url: wire.url,
    host,
    wire,
    folder,
    recordFile,
    reprise: (...args) => runCli(join(folder, 'home'), args),
    async [Symbol.asyncDispose]() {
      await wire[Symbol.asyncDispose]();
      await host[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

export function runCli(home: string, args: readonly string[]): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const env = {
      ...plainEnvironment(),
      HOME: home,
      XDG_STATE_HOME: join(home, 'state'),
      XDG_CONFIG_HOME: join(home, 'config'),
      XDG_CACHE_HOME: join(home, 'cache'),
    };
    const child = spawn(process.execPath, [cliPath, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 300_000 });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data) => (stdout += data));
    child.stderr.on('data', (data) => (stderr += data));
    child.on('error', reject);
    child.on('close', (code) => {
      note(`reprise ${args.join(' ')} ended with ${code}\n${stderr.slice(-1_000)}`);
      resolve({ code, stdout, stderr });
    });
  });
}

/** What `put --json` printed last. @throws Error when the program failed */
export function parcelOf(ran: Ran): { readonly link: string; readonly ownerKey: string } {
  if (ran.code !== 0) throw new Error(`reprise put ended with ${ran.code}: ${ran.stderr}`);
  return JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '') as { link: string; ownerKey: string };
}
