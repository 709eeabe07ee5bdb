// `reprise devices`: which devices the account has, and the end of one. The passkeys beside them. `devices add` is pairing.ts, `devices app` app-credentials.ts.
import type { DeviceId } from '@reprise/protocol';
import { Failure } from '@reprise/protocol/formats';
import { appAccessOf } from '@reprise/sdk/account';
import { type Enrolled, openEnrolled } from './account.ts';
import { formatDate } from './amounts.ts';
import { parseArguments } from './arguments.ts';
import type { CommandContext } from './command.ts';
import { namesOf, syncStatesOf } from './device-names.ts';
import { exitCodes } from './exit-codes.ts';
import { visible } from './visible.ts';

export async function devices(args: readonly string[], context: CommandContext): Promise<number> {
  const { terminal, words } = context;
  if (args[0] === 'add') return (await import('./pairing.ts')).addDevice(args.slice(1), context);
  if (args[0] === 'passkeys') return passkeys(args.slice(1), context);
  if (args[0] === 'app') return (await import('./app-credentials.ts')).appCredentials(args.slice(1), context);
  const { values, positionals } = parseArguments(args, { revoke: { type: 'string' } });
  if (positionals.length > 0) throw new Failure('usage', { reason: 'no-more', value: positionals[0] ?? '' });
  using enrolled = await openEnrolled(terminal);
  if (values.revoke !== undefined) await enrolled.changes.revokeDevice(await find(enrolled, values.revoke), terminal.interrupted);
  const [names, known] = await Promise.all([namesOf(enrolled, terminal.interrupted), enrolled.changes.devices(terminal.interrupted)]);
  const states = await syncStatesOf(enrolled, Date.now(), terminal.interrupted);
  const list = known.map((device) => ({
    ...device,
    name: names.get(device.device) ?? null,
    app: appAccessOf(device.caps),
    sync: device.isRevoked ? [] : (states.get(device.device) ?? []),
  }));
  if (values.json) {
    terminal.print(JSON.stringify({ devices: list }));
    return exitCodes.done;
  }
  for (const { device, createdMs, seenMs, isThis, isRevoked, name, app, sync } of list) {
    const state = isRevoked ? words.revoked : isThis ? words.thisDevice : seenMs === null ? '' : formatDate(seenMs);
    const scope = app ? `  ${words.credentialOf[app]}` : '';
    terminal.print(`${device.slice(0, 16)}  ${formatDate(createdMs)}  ${state.padEnd(16)}${scope}  ${visible(name ?? '')}`.trimEnd());
    for (const said of sync)
      terminal.print(`    ${visible(said.folder)}  ↔  ${visible(said.drivePath)}  ${words.syncSaid(said, momentText(said.saidMs))}`);
  }
  return exitCodes.done;
}

/** Those that open the account; a browser makes and names them. */
async function passkeys(args: readonly string[], { terminal, words }: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, {});
  if (positionals.length > 0) throw new Failure('usage', { reason: 'no-more', value: positionals[0] ?? '' });
  using enrolled = await openEnrolled(terminal);
  const [names, slots] = await Promise.all([namesOf(enrolled, terminal.interrupted), enrolled.changes.slots(terminal.interrupted)]);
  const list = slots.flatMap(({ type, slot, createdMs, usedMs }) =>
    type === 'passkey' ? [{ slot, name: names.get(slot) ?? null, createdMs, usedMs }] : [],
  );
  if (values.json) terminal.print(JSON.stringify({ passkeys: list }));
  else
    for (const { slot, name, createdMs, usedMs } of list)
      terminal.print(
        `${slot.slice(0, 16)}  ${formatDate(createdMs)}  ${(usedMs === null ? words.neverUsed : formatDate(usedMs)).padEnd(16)}  ${visible(name ?? '')}`.trimEnd(),
      );
  return exitCodes.done;
}

/** UTC, to the minute. */
function momentText(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** A device by the beginning of its id, if that names one alone. */
async function find(enrolled: Enrolled, text: string): Promise<DeviceId> {
  const wanted = text.toLowerCase();
  const found = (await enrolled.changes.devices()).filter(({ device }) => device.startsWith(wanted));
  if (wanted.length < 4 || found.length !== 1 || !found[0]) throw new Failure('usage', { reason: 'device', value: text });
  return found[0].device;
}
