// The rows that answer "who is this device here?", kept as the log says at its head (spec/spaces.md "Rows").
import { type InTransaction, insertRows } from '@reprise/database';
import { type DeviceId, formatId, type SpaceId, type UserId } from '@reprise/protocol';
import { type Device, type LogState, spaceKinds } from '@reprise/protocol/formats';
import { endProofs } from '../accounts/tickets.ts';

/** Brings members and devices of a space from one state of its log to the next. @param before undefined: there was no log */
export async function writeStanding(queries: InTransaction, before: LogState | undefined, after: LogState, now: number): Promise<void> {
  const space = formatId<SpaceId>(after.space);
  await writeMembers(queries, space, before, after);
  const changed = [...after.devices].filter(([device, facts]) => before?.devices.get(device) !== facts);
  await insertRows(
    queries,
    'space_devices',
    changed.map(([device, facts]) => ({
      space,
      device,
      user_id: facts.userId,
      public_key: facts.publicKey,
      caps: facts.caps,
      revoked_seq: facts.revokedAtSeq,
    })),
    { replaces: ['space', 'device'] },
  );
  if (after.kind === spaceKinds.home) for (const [device, facts] of changed) await writeAccountDevice(queries, space, device, facts, now);
}

async function writeMembers(queries: InTransaction, space: SpaceId, before: LogState | undefined, after: LogState): Promise<void> {
  const gone = [...(before?.members.keys() ?? [])].filter((userId) => !after.members.has(userId));
  for (const userId of gone) await queries.deleteFrom('space_members').where('space', '=', space).where('user_id', '=', userId).execute();
  const rows = [...after.members]
    .filter(([userId, { role }]) => before?.members.get(userId)?.role !== role)
    .map(([userId, { role }]) => ({ space, user_id: userId, role }));
  await insertRows(queries, 'space_members', rows, { replaces: ['space', 'user_id'] });
}

/** The home's log says which devices the account has. Before the account's own row there is nothing to say. */
async function writeAccountDevice(queries: InTransaction, home: SpaceId, device: DeviceId, facts: Device, now: number): Promise<void> {
  const account = await queries.selectFrom('accounts').select('user_id').where('home_space', '=', home).executeTakeFirst();
  if (!account || account.user_id !== (facts.userId satisfies UserId)) return;
  const revoked =
    facts.revokedAtSeq === null ? { revoked_at: null, revoked_seq: null } : { revoked_at: now, revoked_seq: facts.revokedAtSeq };
  await queries
    .insertInto('account_devices')
    .values({
      device_id: device,
      user_id: facts.userId,
      public_key: facts.publicKey,
      caps: facts.caps,
      created_at: now,
      seen_at: now,
      ...revoked,
    })
    .onConflict((conflict) => conflict.column('device_id').doUpdateSet(revoked))
    .execute();
  // One who was shut out may have drawn a ticket for the way back.
  if (facts.revokedAtSeq !== null) await endProofs(queries, facts.userId);
}
