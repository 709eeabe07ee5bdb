// `reprise whoami`, `devices` and `logout`: the account that this machine belongs to.
import { formatId, type DeviceId } from '@reprise/protocol';
import { Failure } from '@reprise/protocol/formats';
import { parseHex } from '@reprise/kit';
import { openEnrolled } from './account.ts';
import { formatDate } from './amounts.ts';
import { parseArguments } from './arguments.ts';
import type { CommandContext } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { visible } from './visible.ts';

export async function whoami(args: readonly string[], { terminal }: CommandContext): Promise<number> {
  const { values } = parseArguments(args, {});
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

export async function devices(args: readonly string[], { terminal, words }: CommandContext): Promise<number> {
  const { values } = parseArguments(args, { revoke: { type: 'string' } });
  using enrolled = await openEnrolled(terminal);
  if (values.revoke !== undefined) await enrolled.changes.revokeDevice(await find(enrolled, values.revoke), terminal.interrupted);
  const list = await enrolled.changes.devices(terminal.interrupted);
  if (values.json) {
    terminal.print(JSON.stringify({ devices: list }));
    return exitCodes.done;
  }
  for (const { device, createdMs, seenMs, isThis, isRevoked } of list) {
    const state = isRevoked ? words.revoked : isThis ? words.thisDevice : seenMs === null ? '' : formatDate(seenMs);
    terminal.print(`${device.slice(0, 16)}  ${formatDate(createdMs)}  ${state}`);
  }
  return exitCodes.done;
}

/** A device by the beginning of its id, if that names one alone. */
async function find(enrolled: Awaited<ReturnType<typeof openEnrolled>>, text: string): Promise<DeviceId> {
  const wanted = text.toLowerCase();
  const found = (await enrolled.changes.devices()).filter(({ device }) => device.startsWith(wanted));
  if (wanted.length < 4 || found.length !== 1 || !found[0]) throw new Failure('usage', { reason: 'device', value: text });
  return formatId<DeviceId>(parseHex(found[0].device) ?? new Uint8Array(32));
}

export async function logout(args: readonly string[], { terminal, words }: CommandContext): Promise<number> {
  const { values } = parseArguments(args, {});
  using enrolled = await openEnrolled(terminal);
  await enrolled.changes.signOut(terminal.interrupted);
  if (values.json) terminal.print(JSON.stringify({ user: enrolled.account.record.name }));
  else if (values.quiet !== true) terminal.say(`${words.signedOut}\n`);
  return exitCodes.done;
}
