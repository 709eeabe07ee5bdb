// Two mints as they come, each a process of its own on SQLite: ours within the host, with its sandbox, and nutshell, with the wallet that only
// pretends to be a Lightning node.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { retry } from '@reprise/kit';
import { findNutshell } from '../../tests/support/nutshell.ts';
import { sandboxPays } from '../../tests/support/sandbox-host.ts';
import { startHost } from '../../tests/support/server.ts';
import { startService } from '../harness/service.ts';
import { us } from '../results.ts';

export type MintPeer = {
  readonly name: string;
  /** False if it can run here, else the reason for its absence. */
  absence(): string | false;
  start(folder: string): Promise<RunningMint>;
};

export interface RunningMint extends AsyncDisposable {
  /** Without a slash at the end. */
  readonly url: string;
  pay(bolt11: string): Promise<void>;
}

const ours: MintPeer = {
  name: us,
  absence: () => false,
  async start(folder) {
    const host = await startHost({ dataFolder: join(folder, 'data'), env: { REPRISE_RATE_REQUESTS: 'off', REPRISE_RATE_PAYMENTS: 'off' } });
    const pay = async (bolt11: string) => {
      const { state } = await sandboxPays(host.url, bolt11);
      if (state !== 'succeeded') throw new Error(`the sandbox did not pay: ${state}`);
    };
    return { url: `${host.url}/mint`, pay, [Symbol.asyncDispose]: () => host[Symbol.asyncDispose]() };
  },
};

const nutshell: MintPeer = {
  name: 'nutshell',
  absence: () => findNutshell('mint').absence,
  async start(folder) {
    const data = join(folder, 'nutshell');
    mkdirSync(data, { recursive: true });
    const env = {
      HOME: data,
      CASHU_DIR: data,
      MINT_DATABASE: data,
      MINT_AUTH_DATABASE: data,
      MINT_PRIVATE_KEY: 'a key for measuring',
      MINT_BACKEND_BOLT11_SAT: 'FakeWallet',
      MINT_INPUT_FEE_PPK: '0',
      MINT_RATE_LIMIT: 'false',
      FAKEWALLET_BRR: 'true',
      FAKEWALLET_DELAY_INCOMING_PAYMENT: '0',
      DEBUG: 'false',
      LOG_LEVEL: 'WARNING',
      TOR: 'false',
    };
    const args = (port: number) => ['--port', String(port)];
    const service = await startService(findNutshell('mint').program, args, { logFile: join(folder, 'nutshell.log'), env });
    return {
      url: `http://127.0.0.1:${service.port}`,
      // It pays itself.
      pay: async () => {},
      [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
    };
  },
};

export const mintPeers: readonly MintPeer[] = [ours, nutshell];

/** As long as a sandbox needs to open its channels. */
export function whenReady<Result>(work: () => Promise<Result>): Promise<Result> {
  return retry({ attemptsMax: 60, firstDelayMs: 250, delayMsMax: 1_000, again: () => true }, work);
}
