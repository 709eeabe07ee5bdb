// The account that this machine is a device of: where it is kept, and how commands open it and its drive.
import path from 'node:path';
import { Failure } from '@reprise/protocol/formats';
import { connect, inlinePool, type SealPool } from '@reprise/sdk';
import { AccountChanges, type AccountPorts, type OpenedAccount, readRecord, unlock } from '@reprise/sdk/account';
import { type Drive, openDrive } from '@reprise/sdk/drive';
import { deviceFolder, headFiles, nodePool, nodeTransport } from '@reprise/sdk/node';
import { opaqueClient } from '@reprise/vault/account';
import { nodeEngine } from '@reprise/vault/node';
import { accountFolder } from './drive-path.ts';
import { withRate } from './rate.ts';
import type { Terminal } from './terminal.ts';
import { failureText, loadWords } from './words.ts';

export type Ports = AccountPorts & Disposable;

/** @param server where the account is @param rate how fast it may send and fetch, as `--limit-rate` takes it */
export function portsFor(server: string, terminal: Terminal, rate?: string): Ports {
  const transport = nodeTransport();
  return {
    connection: connect({ server, transport: withRate(transport, rate) }),
    engine: nodeEngine,
    store: deviceFolder(accountFolder(terminal)),
    heads: headFiles(path.join(terminal.stateFolder, 'heads')),
    opaque: opaqueClient,
    [Symbol.dispose]: () => transport[Symbol.dispose](),
  };
}

export type Enrolled = { readonly ports: Ports; readonly account: OpenedAccount; readonly changes: AccountChanges } & Disposable;

/** @throws Failure not-enrolled on a machine without an account */
export async function openEnrolled(terminal: Terminal, rate?: string): Promise<Enrolled> {
  const record = await readRecord({ store: deviceFolder(accountFolder(terminal)) });
  if (!record) throw new Failure('not-enrolled');
  const ports = portsFor(record.origin, terminal, rate);
  try {
    const account = await unlock(ports, terminal.interrupted);
    return { ports, account, changes: new AccountChanges(ports, account), [Symbol.dispose]: () => ports[Symbol.dispose]() };
  } catch (error) {
    ports[Symbol.dispose]();
    throw error;
  }
}

/** A drive for one command; threads are started when much is to be sealed or opened. */
export async function openDriveFor(
  terminal: Terminal,
  options: { readonly threads?: boolean; readonly rate?: string | undefined } = {},
): Promise<{ readonly drive: Drive } & AsyncDisposable> {
  const enrolled = await openEnrolled(terminal, options.rate);
  const pool: SealPool = options.threads ? nodePool() : inlinePool(nodeEngine);
  const close = async () => {
    await pool[Symbol.asyncDispose]();
    enrolled[Symbol.dispose]();
  };
  try {
    const { session } = enrolled.account;
    const drive = await openDrive(session, { engine: nodeEngine, pool, heads: enrolled.ports.heads, signal: terminal.interrupted });
    await tellDisagreement(drive, terminal);
    return { drive, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What is read is what this machine accepted before; that something is wrong is said all the same. */
async function tellDisagreement({ disagreement }: Drive, terminal: Terminal): Promise<void> {
  if (!disagreement) return;
  const words = await loadWords(terminal.language);
  const { reason, ours, theirs } = disagreement;
  const failure = new Failure('drive-frozen', { reason, ours: ours.seq, theirs: theirs?.seq ?? null });
  terminal.say(`${words.error} ${failureText(words, failure)}\n`);
}
