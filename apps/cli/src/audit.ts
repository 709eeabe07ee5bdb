// `reprise audit`: whether a server's mint says what it owes in one story, and counts what is ours. docs/guide/cli.md "Audit".
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { type Bytes, parseBase64url, parseHex, systemClock } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import { payContract } from '@reprise/protocol/pay';
import { deviceFolder, recordFiles } from '@reprise/sdk/node';
import { type Drive, walletFile } from '@reprise/sdk/drive';
import { readRecord } from '@reprise/sdk/account';
import {
  audit as auditMint,
  type AuditCoin,
  auditCoins,
  type AuditReport,
  decodeMemory,
  encodeMemory,
  type OwnAccount,
} from '@reprise/wallet/audit';
import { openDriveFor } from './account.ts';
import { formatDate } from './amounts.ts';
import { defaultServer, parseArguments, parseServer } from './arguments.ts';
import type { CommandContext } from './command.ts';
import { accountFolder, credentialIn } from './drive-path.ts';
import { exitCodes } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';
import { visible } from './visible.ts';
import { mintAt } from './wallet-mint.ts';

export async function audit(args: readonly string[], { terminal, words }: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, { server: { type: 'string', short: 's' } });
  if (positionals.length > 1) throw new Failure('usage', { reason: 'server', value: positionals[1] as string });
  const record = await readRecord({ store: deviceFolder(accountFolder(terminal)) });
  const asked = positionals[0] ?? values.server ?? (terminal.env['REPRISE_SERVER'] || undefined);
  const server = parseServer(asked ?? record?.origin ?? defaultServer);
  const { mint, isSandbox } = await mintAt(terminal, server);
  const isOwn = record?.origin === server && !credentialIn(terminal);
  const { coins, account } = isOwn ? await ownAtAccount(terminal, mint) : { coins: await coinsHere(terminal, mint), account: null };
  const records = recordFiles(path.join(terminal.stateFolder, 'wallet'));
  const name = `audit-${createHash('sha256').update(server).digest('hex').slice(0, 16)}`;
  const kept = records.load(name);
  const report = await auditMint({
    url: `${server}/pay/liabilities`,
    fetch: globalThis.fetch,
    sha256: (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()),
    clock: systemClock,
    coins,
    account,
    memory: kept ? decodeMemory(kept) : null,
    signal: terminal.interrupted,
  });
  // Two audits at once have seen the same; the next one remembers more.
  if (report.memory) records.save(name, encodeMemory(report.memory), kept);
  if (values.json) terminal.print(JSON.stringify(reportJson(server, report)));
  else tell(report, { terminal, words }, { isSandbox, isQuiet: values.quiet === true });
  return report.findings.length > 0 ? exitCodes.refused : exitCodes.done;
}

type Own = { readonly coins: readonly AuditCoin[]; readonly account: OwnAccount | null };

/** The wallet and the lines of the account that this machine belongs to. */
async function ownAtAccount(terminal: Terminal, mint: string): Promise<Own> {
  await using opened = await openDriveFor(terminal);
  const { drive } = opened;
  return { account: await linesOf(drive, terminal), coins: await auditCoins(walletFile(drive, terminal.interrupted), mint) };
}

async function linesOf(drive: Drive, terminal: Terminal): Promise<OwnAccount> {
  const { session, space } = drive.parts;
  const call = { params: {}, device: space.tools.device, signal: terminal.interrupted };
  const { epoch, balance, lines, moves, owed } = await session.connection.ask(payContract['pay.liabilities'], call);
  return {
    account: session.userId,
    epoch,
    balance: BigInt(balance),
    lines: lines.map(({ name, amount, salt, index, path: beside }) => ({
      ...{ name, amount: BigInt(amount), salt: parseBase64url(salt) as Bytes, index },
      path: beside.map(({ hash, sum }) => ({ hash: parseHex(hash) as Bytes, sum: BigInt(sum) })),
    })),
    moves: moves.map(({ amount, ...move }) => ({ ...move, amount: BigInt(amount) })),
    owed: owed.map(({ name, amount }) => ({ name, amount: BigInt(amount) })),
  };
}

/** Of this machine's own wallet, if it has one. */
async function coinsHere(terminal: Terminal, mint: string): Promise<readonly AuditCoin[]> {
  const folder = path.join(terminal.stateFolder, 'wallet');
  if (!fs.existsSync(folder)) return [];
  const records = recordFiles(folder);
  return auditCoins({ load: async () => records.load('coins'), save: async () => false }, mint);
}

function tell(
  { latest, coinsCounted, linesCounted, findings, unchecked }: AuditReport,
  { terminal, words }: CommandContext,
  { isSandbox, isQuiet }: { readonly isSandbox: boolean | null; readonly isQuiet: boolean },
): void {
  if (isSandbox && !isQuiet) terminal.say(`${words.walletSandbox}\n`);
  if (latest) {
    const { number, at, coins, lines, reserves } = latest;
    terminal.print(words.auditOwes(number, formatDate(at), words.sats(coins), words.sats(lines / 1_000n)));
    if (reserves) terminal.print(words.auditReserves(words.sats(reserves.spendable / 1_000n)));
    terminal.print(words.auditCounted(coinsCounted, linesCounted));
  }
  for (const { code, facts } of findings) {
    const details = Object.entries(facts).map(([fact, value]) => `${fact} ${visible(String(value))}`);
    terminal.print(`${words.auditFound} ${words.auditFindings[code]} (${details.join(', ')})`);
  }
  if (isQuiet) return;
  if (findings.length === 0 && latest) terminal.say(`${words.auditFine}\n`);
  for (const one of unchecked) terminal.say(`${words.auditUnchecked} ${words.auditCannot[one]}\n`);
}

function reportJson(server: string, { latest, coinsCounted, linesCounted, findings, unchecked, memory }: AuditReport): object {
  const said = latest && {
    ...{ epoch: latest.number, at: new Date(latest.at).toISOString(), network: latest.network },
    ...{ coinsSat: Number(latest.coins), linesMsat: String(latest.lines) },
    reserves: latest.reserves && { backend: latest.reserves.backend, spendableMsat: String(latest.reserves.spendable) },
  };
  return { server, latest: said, coinsCounted, linesCounted, waiting: memory?.waiting.length ?? 0, findings, unchecked };
}
