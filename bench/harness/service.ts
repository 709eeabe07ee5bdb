// A server of a peer: started on a free port, waited for until it accepts, stopped by its process id.
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../tests/support/server.ts';

export interface Service extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
}

const startMsMax = 15_000;
const stopMsMax = 10_000;

export async function startService(
  command: string,
  args: (port: number) => readonly string[],
  options: { readonly logFile: string; readonly env?: Readonly<Record<string, string>>; readonly port?: number },
): Promise<Service> {
  const port = options.port ?? (await freePort());
  const log = openSync(options.logFile, 'a');
  const child = spawn(command, args(port), { stdio: ['ignore', log, log], env: { ...process.env, ...options.env } });
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  let failed = false;
  child.on('error', () => (failed = true));
  const until = Date.now() + startMsMax;
  while (!(await accepts(port))) {
    if (failed || child.exitCode !== null || Date.now() > until) {
      child.kill('SIGKILL');
      throw new Error(`${command} did not start; see ${options.logFile}`);
    }
    await sleep(50);
  }
  return {
    pid: child.pid as number,
    port,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      const killed = setTimeout(() => child.kill('SIGKILL'), stopMsMax);
      await ended;
      clearTimeout(killed);
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
