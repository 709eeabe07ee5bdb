// A machine in a story about sync: its command line, and the folder that is synced.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Cli, type CliRun, openCli } from '../support/cli.ts';
import type { Host } from '../support/server.ts';
import { until } from '../support/until.ts';

export type Report = {
  readonly sent: number;
  readonly received: number;
  readonly removedHere: number;
  readonly removedThere: number;
  readonly conflicts: readonly string[];
  readonly stalls: readonly { readonly path: string; readonly reason: string }[];
};

/** Two machines of one account. */
export async function openTwo({ url }: Pick<Host, 'url'>): Promise<readonly [Cli, Cli]> {
  const [first, second] = [openCli(url), openCli(url)];
  const made = (await first.json(['signup', '--user', 'marta'])) as unknown as { phrase: string };
  const entered = await second.run(['login', '--user', 'marta'], { env: { REPRISE_PASSWORD: made.phrase } });
  assert.equal(entered.code, 0, entered.stderr);
  return [first, second];
}

export class Machine {
  readonly cli: Cli;
  readonly folder: string;
  readonly to: string;
  /** By the program that follows it, since it was started. */
  said = '';
  #following: { readonly child: ChildProcess; readonly ended: Promise<CliRun> } | undefined;

  constructor(cli: Cli, to: string) {
    this.cli = cli;
    this.to = to;
    this.folder = join(cli.folder, to.slice(1));
    mkdirSync(this.folder, { recursive: true });
  }

  async sync(code = 0): Promise<Report> {
    const ran = await this.cli.run(['sync', this.folder, '--to', this.to, '--once', '--json']);
    assert.equal(ran.code, code, `${ran.stdout}\n${ran.stderr}`);
    return JSON.parse(ran.lastLine) as Report;
  }

  /** Runs in the background, as a service manager would have it. @returns once both sides are equal */
  async start(args?: readonly string[]): Promise<void> {
    await this.begin(args);
    await until(
      'the folder is in sync',
      () => this.said.includes('"in-sync"') || this.#following?.child.exitCode !== null,
      () => this.said,
    );
    assert.equal(this.#following?.child.exitCode, null, this.said);
  }

  /** As `start`. @returns at once */
  async begin(args: readonly string[] = ['sync', this.folder, '--to', this.to]): Promise<void> {
    this.said = '';
    await new Promise<void>((resolve) => {
      const ended = this.cli.run([...args, '--json'], {
        onStart: (_, child) => {
          this.#following = { child, ended: Promise.resolve().then(() => ended) };
          resolve();
        },
        onOutput: (text) => (this.said = text),
      });
    });
  }

  get isRunning(): boolean {
    return this.#following !== undefined && this.#following.child.exitCode === null && this.#following.child.signalCode === null;
  }

  /** @returns its exit code */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.#following?.child.kill(signal);
    return this.ended();
  }

  /** Of what was told to stop. @returns its exit code */
  async ended(): Promise<number | null> {
    const ran = await this.#following?.ended;
    this.#following = undefined;
    return ran?.code ?? null;
  }

  async json(...args: readonly string[]): Promise<Record<string, unknown>> {
    const ran = await this.cli.run(['sync', ...args, '--json']);
    return JSON.parse(ran.lastLine) as Record<string, unknown>;
  }

  /** Whether the program that follows it has a watch on a folder. Linux tells. */
  isWatched(path: string): boolean {
    const told = `/proc/${this.#following?.child.pid}/fdinfo`;
    const ino = ` ino:${statSync(this.at(path)).ino.toString(16)} `;
    return readdirSync(told).some((fd) =>
      readIfThere(join(told, fd))
        .split('\n')
        .some((line) => line.startsWith('inotify') && line.includes(ino)),
    );
  }

  /** Of the program that follows it. */
  get pid(): number | undefined {
    return this.#following?.child.pid;
  }

  at(path: string): string {
    return join(this.folder, path);
  }

  has(path: string): boolean {
    return existsSync(this.at(path));
  }

  read(path: string): string | undefined {
    return this.has(path) ? readFileSync(this.at(path), 'utf8') : undefined;
  }

  write(path: string, content: string | Buffer): void {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    writeFileSync(this.at(path), content);
  }

  /** Everything a person sees, by path. */
  tree(): Record<string, string> {
    const found: Record<string, string> = {};
    const walk = (folder: string): void => {
      for (const entry of readdirSync(join(this.folder, folder), { withFileTypes: true })) {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (path === '.reprise') continue;
        if (entry.isDirectory()) {
          found[path] = 'folder';
          walk(path);
        } else if (entry.isSymbolicLink()) found[path] = `→ ${readlinkSync(this.at(path))}`;
        else found[path] = `${(statSync(this.at(path)).mode & 0o100) !== 0 ? 'x ' : ''}${readFileSync(this.at(path)).toString('latin1')}`;
      }
    };
    walk('');
    return found;
  }
}

/** A file that was closed meanwhile holds nothing. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
