// `reprise devices app`: credentials for tools, which are devices of their own. spec/accounts.md "App credentials".
import { Failure } from '@reprise/protocol/formats';
import { type AppAccess, appAccessOf } from '@reprise/sdk/account';
import { nameDevice } from '@reprise/sdk/drive';
import { openEnrolled } from './account.ts';
import { formatDate } from './amounts.ts';
import { parseArguments } from './arguments.ts';
import type { CommandContext } from './command.ts';
import { namesOf, openDriveOf } from './device-names.ts';
import { exitCodes } from './exit-codes.ts';
import { visible } from './visible.ts';
import { failureText } from './words.ts';

export async function appCredentials(args: readonly string[], context: CommandContext): Promise<number> {
  if (args[0] === 'add') return addCredential(args.slice(1), context);
  const { terminal, words } = context;
  const { values, positionals } = parseArguments(args, {});
  if (positionals.length > 0) throw new Failure('usage', { reason: 'no-more', value: positionals[0] ?? '' });
  using enrolled = await openEnrolled(terminal);
  const [names, devices] = await Promise.all([namesOf(enrolled, terminal.interrupted), enrolled.changes.devices(terminal.interrupted)]);
  const credentials = devices.flatMap(({ device, caps, createdMs, seenMs, isRevoked }) => {
    const access = appAccessOf(caps);
    return access && !isRevoked ? [{ device, label: names.get(device) ?? '', access, createdMs, seenMs }] : [];
  });
  if (values.json) terminal.print(JSON.stringify({ credentials }));
  else
    for (const { device, label, access, createdMs } of credentials)
      terminal.print(`${device.slice(0, 16)}  ${formatDate(createdMs)}  ${words.credentialOf[access]}  ${visible(label)}`);
  return exitCodes.done;
}

async function addCredential(args: readonly string[], { terminal, words }: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, {
    label: { type: 'string' },
    read: { type: 'boolean' },
    write: { type: 'boolean' },
  });
  if (positionals.length > 0) throw new Failure('usage', { reason: 'credential-folder', value: positionals[0] ?? '' });
  if (values.read === values.write) throw new Failure('usage', { reason: 'credential-scope' });
  if (!values.label?.trim()) throw new Failure('usage', { reason: 'credential-label' });
  const access: AppAccess = values.write ? 'write' : 'read';
  const label = values.label.trim();
  using enrolled = await openEnrolled(terminal);
  const drive = await openDriveOf(enrolled.ports, enrolled.account, terminal.interrupted);
  const { text, device } = await enrolled.changes.addAppCredential(access, terminal.interrupted);
  // From here on the credential is there: it is told before anything else can fail.
  if (values.json) terminal.print(JSON.stringify({ credential: text, device, label, access }));
  else terminal.print(text);
  if (values.quiet !== true) terminal.say(`${words.credentialMade(words.credentialOf[access], device.slice(0, 16))}\n`);
  try {
    await nameDevice(drive, device, label, terminal.interrupted);
    return exitCodes.done;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    terminal.say(`${words.credentialUnnamed(failureText(words, error))}\n`);
    return exitCodes.partly;
  }
}
