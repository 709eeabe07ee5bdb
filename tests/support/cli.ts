// Runs the command line program as a person would: a process of its own, with a state folder of its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cliPath, plainEnvironment } from './server.ts';
import { note } from './tell.ts';

export type CliRun = { readonly code: number | null; readonly stdout: string; readonly stderr: string; readonly lastLine: string };

export type CliOptions = {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Called with the process once it has started. */
  readonly onStart?: (pid: number, process: ReturnType<typeof spawn>) => void;
  readonly onError?: (text: string) => void;
  /** Called with what standard output holds so far, each time there is more. */
  readonly onOutput?: (text: string) => void;
  /** What the person types; without it nobody is there. */
  readonly input?: string;
};

export interface Cli extends Disposable {
  /** A temporary folder, gone with this. */
  readonly folder: string;
  readonly stateFolder: string;
  run(args: readonly string[], options?: CliOptions): Promise<CliRun>;
  /** Runs, demands exit code 0, and reads the last line as JSON. */
  json(
    args: readonly string[],
    options?: CliOptions,
  ): Promise<Record<string, never> & { link: string; ownerKey: string; bytes: number; files: number }>;
}

export function openCli(server: string): Cli {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-cli-'));
  const stateHome = join(folder, 'state');
  const run = (args: readonly string[], options: CliOptions = {}) =>
    new Promise<CliRun>((resolve, reject) => {
      const env = {
        ...plainEnvironment(),
        LANG: 'C.UTF-8',
        LC_ALL: 'C.UTF-8',
        XDG_STATE_HOME: stateHome,
        REPRISE_SERVER: server,
        ...options.env,
      };
      const child = spawn(process.execPath, [cliPath, ...args], { cwd: options.cwd ?? folder, env, stdio: ['pipe', 'pipe', 'pipe'] });
      child.stdin.on('error', () => undefined).end(options.input ?? '');
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
        options.onOutput?.(stdout);
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
        options.onError?.(text);
      });
      child.on('error', reject);
      child.on('close', (code) => {
        note(`reprise ${args.join(' ')} ended with ${code}\n${stderr.slice(-1_000)}`);
        resolve({ code, stdout, stderr, lastLine: stdout.trimEnd().split('\n').at(-1) ?? '' });
      });
      options.onStart?.(child.pid as number, child);
    });
  return {
    folder,
    stateFolder: join(stateHome, 'reprise'),
    run,
    json: async (args, options) => {
      const ran = await run([...args, '--json'], options);
      if (ran.code !== 0) throw new Error(`exit code ${ran.code}\n${ran.stderr}`);
      return JSON.parse(ran.lastLine);
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
