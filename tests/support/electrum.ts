// Electrum, the distribution's own, as a program that runs in a folder of its own and is asked over JSON-RPC.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './server.ts';
import { until } from './until.ts';

/** @returns undefined where it is not installed */
export function findElectrum(): string | undefined {
  return ['electrum', '/usr/games/electrum'].find((one) => spawnSync(one, ['--help'], { stdio: 'ignore', timeout: 60_000 }).status === 0);
}

export class Electrum implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #port: number;
  readonly #password: string;
  #log = '';

  private constructor(child: ChildProcess, port: number, password: string) {
    this.#child = child;
    this.#port = port;
    this.#password = password;
    child.stderr?.on('data', (data) => (this.#log = (this.#log + String(data)).slice(-200_000)));
  }

  /** With a wallet of its own. @param serverPort of the server that tells it of the chain */
  static async start(program: string, folder: string, serverPort: number): Promise<Electrum> {
    mkdirSync(join(folder, 'regtest'), { recursive: true });
    const [port, peerPort, password] = [await freePort(), await freePort(), randomBytes(16).toString('hex')];
    const settings = {
      // Of an older one it would ask its server over TLS.
      config_version: 3,
      rpcuser: 'test',
      rpcpassword: password,
      server: `127.0.0.1:${serverPort}:t`,
      oneserver: true,
      auto_connect: false,
      check_updates: false,
      // One that can be reached takes channels that others open.
      lightning_listen: `127.0.0.1:${peerPort}`,
      // Its own way to whoever it pays, without a node that finds one for it.
      use_gossip: true,
    };
    writeFileSync(join(folder, 'regtest', 'config'), JSON.stringify(settings));
    const words = ['daemon', '--regtest', '-D', folder, '--rpchost', '127.0.0.1', '--rpcport', String(port), '-v'];
    const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    const electrum = new Electrum(child, port, password);
    try {
      await until('Electrum answers', () => {
        assert.equal(child.exitCode, null, `Electrum ended: ${electrum.log}`);
        return electrum.ask('ping').then(
          () => true,
          () => false,
        );
      });
      await electrum.ask('create');
      await electrum.ask('load_wallet');
      return electrum;
    } catch (error) {
      await electrum[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The last of what it noted, for whoever looks into a failure. */
  get log(): string {
    return this.#log;
  }

  /** @throws what it says that went wrong */
  async ask(method: string, params: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${this.#port}/`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`test:${this.#password}`).toString('base64')}` },
      body: JSON.stringify({ id: 1, method, params }),
    });
    const text = await response.text();
    assert.equal(response.status, 200, text);
    const { result, error } = JSON.parse(text) as { readonly result?: unknown; readonly error?: { readonly message: string } };
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    const late = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(late);
  }
}
