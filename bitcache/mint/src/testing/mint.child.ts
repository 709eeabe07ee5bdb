// A mint in a process of its own, for tests that kill it or run several on one database: `node mint.child.ts PLACE SEED SETTINGS`. It is asked
// over the channel to its parent, where the node it uses lives on.
import assert from 'node:assert/strict';
import { openDatabase } from '@reprise/database';
import { type Bytes, parseHex, systemClock, systemRandom } from '@reprise/kit';
import { Ledger } from '@reprise/ledger';
import { type LightningBackend, PaymentJournal } from '@reprise/lightning';
import { MintFailure } from '../failures.ts';
import { type Mint, openMint } from '../mint.ts';
import { defaultMintSettings, type MintSettings } from '../settings.ts';
import { openSigner } from '../signer/thread.ts';

export type FromParent =
  | { readonly call: number; readonly method: keyof Mint; readonly args: readonly unknown[] }
  /** Dies when it gets there. */
  | { readonly dieAt: string }
  /** From here on its clock is ahead by so much more. */
  | { readonly passMs: number }
  | { readonly answer: number; readonly result: unknown };
export type FromChild =
  | { readonly ready: true }
  | { readonly reply: number; readonly result: unknown }
  | { readonly reply: number; readonly code: number; readonly message: string }
  | { readonly ask: number; readonly method: string; readonly args: readonly unknown[] };

const [place, seed, settingsText] = process.argv.slice(2) as [string, string, string];
const say = (message: FromChild) => process.send?.(message);
const answers = new Map<number, (result: unknown) => void>();
let asked = 0;
let dieAt = '';
let aheadMs = 0;

function askParent(method: string, ...args: readonly unknown[]): Promise<unknown> {
  const ask = ++asked;
  say({ ask, method, args });
  return new Promise((resolve) => answers.set(ask, resolve));
}

const remote = (method: string) => (async (...args: readonly unknown[]) => askParent(method, ...args)) as never;
const backend: Partial<LightningBackend> = {
  name: 'scripted',
  info: remote('info'),
  createInvoice: remote('createInvoice'),
  lookupInvoice: remote('lookupInvoice'),
  cancelInvoice: remote('cancelInvoice'),
  pay: remote('pay'),
  lookupPayment: remote('lookupPayment'),
};

const opened = Promise.withResolvers<Mint>();
process.on('message', (message: FromParent) => {
  if ('dieAt' in message) dieAt = message.dieAt;
  else if ('passMs' in message) aheadMs += message.passMs;
  else if ('answer' in message) answers.get(message.answer)?.(message.result);
  else void carryOut(message);
});
process.on('disconnect', () => process.exit(0));

const database = await openDatabase(place.startsWith('postgres') ? { url: place } : { path: place });
const signer = await openSigner({ seed: parseHex(seed) as Bytes, points: 'best' });
const network = 'regtest' as const;
const clock = { now: () => systemClock.now() + aheadMs };
const journal = new PaymentJournal({
  backend: backend as LightningBackend,
  database,
  network,
  clock,
  onAlarm: ({ kind }) => assert.fail(kind),
});
const ports = {
  database,
  ledger: new Ledger(database),
  signer,
  clock,
  random: systemRandom,
  backend: journal.for('melt'),
  network,
};
const reached = (point: string) => {
  if (point === dieAt) process.kill(process.pid, 'SIGKILL');
};
opened.resolve(await openMint({ ...ports, reached }, { ...defaultMintSettings, ...(JSON.parse(settingsText) as Partial<MintSettings>) }));
say({ ready: true });

async function carryOut({ call, method, args }: Extract<FromParent, { call: number }>): Promise<void> {
  try {
    const work = (await opened.promise)[method] as (...given: readonly unknown[]) => unknown;
    say({ reply: call, result: await work(...args) });
  } catch (error) {
    say({ reply: call, code: error instanceof MintFailure ? error.code : 0, message: String(error) });
  }
}
