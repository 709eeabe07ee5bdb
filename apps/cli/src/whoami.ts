// `reprise whoami` and `logout`: the account that this machine belongs to.
import fs from 'node:fs';
import { idBytes } from '@reprise/protocol';
import { openCredential, openEnrolled } from './account.ts';
import { parseArguments } from './arguments.ts';
import type { CommandContext } from './command.ts';
import { credentialIn, nodesFolder } from './drive-path.ts';
import { exitCodes } from './exit-codes.ts';
import { visible } from './visible.ts';

export async function whoami(args: readonly string[], context: CommandContext): Promise<number> {
  const { terminal } = context;
  const { values } = parseArguments(args, {});
  if (credentialIn(terminal)) return whoseCredential(values.json === true, context);
  using enrolled = await openEnrolled(terminal);
  const { record, session } = enrolled.account;
  const { plan, createdAt } = await enrolled.changes.get(terminal.interrupted);
  const { name, locator, origin } = record;
  if (values.json)
    terminal.print(
      JSON.stringify({ user: name, locator, userId: session.userId, device: session.deviceId, server: origin, plan, createdAt }),
    );
  else terminal.print(`${visible(name)}  ${origin}`);
  return exitCodes.done;
}

async function whoseCredential(isJson: boolean, { terminal, words }: CommandContext): Promise<number> {
  using opened = await openCredential(terminal);
  const { session, access } = opened;
  const device = { ...session.author.device, deviceId: idBytes(session.deviceId) };
  const { name, locator, plan } = await session.connection.call('account.get', { params: {}, device, signal: terminal.interrupted });
  const { userId, deviceId, connection } = session;
  const user = name ?? locator;
  if (isJson)
    terminal.print(JSON.stringify({ user, locator, userId, device: deviceId, server: connection.origin, plan, credential: access }));
  else terminal.print(`${visible(user)}  ${connection.origin}  ${words.credentialOf[access]}`);
  return exitCodes.done;
}

export async function logout(args: readonly string[], { terminal, words }: CommandContext): Promise<number> {
  const { values } = parseArguments(args, {});
  using enrolled = await openEnrolled(terminal);
  await enrolled.changes.signOut(terminal.interrupted);
  fs.rmSync(nodesFolder(terminal), { recursive: true, force: true });
  if (values.json) terminal.print(JSON.stringify({ user: enrolled.account.record.name }));
  else if (values.quiet !== true) terminal.say(`${words.signedOut}\n`);
  return exitCodes.done;
}
