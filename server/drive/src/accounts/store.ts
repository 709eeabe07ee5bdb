// The rows of accounts, of what opens them, and of what lives for minutes (spec/accounts.md, spec/storage.md).
import { type Database, type InTransaction, insertRows, type NewRow, type Row } from '@reprise/database';
import { type Bytes, equalBytes } from '@reprise/kit';
import { Failure, type SpaceId, type UserId } from '@reprise/protocol';
import { type OpenedLog, openLog } from '../spaces/open-log.ts';
import { checkLifted, checkStanding, checkVersion } from './rules.ts';
import { demandsPasskey, endProofs, type ProvedWay, useWay } from './tickets.ts';

export type AccountRow = Row<'accounts'>;
export type SlotRow = Row<'account_slots'>;
type NewSlot = NewRow<'account_slots'>;

export type NewAccount = {
  readonly account: NewRow<'accounts'>;
  readonly names: readonly NewRow<'account_names'>[];
  readonly slots: readonly NewSlot[];
  readonly device: NewRow<'account_devices'>;
  /** The genesis of the home space, judged. */
  readonly home: OpenedLog;
};

/**
 * Opens an account with its home space, or finds that it is open already, exactly so.
 * @throws Failure name-taken with facts.name; already-exists for an identity that has another account
 */
export async function createAccount(database: Database, { account, names, slots, device, home }: NewAccount): Promise<void> {
  await database.transaction(async (queries) => {
    const before = await queries.selectFrom('accounts').selectAll().where('user_id', '=', account.user_id).executeTakeFirst();
    if (before) {
      const same = before.home_space === account.home_space && equalBytes(before.opaque_record, account.opaque_record);
      if (!same) throw new Failure('already-exists');
      return;
    }
    for (const { name } of names) if (await isTaken(queries, name)) throw new Failure('name-taken', { name });
    await openLog(queries, home, account.created_at);
    await insertRows(queries, 'accounts', [account]);
    await insertRows(queries, 'account_names', names);
    await insertSlots(queries, slots);
    await insertRows(queries, 'account_devices', [device]);
  });
}

/** Serializable: of two who find a name free at once, one collides and looks again. */
async function isTaken(queries: InTransaction, name: string): Promise<boolean> {
  return (await queries.selectFrom('account_names').select('name').where('name', '=', name).executeTakeFirst()) !== undefined;
}

async function insertSlots(queries: InTransaction, slots: readonly NewSlot[]): Promise<void> {
  for (const slot of slots) {
    if (!slot.finder) continue;
    const other = await queries
      .selectFrom('account_slots')
      .select('slot')
      .where('finder', '=', slot.finder)
      .where((row) => row.or([row('user_id', '!=', slot.user_id), row('slot', '!=', slot.slot)]))
      .executeTakeFirst();
    if (other) throw new Failure('already-exists');
  }
  await insertRows(queries, 'account_slots', slots);
}

/** One query, whether the name exists or not. */
export async function findByName({ db }: Database, name: string): Promise<Pick<AccountRow, 'user_id' | 'opaque_record'> | undefined> {
  return db
    .selectFrom('account_names')
    .innerJoin('accounts', 'accounts.user_id', 'account_names.user_id')
    .select(['accounts.user_id', 'accounts.opaque_record'])
    .where('account_names.name', '=', name)
    .executeTakeFirst();
}

export type NamedAccount = AccountRow & { readonly locator: string; readonly name: string | null };

export async function findAccount({ db }: Pick<Database, 'db'>, userId: UserId): Promise<NamedAccount | undefined> {
  const account = await db.selectFrom('accounts').selectAll().where('user_id', '=', userId).executeTakeFirst();
  if (!account) return undefined;
  const names = await db.selectFrom('account_names').select(['name', 'kind']).where('user_id', '=', userId).execute();
  const called = (kind: 'locator' | 'chosen') => names.find((one) => one.kind === kind)?.name ?? null;
  return { ...account, locator: called('locator') ?? '', name: called('chosen') };
}

export async function beginLogin({ db }: Database, row: NewRow<'login_states'>): Promise<void> {
  await insertRows(db, 'login_states', [row]);
}

/** A login is judged once: whoever takes it leaves nothing for a second. */
export async function takeLogin({ db }: Database, login: string, now: number): Promise<Row<'login_states'> | undefined> {
  const row = await db.deleteFrom('login_states').where('login', '=', login).returningAll().executeTakeFirst();
  return row && row.expires_at > now ? row : undefined;
}

export async function findPasswordSlot({ db }: Database, userId: UserId): Promise<SlotRow | undefined> {
  return db.selectFrom('account_slots').selectAll().where('user_id', '=', userId).where('type', '=', 'password').executeTakeFirst();
}

export async function findSlotByFinder({ db }: Database, finder: string): Promise<SlotRow | undefined> {
  return db.selectFrom('account_slots').selectAll().where('finder', '=', finder).executeTakeFirst();
}

export async function slotsOf({ db }: Database, userId: UserId): Promise<SlotRow[]> {
  return db.selectFrom('account_slots').selectAll().where('user_id', '=', userId).orderBy('created_at').orderBy('slot').execute();
}

/** Adds slots, or replaces those there by higher versions. @throws Failure version-conflict, already-exists, bad-request */
export async function putSlots(database: Database, slots: readonly NewSlot[], slotsMax: number): Promise<void> {
  await database.transaction((queries) => replaceSlots(queries, slots, slotsMax));
}

async function replaceSlots(queries: InTransaction, slots: readonly NewSlot[], slotsMax: number): Promise<void> {
  for (const slot of slots) {
    const stored = await queries
      .selectFrom('account_slots')
      .select(['type', 'version', 'sealed'])
      .where('user_id', '=', slot.user_id)
      .where('slot', '=', slot.slot)
      .executeTakeFirst();
    // Sent twice because the first answer was lost.
    if (stored && stored.version === slot.version && equalBytes(stored.sealed, slot.sealed)) continue;
    if (stored && stored.type !== slot.type) throw new Failure('already-exists');
    checkVersion(stored?.version, slot.version);
    await queries.deleteFrom('account_slots').where('user_id', '=', slot.user_id).where('slot', '=', slot.slot).execute();
    await insertSlots(queries, [slot]);
    const count = await queries
      .selectFrom('account_slots')
      .select((row) => row.fn.countAll().as('count'))
      .where('user_id', '=', slot.user_id)
      .executeTakeFirstOrThrow();
    if (Number(count.count) > slotsMax) throw new Failure('bad-request', { field: 'slots', reason: `at most ${slotsMax}` });
  }
}

/** What it proves and who finds it stay the same. @throws Failure not-found, version-conflict */
export async function renewSlot(
  database: Database,
  userId: UserId,
  slot: string,
  { version, sealed }: { readonly version: number; readonly sealed: Bytes },
): Promise<void> {
  await database.transaction(async (queries) => {
    const stored = await queries
      .selectFrom('account_slots')
      .select(['version', 'sealed'])
      .where('user_id', '=', userId)
      .where('slot', '=', slot)
      .executeTakeFirst();
    if (!stored) throw new Failure('not-found');
    if (stored.version === version && equalBytes(stored.sealed, sealed)) return;
    checkVersion(stored.version, version);
    await queries.updateTable('account_slots').set({ version, sealed }).where('user_id', '=', userId).where('slot', '=', slot).execute();
  });
}

/** What was proved by the password alone ends. @throws Failure kit-untried */
export async function demandPasskey(database: Database, userId: UserId, isDemanded: boolean, now: number): Promise<void> {
  await database.transaction(async (queries) => {
    if (isDemanded && !(await hasTriedKit(queries, userId))) throw new Failure('kit-untried');
    if (isDemanded) await queries.updateTable('accounts').set({ demands_passkey: 1 }).where('user_id', '=', userId).execute();
    else await liftDemand(queries, userId, now);
    await endProofs(queries, userId);
  });
}

/** A device alone may do it: when it was done is kept. */
async function liftDemand(queries: InTransaction, userId: UserId, now: number): Promise<void> {
  const demanding = queries.updateTable('accounts').where('user_id', '=', userId).where('demands_passkey', '=', 1);
  await demanding.set({ demands_passkey: 0, demand_lifted_at: now }).execute();
}

async function hasTriedKit(queries: InTransaction, userId: UserId): Promise<boolean> {
  const kit = await queries
    .selectFrom('account_slots')
    .select('slot')
    .where('user_id', '=', userId)
    .where('type', '=', 'recovery')
    .where('used_at', 'is not', null)
    .executeTakeFirst();
  return kit !== undefined;
}

/** With the slot ends what it may have proved. @throws Failure not-found, last-slot */
export async function deleteSlot(database: Database, userId: UserId, slot: string, now: number): Promise<void> {
  await database.transaction(async (queries) => {
    const stored = await queries
      .selectFrom('account_slots')
      .select('type')
      .where('user_id', '=', userId)
      .where('slot', '=', slot)
      .executeTakeFirst();
    if (!stored) throw new Failure('not-found');
    if (stored.type === 'password') throw new Failure('last-slot');
    await queries.deleteFrom('account_slots').where('user_id', '=', userId).where('slot', '=', slot).execute();
    // A passkey that is added another day demands nothing by itself.
    if (!(await demandsPasskey(queries, userId))) await liftDemand(queries, userId, now);
    await endProofs(queries, userId);
  });
}

export type NewPassword = { readonly record: Bytes; readonly slot: NewSlot; readonly others: readonly NewSlot[] };

/** Record and slots change together; what was proved with the former password ends. @throws Failure version-conflict, already-exists */
export async function changePassword(database: Database, userId: UserId, password: NewPassword, slotsMax: number): Promise<void> {
  await database.transaction(async (queries) => {
    const stored = await queries
      .selectFrom('account_slots')
      .select(['slot', 'version', 'sealed'])
      .where('user_id', '=', userId)
      .where('type', '=', 'password')
      .executeTakeFirst();
    if (stored && stored.version === password.slot.version && equalBytes(stored.sealed, password.slot.sealed)) return;
    checkVersion(stored?.version, password.slot.version);
    await queries.updateTable('accounts').set({ opaque_record: password.record }).where('user_id', '=', userId).execute();
    await queries.deleteFrom('account_slots').where('user_id', '=', userId).where('type', '=', 'password').execute();
    await replaceSlots(queries, [password.slot, ...password.others], slotsMax);
    await endProofs(queries, userId);
  });
}

export type NewWays = { readonly record: Bytes; readonly slots: readonly NewSlot[] };

/** Every way into the account ends, and these begin; with the former ones ends what they proved. @throws Failure version-conflict, already-exists */
export async function replaceWays(queries: InTransaction, userId: UserId, { record, slots }: NewWays): Promise<void> {
  const stored = await queries.selectFrom('account_slots').select(['type', 'version']).where('user_id', '=', userId).execute();
  const passwordOf = (rows: readonly Pick<SlotRow, 'type' | 'version'>[]) => rows.find(({ type }) => type === 'password')?.version;
  checkVersion(passwordOf(stored), passwordOf(slots) ?? 0);
  // The demand for a passkey ends with the passkeys.
  await queries.updateTable('accounts').set({ opaque_record: record, demands_passkey: 0 }).where('user_id', '=', userId).execute();
  await queries.deleteFrom('account_slots').where('user_id', '=', userId).execute();
  await insertSlots(queries, slots);
  await endProofs(queries, userId);
}

/** @throws Failure name-taken */
export async function renameAccount(database: Database, userId: UserId, name: string | null): Promise<void> {
  await database.transaction(async (queries) => {
    if (name !== null) {
      const holder = await queries.selectFrom('account_names').select(['user_id', 'kind']).where('name', '=', name).executeTakeFirst();
      if (holder?.user_id === userId && holder.kind === 'chosen') return;
      if (holder) throw new Failure('name-taken', { name });
    }
    await queries.deleteFrom('account_names').where('user_id', '=', userId).where('kind', '=', 'chosen').execute();
    if (name !== null) await insertRows(queries, 'account_names', [{ name, user_id: userId, kind: 'chosen' as const }]);
  });
}

export async function devicesOf({ db }: Database, userId: UserId): Promise<Row<'account_devices'>[]> {
  return db.selectFrom('account_devices').selectAll().where('user_id', '=', userId).orderBy('created_at').orderBy('device_id').execute();
}

export type AccountEnding = { readonly way: ProvedWay; readonly endsAt: number; readonly now: number };

/**
 * Ends the links of the account at once; the rest when the wait is over. Again: the first time counts.
 * @throws Failure login-refused, passkey-needed, proof-too-new
 */
export async function beginEnd(database: Database, userId: UserId, { way, endsAt, now }: AccountEnding): Promise<number> {
  return database.transaction(async (queries) => {
    await useWay(queries, userId, way, now);
    await demandStanding(queries, userId, way, now);
    await queries.updateTable('accounts').set({ ends_at: endsAt }).where('user_id', '=', userId).where('ends_at', 'is', null).execute();
    await queries
      .updateTable('links')
      .set({ ended_at: now })
      .where('ended_at', 'is', null)
      .where('space', 'in', (select) => select.selectFrom('spaces').select('space').where('user_id', '=', userId))
      .execute();
    const row = await queries.selectFrom('accounts').select('ends_at').where('user_id', '=', userId).executeTakeFirst();
    return row?.ends_at ?? endsAt;
  });
}

async function demandStanding(queries: InTransaction, userId: UserId, way: ProvedWay, now: number): Promise<void> {
  const account = await queries
    .selectFrom('accounts')
    .select(['created_at', 'demands_passkey', 'demand_lifted_at'])
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow();
  const isDemanded = account.demands_passkey === 1;
  const proved = 'slot' in way ? [way.slot] : [way.password, ...(isDemanded && way.passkey !== null ? [way.passkey] : [])];
  const made = queries.selectFrom('account_slots').select('created_at').where('user_id', '=', userId).where('slot', 'in', proved);
  for (const slot of await made.execute()) checkStanding(slot.created_at, account.created_at, now);
  if ('password' in way && !isDemanded) checkLifted(account.demand_lifted_at, now);
}

export async function keepAccount({ db }: Database, userId: UserId): Promise<void> {
  await db.updateTable('accounts').set({ ends_at: null }).where('user_id', '=', userId).execute();
}

const endedPerRound = 100;

/** Ends the accounts whose wait is over, and forgets what has expired. The collector takes the bytes of ended spaces. */
export async function collectAccounts(database: Database, now: number): Promise<number> {
  const { db } = database;
  for (const table of ['tickets', 'login_states', 'pairings'] as const) await db.deleteFrom(table).where('expires_at', '<=', now).execute();
  const due = await db.selectFrom('accounts').select('user_id').where('ends_at', '<=', now).limit(endedPerRound).execute();
  for (const { user_id } of due) await endAccount(database, user_id, now);
  return due.length;
}

async function endAccount(database: Database, userId: UserId, now: number): Promise<void> {
  await database.transaction(async (queries) => {
    const account = await queries.selectFrom('accounts').select('ends_at').where('user_id', '=', userId).executeTakeFirst();
    if (!account || account.ends_at === null || account.ends_at > now) return;
    const spaces = await queries.selectFrom('spaces').select('space').where('user_id', '=', userId).where('ended_at', 'is', null).execute();
    for (const { space } of spaces) await endOwned(queries, space, now);
    await queries.deleteFrom('accounts').where('user_id', '=', userId).execute();
  });
}

async function endOwned(queries: InTransaction, space: SpaceId, now: number): Promise<void> {
  await queries.updateTable('spaces').set({ ended_at: now }).where('space', '=', space).execute();
  await queries.updateTable('links').set({ ended_at: now }).where('space', '=', space).where('ended_at', 'is', null).execute();
}

/** @returns when it expires: the first message of a pairing says it for all. @throws Failure already-exists */
export async function putLetter(database: Database, letter: Row<'pairings'>): Promise<number> {
  return database.transaction(async (queries) => {
    const first = await queries
      .selectFrom('pairings')
      .select('expires_at')
      .where('pairing', '=', letter.pairing)
      .orderBy('step')
      .executeTakeFirst();
    const row = { ...letter, expires_at: first?.expires_at ?? letter.expires_at };
    if ((await insertRows(queries, 'pairings', [row], 'ignore')) === 0) {
      const stored = await queries
        .selectFrom('pairings')
        .select('message')
        .where('pairing', '=', letter.pairing)
        .where('step', '=', letter.step)
        .executeTakeFirstOrThrow();
      if (!equalBytes(stored.message, letter.message)) throw new Failure('already-exists');
    }
    return row.expires_at;
  });
}

export async function findLetter({ db }: Database, pairing: string, step: number, now: number): Promise<Bytes | undefined> {
  const row = await db
    .selectFrom('pairings')
    .select('message')
    .where('pairing', '=', pairing)
    .where('step', '=', step)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return row?.message;
}
