// `reprise login --pair` and `reprise devices add`: a new machine comes in by a code, once a person has compared four words on both.
// spec/accounts.md "Adding a device".
import os from 'node:os';
import { Failure, allCapabilities } from '@reprise/protocol/formats';
import { introduce, joinByDevice, type OpenedAccount } from '@reprise/sdk/account';
import { type Enrolled, openEnrolled, type Ports } from './account.ts';
import { parseArguments } from './arguments.ts';
import type { CommandContext } from './command.ts';
import { nameThis } from './device-names.ts';
import { exitCodes } from './exit-codes.ts';
import { askYes } from './prompt.ts';
import { visible } from './visible.ts';

const labelBytesMax = 120;

/** Shows this machine to one that is enrolled, and waits. @throws Failure pairing-refused, already-exists, network … */
export async function joinByCode(ports: Ports, isJson: boolean, context: CommandContext): Promise<OpenedAccount> {
  const { terminal, words } = context;
  const joining = await joinByDevice(ports, { label: machineName(), signal: terminal.interrupted });
  const { code, invitation, endsAtMs } = joining;
  if (isJson) terminal.print(JSON.stringify({ code, invitation, endsAt: new Date(endsAtMs).toISOString() }));
  else await showCode(code, invitation, context);
  terminal.say(`${words.pairHow(code)}\n`);
  // They do not come where the meeting fails; what failed is told by its end.
  const compared = await joining.words.catch(() => null);
  if (compared) joining.confirm(await isSame(compared, isJson, context));
  const account = await joining.opened;
  await nameThis(ports, account, machineName(), terminal.interrupted);
  return account;
}

/** The side of the machine that is in. */
export async function addDevice(args: readonly string[], context: CommandContext): Promise<number> {
  const { terminal, words } = context;
  const { values, positionals } = parseArguments(args, {});
  const [code, ...more] = positionals;
  if (code === undefined) throw new Failure('usage', { reason: 'no-code' });
  if (more.length > 0) throw new Failure('usage', { reason: 'no-more', value: more[0] ?? '' });
  using enrolled = await openEnrolled(terminal);
  const isJson = values.json === true;
  const admitted = await meet(enrolled, code, isJson, context);
  if (isJson) terminal.print(JSON.stringify(admitted));
  else if (values.quiet !== true) terminal.say(`${words.admitted(visible(admitted.label))}\n`);
  return exitCodes.done;
}

async function meet({ ports, account }: Enrolled, code: string, isJson: boolean, context: CommandContext) {
  const { terminal, words } = context;
  const { label, words: compared, admit, refuse } = await introduce(ports, account, code, terminal.interrupted);
  terminal.say(`${words.wantsIn(visible(label))}\n`);
  if (!(await isSame(compared, isJson, context))) {
    await refuse();
    throw new Failure('pairing-refused', { reason: 'other words' });
  }
  return { ...(await admit(allCapabilities)), label };
}

async function showCode(code: string, invitation: string, { terminal }: CommandContext): Promise<void> {
  if (terminal.isInteractive && terminal.isUnicode) {
    const { qrLines } = await import('./qr-lines.ts');
    terminal.say(`\n${qrLines(invitation).join('\n')}\n\n`);
  }
  terminal.print(code);
}

/** Shows the words; nobody there to answer is a no. */
async function isSame(compared: readonly string[], isJson: boolean, { terminal, words }: CommandContext): Promise<boolean> {
  if (isJson) terminal.print(JSON.stringify({ words: compared }));
  else terminal.print(compared.join(' '));
  return askYes(terminal, words.askSameWords);
}

/** What this machine calls itself on the other one. */
function machineName(): string {
  const name = `${os.hostname()} · reprise`;
  return Buffer.byteLength(name) <= labelBytesMax ? name : 'reprise';
}
