// The account that this machine is a device of, or the drive that an app credential opens: where it is kept, and how commands open it.
import path from 'node:path';
import { Failure } from '@reprise/protocol/formats';
import { connect, inlinePool, type SealPool } from '@reprise/sdk';
import {
  AccountChanges,
  type AccountPorts,
  type AccountSession,
  openAppCredential,
  type OpenedAccount,
  type OpenedAppCredential,
  readRecord,
  renewCheckpoint,
  unlock,
} from '@reprise/sdk/account';
import { type Drive, type HeadStore, openDrive } from '@reprise/sdk/drive';
import { deviceFolder, headFiles, nodeFiles, nodePool, nodeTransport, restingPool } from '@reprise/sdk/node';
import { opaqueClient } from '@reprise/vault/account';
import { nodeEngine } from '@reprise/vault/node';
import { parseServer } from './arguments.ts';
import { accountFolder, credentialIn, nodesFolder } from './drive-path.ts';
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
    heads: headsOf(terminal),
    opaque: opaqueClient,
    [Symbol.dispose]: () => transport[Symbol.dispose](),
  };
}

export type Enrolled = { readonly ports: Ports; readonly account: OpenedAccount; readonly changes: AccountChanges } & Disposable;

/** @throws Failure not-enrolled on a machine without an account; usage where a credential is to be used, which opens the drive alone */
export async function openEnrolled(terminal: Terminal, rate?: string): Promise<Enrolled> {
  if (credentialIn(terminal)) throw new Failure('usage', { reason: 'credential-only-drive' });
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

type OpenSession = {
  readonly session: AccountSession;
  readonly heads: HeadStore;
  /** What is due now and then, once the log was followed. */
  readonly settle?: () => Promise<void>;
} & Disposable;

export type DriveChoice = {
  /** Threads are started when much is to be sealed or opened: at once, or only while there is. */
  readonly threads?: 'standing' | 'resting';
  readonly rate?: string | undefined;
  /** As it was asked for; the account is at one server, and no other will do. */
  readonly server?: string | undefined;
};

/** A drive for one command. @throws Failure not-enrolled, bad-credential, usage for another server */
export async function openDriveFor(terminal: Terminal, choice: DriveChoice = {}): Promise<{ readonly drive: Drive } & AsyncDisposable> {
  const opened = await openSession(terminal, choice.rate);
  const { session, heads } = opened;
  const pool = poolOf(choice.threads);
  const close = async () => {
    await pool[Symbol.asyncDispose]();
    opened[Symbol.dispose]();
  };
  try {
    demandServer(session.connection.origin, choice.server);
    const nodes = nodeFiles(nodesFolder(terminal));
    const drive = await openDrive(session, { engine: nodeEngine, pool, heads, nodes, signal: terminal.interrupted });
    await tellDisagreement(drive, terminal);
    await opened.settle?.();
    return { drive, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

function poolOf(threads: DriveChoice['threads']): SealPool {
  switch (threads) {
    case 'standing':
      return nodePool();
    case 'resting':
      return restingPool();
    case undefined:
      return inlinePool(nodeEngine);
  }
}

async function openSession(terminal: Terminal, rate: string | undefined): Promise<OpenSession> {
  if (credentialIn(terminal)) return openCredential(terminal, rate);
  const { ports, account } = await openEnrolled(terminal, rate);
  return {
    session: account.session,
    heads: ports.heads,
    settle: () => renewCheckpoint(ports, account, terminal.interrupted),
    [Symbol.dispose]: () => ports[Symbol.dispose](),
  };
}

/** What REPRISE_CREDENTIAL opens. @throws Failure bad-credential */
export async function openCredential(terminal: Terminal, rate?: string): Promise<OpenedAppCredential & OpenSession> {
  const transport = nodeTransport();
  try {
    const opened = await openAppCredential(credentialIn(terminal) ?? '', { transport: withRate(transport, rate) });
    return { ...opened, heads: headsOf(terminal), [Symbol.dispose]: () => transport[Symbol.dispose]() };
  } catch (error) {
    transport[Symbol.dispose]();
    throw error;
  }
}

function headsOf(terminal: Terminal): HeadStore {
  return headFiles(path.join(terminal.stateFolder, 'heads'));
}

function demandServer(origin: string, asked: string | undefined): void {
  if (asked !== undefined && parseServer(asked) !== origin)
    throw new Failure('usage', { reason: 'other-server', value: `${asked} ${origin}` });
}

/** What is read is what this machine accepted before; that something is wrong is said all the same. */
async function tellDisagreement({ disagreement }: Drive, terminal: Terminal): Promise<void> {
  if (!disagreement) return;
  const words = await loadWords(terminal.language);
  const { reason, ours, theirs } = disagreement;
  const failure = new Failure('drive-frozen', { reason, ours: ours.seq, theirs: theirs?.seq ?? null });
  terminal.say(`${words.error} ${failureText(words, failure)}\n`);
}
