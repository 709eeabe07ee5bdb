// Tickets, and how they end before their time: with the device, the slot or the password of an account (spec/accounts.md "Signing in").
import { type Database, type InTransaction, insertRows, type NewRow } from '@reprise/database';
import { type DeviceId, Failure, type UserId } from '@reprise/protocol';

/** What was proved: a kit or a passkey; or a password, and a passkey beside it. */
export type ProvedWay = { readonly slot: string } | { readonly password: string; readonly passkey: string | null };
/** What a ticket is drawn by: that, or a device that asks for another one. */
export type TicketGround = ProvedWay | { readonly device: DeviceId };

/**
 * Writes a ticket, and when the slots that were proved were used. What it is drawn by may have ended since it was looked at.
 * @throws Failure login-refused, passkey-needed, device-revoked
 */
export async function issueTicket(database: Database, ticket: NewRow<'tickets'>, ground: TicketGround, now: number): Promise<void> {
  await database.transaction(async (queries) => {
    if ('device' in ground) await demandEnrolled(queries, ground.device);
    else await useWay(queries, ticket.user_id, ground, now);
    await insertRows(queries, 'tickets', [ticket]);
  });
}

/** Writes when the slots that were proved were used. @throws Failure login-refused, passkey-needed */
export async function useWay(queries: InTransaction, userId: UserId, way: ProvedWay, now: number): Promise<void> {
  if ('slot' in way) await useSlot(queries, userId, way.slot, now);
  else await usePassword(queries, userId, way, now);
}

async function usePassword(
  queries: InTransaction,
  userId: UserId,
  { password, passkey }: { readonly password: string; readonly passkey: string | null },
  now: number,
): Promise<void> {
  if (passkey !== null) await useSlot(queries, userId, passkey, now);
  else if (await demandsPasskey(queries, userId)) throw new Failure('passkey-needed');
  await useSlot(queries, userId, password, now);
}

/** With the last passkey ends the demand, so that no account is shut by it. */
export async function demandsPasskey(queries: Database['db'] | InTransaction, userId: UserId): Promise<boolean> {
  const row = await queries
    .selectFrom('accounts')
    .innerJoin('account_slots', 'account_slots.user_id', 'accounts.user_id')
    .select('account_slots.slot')
    .where('accounts.user_id', '=', userId)
    .where('accounts.demands_passkey', '=', 1)
    .where('account_slots.type', '=', 'passkey')
    .executeTakeFirst();
  return row !== undefined;
}

async function useSlot(queries: InTransaction, userId: UserId, slot: string, now: number): Promise<void> {
  const { numUpdatedRows } = await queries
    .updateTable('account_slots')
    .set({ used_at: now })
    .where('user_id', '=', userId)
    .where('slot', '=', slot)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw new Failure('login-refused');
}

async function demandEnrolled(queries: InTransaction, device: DeviceId): Promise<void> {
  const row = await queries
    .selectFrom('account_devices')
    .select(['revoked_at', 'revoked_seq'])
    .where('device_id', '=', device)
    .executeTakeFirst();
  if (!row) throw new Failure('signature-refused');
  if (row.revoked_at !== null) throw new Failure('device-revoked', { seq: row.revoked_seq });
}

/** Ends what was proved and not used yet. Whoever shut somebody out must not let him in by what he drew before. */
export async function endProofs(queries: InTransaction, userId: UserId): Promise<void> {
  await queries.deleteFrom('login_states').where('user_id', '=', userId).execute();
  await queries.deleteFrom('tickets').where('user_id', '=', userId).execute();
}
