// Runs one command to its end and says how long it took and how much memory its processes held.
import { spawn } from 'node:child_process';
import { sampleResident } from './resident.ts';

export type Ran = { readonly ms: number; readonly residentPeakBytes: number; readonly stdout: string };
export type CommandOptions = { readonly cwd?: string; readonly env?: Readonly<Record<string, string>>; readonly timeoutMs?: number };

const outputCharactersMax = 1_000_000;
const timeoutMsDefault = 30 * 60_000;

/** @throws Error with the end of the command's own words when it exits with anything but 0. */
export function runCommand(command: string, args: readonly string[], options: CommandOptions = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? timeoutMsDefault,
    });
    const resident = child.pid === undefined ? undefined : sampleResident(child.pid);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data: Buffer) => (stdout = (stdout + data.toString()).slice(-outputCharactersMax)));
    child.stderr.on('data', (data: Buffer) => (stderr = (stderr + data.toString()).slice(-outputCharactersMax)));
    child.on('error', reject);
    let ms = 0;
    child.on('exit', () => (ms = performance.now() - startedAt));
    child.on('close', (code, signal) => {
      const residentPeakBytes = resident?.stop() ?? 0;
      if (code === 0) resolve({ ms, residentPeakBytes, stdout });
      else reject(new Error(`${command} ${args.join(' ')} ended with ${signal ?? code}:\n${(stderr || stdout).slice(-2000)}`));
    });
  });
}

/** A pipeline as a person would type it; a failure anywhere in it is a failure. */
export function runPipeline(script: string, options: CommandOptions = {}): Promise<Ran> {
  return runCommand('bash', ['-c', `set -euo pipefail; ${script}`], options);
}

export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
