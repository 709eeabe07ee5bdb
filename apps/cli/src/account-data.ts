// `reprise account`: takes along what the account is, and ends it.
import { Failure } from '@reprise/protocol/formats';
import { exportAccount, readProof } from '@reprise/sdk/account';
import { openDrive } from '@reprise/sdk/drive';
import { nodeEngine } from '@reprise/vault/node';
import { type Enrolled, openEnrolled } from './account.ts';
import { formatDate } from './amounts.ts';
import { parseArguments } from './arguments.ts';
import type { CommandContext } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { askPassword } from './prompt.ts';

export async function account(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, {});
  const [act, ...more] = positionals;
  if (more.length > 0) throw new Failure('usage', { reason: 'no-more', value: more[0] ?? '' });
  const acts: Readonly<Record<string, (enrolled: Enrolled, context: CommandContext, isJson: boolean) => Promise<void>>> = {
    export: takeAlong,
    delete: end,
    keep,
  };
  const run = Object.hasOwn(acts, act ?? '') ? acts[act ?? ''] : undefined;
  if (!run) throw new Failure('usage', { reason: 'account-act', value: act ?? '' });
  using enrolled = await openEnrolled(context.terminal);
  await run(enrolled, context, values.json === true);
  return exitCodes.done;
}

/** JSON on standard output, whatever is asked for. */
async function takeAlong({ ports, account: opened }: Enrolled, { terminal }: CommandContext): Promise<void> {
  const signal = terminal.interrupted;
  const drive = await openDrive(opened.session, { engine: nodeEngine, heads: ports.heads, signal });
  terminal.print(JSON.stringify(await exportAccount(ports, opened, drive, signal), null, 2));
}

/** The password once more, or the words of a kit: who finds this machine open does not end the account. */
async function end({ ports, changes }: Enrolled, { terminal, words }: CommandContext, isJson: boolean): Promise<void> {
  const shown = await askPassword(terminal, words.askPasswordToEnd);
  if (!shown) throw new Failure('usage', { reason: 'no-password' });
  const endsAt = await changes.deleteAccount(readProof(shown), terminal.interrupted).catch(withoutPasskey);
  await ports.store.erase();
  if (isJson) terminal.print(JSON.stringify({ endsAt }));
  else terminal.say(`${words.accountEnds(formatDate(endsAt))}\n`);
}

/** Beside a password the account wants what a command line cannot read: the kit does instead. */
function withoutPasskey(error: unknown): never {
  throw error instanceof Failure && error.code === 'passkey-needed' ? new Failure('passkey-needed', { instead: 'kit' }) : error;
}

async function keep({ changes }: Enrolled, { terminal, words }: CommandContext, isJson: boolean): Promise<void> {
  await changes.keepAccount(terminal.interrupted);
  if (isJson) terminal.print(JSON.stringify({ endsAt: null }));
  else terminal.say(`${words.accountKept}\n`);
}
