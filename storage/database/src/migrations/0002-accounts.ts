// Schema version 2: accounts, what opens them, their devices, and what lives for minutes only (spec/accounts.md, src/schema.ts).
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../database.ts';
import { byKey, columnTypes } from './columns.ts';

export const name = '0002-accounts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const { text, integer, bytes } = columnTypes(engine);
  const table = <Name extends string>(tableName: Name) => byKey(db.schema.createTable(tableName), engine);

  await table('accounts')
    .addColumn('user_id', text, (c) => c.primaryKey().notNull())
    .addColumn('home_space', text, (c) => c.notNull().unique().references('spaces.space'))
    .addColumn('identity_key', bytes, (c) => c.notNull())
    .addColumn('opaque_record', bytes, (c) => c.notNull())
    .addColumn('plan', text, (c) => c.notNull())
    .addColumn('created_at', integer, (c) => c.notNull())
    .addColumn('ends_at', integer)
    .execute();
  await db.schema.createIndex('accounts_end').on('accounts').column('ends_at').where(sql<boolean>`ends_at is not null`).execute();

  // Codes and chosen names share one table, so that its key decides between two sign-ups at once.
  await table('account_names')
    .addColumn('name', text, (c) => c.primaryKey().notNull())
    .addColumn('user_id', text, (c) => c.notNull().references('accounts.user_id').onDelete('cascade'))
    .addColumn('kind', text, (c) => c.notNull().check(sql`kind in ('locator', 'chosen')`))
    .execute();
  await db.schema.createIndex('account_names_user').on('account_names').columns(['user_id', 'kind']).unique().execute();

  await table('account_slots')
    .addColumn('user_id', text, (c) => c.notNull().references('accounts.user_id').onDelete('cascade'))
    .addColumn('slot', text, (c) => c.notNull())
    .addColumn('type', text, (c) => c.notNull().check(sql`type in ('password', 'passkey', 'recovery')`))
    .addColumn('version', integer, (c) => c.notNull())
    .addColumn('sealed', bytes, (c) => c.notNull())
    .addColumn('finder', text)
    .addColumn('token_hash', bytes)
    .addColumn('created_at', integer, (c) => c.notNull())
    .addColumn('used_at', integer)
    .addPrimaryKeyConstraint('account_slots_key', ['user_id', 'slot'])
    .execute();
  await db.schema.createIndex('account_slots_finder').on('account_slots').column('finder').unique().execute();

  await table('account_devices')
    .addColumn('device_id', text, (c) => c.primaryKey().notNull())
    .addColumn('user_id', text, (c) => c.notNull().references('accounts.user_id').onDelete('cascade'))
    .addColumn('public_key', bytes, (c) => c.notNull())
    .addColumn('caps', integer, (c) => c.notNull())
    .addColumn('created_at', integer, (c) => c.notNull())
    .addColumn('seen_at', integer, (c) => c.notNull())
    .addColumn('revoked_at', integer)
    .addColumn('revoked_seq', integer)
    .execute();
  await db.schema.createIndex('account_devices_user').on('account_devices').column('user_id').execute();

  await table('tickets')
    .addColumn('hash', text, (c) => c.primaryKey().notNull())
    .addColumn('user_id', text, (c) => c.notNull().references('accounts.user_id').onDelete('cascade'))
    .addColumn('expires_at', integer, (c) => c.notNull())
    .addColumn('used_at', integer)
    .execute();
  await db.schema.createIndex('tickets_expiry').on('tickets').column('expires_at').execute();

  // No reference to accounts: a login of a name that nobody has is kept like any other.
  await table('login_states')
    .addColumn('login', text, (c) => c.primaryKey().notNull())
    .addColumn('user_id', text, (c) => c.notNull())
    .addColumn('state', bytes, (c) => c.notNull())
    .addColumn('expires_at', integer, (c) => c.notNull())
    .execute();
  await db.schema.createIndex('login_states_expiry').on('login_states').column('expires_at').execute();

  await table('pairings')
    .addColumn('pairing', text, (c) => c.notNull())
    .addColumn('step', integer, (c) => c.notNull())
    .addColumn('message', bytes, (c) => c.notNull())
    .addColumn('expires_at', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('pairings_key', ['pairing', 'step'])
    .execute();
  await db.schema.createIndex('pairings_expiry').on('pairings').column('expires_at').execute();
}
