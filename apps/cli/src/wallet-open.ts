// Whose wallet a command uses: the account's, kept sealed in its home space, on a machine that belongs to one; else this machine's own, from
// twelve words. spec/wallet.md "Seeds", "Store".
import fs from 'node:fs';
import path from 'node:path';
import { type Bytes, formatHex, systemClock, systemRandom } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import { openDrive, walletFile } from '@reprise/sdk/drive';
import { nodeFiles, recordFiles } from '@reprise/sdk/node';
import { nodeEngine } from '@reprise/vault/node';
import { accountWalletSeed, formatKit, parseWalletWords, visitorWalletSeed, walletBranch, walletEntropyBytes } from '@reprise/vault/wallet';
import { Wallet, type WalletPorts } from '@reprise/wallet';
import { openEnrolled } from './account.ts';
import { defaultServer, parseServer } from './arguments.ts';
import { keepOnce, readSecret } from './secret-file.ts';
import { credentialIn, hasAccount, nodesFolder } from './drive-path.ts';
import type { Terminal } from './terminal.ts';
import type { KnownRate } from './known-rate.ts';
import { type MintFacts, mintAt } from './wallet-mint.ts';

export type OpenedWallet = {
  readonly wallet: Wallet;
  /** null for an account's, which its recovery kit brings back. */
  readonly words: readonly string[] | null;
  readonly isSandbox: boolean | null;
  readonly rate: KnownRate | null;
} & Disposable;

export type WalletChoice = {
  readonly server?: string | undefined;
  readonly mint?: string | undefined;
  /** Of the mint, where somebody has asked already: then nobody else is asked. */
  readonly known?: MintFacts;
};

/** @throws Failure usage, bad-journal, network … */
export async function openWallet(terminal: Terminal, choice: WalletChoice): Promise<OpenedWallet> {
  if (credentialIn(terminal)) throw new Failure('usage', { reason: 'credential-only-drive' });
  return hasAccount(terminal) ? openAccountWallet(terminal, choice) : openOwnWallet(terminal, choice);
}

async function openAccountWallet(terminal: Terminal, choice: WalletChoice): Promise<OpenedWallet> {
  const enrolled = await openEnrolled(terminal);
  try {
    const { session, keys } = enrolled.account;
    const signal = terminal.interrupted;
    const nodes = nodeFiles(nodesFolder(terminal));
    const drive = await openDrive(session, { engine: nodeEngine, heads: enrolled.ports.heads, nodes, signal });
    const { mint, isSandbox, rate } = await mintOf(terminal, choice, session.connection.origin);
    const wallet = new Wallet({
      ...portsOf(terminal, mint),
      store: walletFile(drive, signal),
      seedOf: branchesOf(await accountWalletSeed(nodeEngine, keys.amk)),
      isSeedNew: false,
      device: session.deviceId,
    });
    return { wallet, words: null, isSandbox, rate, [Symbol.dispose]: () => enrolled[Symbol.dispose]() };
  } catch (error) {
    enrolled[Symbol.dispose]();
    throw error;
  }
}

async function openOwnWallet(terminal: Terminal, choice: WalletChoice): Promise<OpenedWallet> {
  const folder = walletFolder(terminal);
  const { entropy, isNew } = guarded(folder, () => takeEntropy(folder));
  const records = recordFiles(folder);
  const { mint, isSandbox, rate } = await mintOf(terminal, choice, terminal.env['REPRISE_SERVER'] || defaultServer);
  const wallet = new Wallet({
    ...portsOf(terminal, mint),
    store: { load: async () => records.load('coins'), save: async (bytes, expected) => records.save('coins', bytes, expected) },
    seedOf: branchesOf(await visitorWalletSeed(nodeEngine, entropy)),
    isSeedNew: isNew,
    device: formatHex(entropy).slice(0, 8),
  });
  return { wallet, words: formatKit(entropy), isSandbox, rate, [Symbol.dispose]: () => undefined };
}

/** The words of another wallet become this machine's, unless it has one. @throws Failure bad-kit, usage */
export function adoptWords(terminal: Terminal, text: string): void {
  const entropy = parseWalletWords(text);
  const folder = walletFolder(terminal);
  const kept = guarded(folder, () => keepEntropy(folder, entropy));
  if (formatHex(kept) !== formatHex(entropy)) throw new Failure('usage', { reason: 'wallet-exists', value: folder });
}

function walletFolder(terminal: Terminal): string {
  return path.join(terminal.stateFolder, 'wallet');
}

function portsOf(terminal: Terminal, mint: string): Pick<WalletPorts, 'mint' | 'fetch' | 'clock' | 'random' | 'signal'> {
  return { mint, fetch: globalThis.fetch, clock: systemClock, random: systemRandom, signal: terminal.interrupted };
}

/** The server's, unless another was named; a server that was named comes before a mint of the environment. */
async function mintOf(terminal: Terminal, { server, mint, known: facts }: WalletChoice, usual: string): Promise<MintFacts> {
  if (facts) return facts;
  const named = mint ?? (server === undefined ? terminal.env['REPRISE_MINT'] : undefined);
  const ofServer = () => mintAt(terminal, parseServer(server ?? usual));
  if (named === undefined || named === '') return ofServer();
  if (!URL.canParse(named) || !/^https?:$/.test(new URL(named).protocol)) throw new Failure('usage', { reason: 'server', value: named });
  const url = named.replace(/\/+$/, '');
  const known = await ofServer().catch((error: unknown) => {
    // Another mint needs no server that has one.
    if (error instanceof Failure && error.code !== 'cancelled') return null;
    throw error;
  });
  return { mint: url, isSandbox: known?.mint === url ? known.isSandbox : null, rate: known?.rate ?? null };
}

function branchesOf(seed: Bytes): WalletPorts['seedOf'] {
  return (branch) => walletBranch(nodeEngine, seed, branch);
}

function takeEntropy(folder: string): { readonly entropy: Bytes; readonly isNew: boolean } {
  const file = path.join(folder, 'seed');
  if (fs.existsSync(file)) return { entropy: readSecret(file, walletEntropyBytes), isNew: false };
  const drawn = systemRandom(walletEntropyBytes);
  const entropy = keepEntropy(folder, drawn);
  return { entropy, isNew: formatHex(entropy) === formatHex(drawn) };
}

/** @returns what is kept */
function keepEntropy(folder: string, entropy: Bytes): Bytes {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  return keepOnce(path.join(folder, 'seed'), entropy);
}

function guarded<Result>(folder: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure('target-refused', { path: folder, reason: (cause as NodeJS.ErrnoException).code ?? 'unusable' }, { cause });
  }
}
