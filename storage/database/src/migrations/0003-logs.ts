// Schema version 3: the logs of spaces, who may write them, when objects are born and end, and the operator's plans (spec/storage.md).
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../database.ts';
import { byKey, columnTypes, strict } from './columns.ts';

export const name = '0003-logs';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const { text, integer, bytes } = columnTypes(engine);
  const table = <Name extends string>(tableName: Name) => byKey(db.schema.createTable(tableName), engine);
  // Rows that hold many bytes lie beside their key's tree, which stays small.
  const wide = <Name extends string>(tableName: Name) => strict(db.schema.createTable(tableName), engine);

  await wide('space_logs')
    .addColumn('space', text, (c) => c.primaryKey().notNull().references('spaces.space'))
    .addColumn('seq', integer, (c) => c.notNull())
    .addColumn('head', text, (c) => c.notNull())
    .addColumn('state', bytes, (c) => c.notNull())
    .execute();

  await wide('log_entries')
    .addColumn('space', text, (c) => c.notNull().references('spaces.space'))
    .addColumn('seq', integer, (c) => c.notNull().check(sql`seq >= 0`))
    .addColumn('id', text, (c) => c.notNull())
    .addColumn('type', text, (c) => c.notNull())
    .addColumn('entry', bytes, (c) => c.notNull())
    .addColumn('signature', bytes, (c) => c.notNull())
    .addColumn('received_at', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('log_entries_key', ['space', 'seq'])
    .execute();
  // What changes nobody's rights is nearly all of a log; who checks rights reads the rest.
  await db.schema
    .createIndex('log_entries_governing')
    .on('log_entries')
    .columns(['space', 'seq'])
    .where(sql<boolean>`type in ('genesis', 'rekey', 'device', 'policy')`)
    .execute();

  await wide('log_attachments')
    .addColumn('space', text, (c) => c.notNull())
    .addColumn('seq', integer, (c) => c.notNull())
    .addColumn('number', integer, (c) => c.notNull())
    .addColumn('bytes', bytes, (c) => c.notNull())
    .addColumn('drop_at', integer)
    .addPrimaryKeyConstraint('log_attachments_key', ['space', 'seq', 'number'])
    .execute();
  await db.schema
    .createIndex('log_attachments_drop')
    .on('log_attachments')
    .column('drop_at')
    .where(sql<boolean>`drop_at is not null`)
    .execute();

  await table('space_members')
    .addColumn('space', text, (c) => c.notNull().references('spaces.space'))
    .addColumn('user_id', text, (c) => c.notNull())
    .addColumn('role', integer, (c) => c.notNull().check(sql`role between 1 and 4`))
    .addPrimaryKeyConstraint('space_members_key', ['space', 'user_id'])
    .execute();
  await db.schema.createIndex('space_members_user').on('space_members').column('user_id').execute();

  await table('space_devices')
    .addColumn('space', text, (c) => c.notNull().references('spaces.space'))
    .addColumn('device', text, (c) => c.notNull())
    .addColumn('user_id', text, (c) => c.notNull())
    .addColumn('public_key', bytes, (c) => c.notNull())
    .addColumn('caps', integer, (c) => c.notNull())
    .addColumn('revoked_seq', integer)
    .addPrimaryKeyConstraint('space_devices_key', ['space', 'device'])
    .execute();

  await table('sweeps')
    .addColumn('space', text, (c) => c.notNull().references('spaces.space'))
    .addColumn('seq', integer, (c) => c.notNull())
    .addColumn('swept_at', integer, (c) => c.notNull())
    .addColumn('objects', integer, (c) => c.notNull())
    .addColumn('bytes', integer, (c) => c.notNull())
    .addColumn('retention_ms', integer, (c) => c.notNull())
    .addColumn('wait_factor', integer, (c) => c.notNull().check(sql`wait_factor in (1, 2)`))
    .addPrimaryKeyConstraint('sweeps_key', ['space', 'seq'])
    .execute();

  await table('plans')
    .addColumn('plan', text, (c) => c.primaryKey().notNull())
    .addColumn('bytes_max', integer, (c) => c.notNull().check(sql`bytes_max >= 0`))
    .execute();

  await db.schema.createIndex('spaces_user').on('spaces').column('user_id').where(sql<boolean>`kind <> 3`).execute();
  await addLives(db, engine);
  await indexReleases(db);
}

/** When a commit first added the object, when one last did, and which sweep ended it. All null: no commit ever named it. */
async function addLives(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const { integer } = columnTypes(engine);
  for (const column of ['born', 'last_add', 'end_seq', 'ended_at'])
    await db.schema.alterTable('objects').addColumn(column, integer).execute();
  await db.schema
    .createIndex('objects_ended')
    .on('objects')
    .column('lease_until')
    .where(sql<boolean>`end_seq is not null and state = 'live'`)
    .execute();
  // Sums by state: all that is not plainly live, with its length, so that usage needs no row of the table itself.
  await db.schema
    .createIndex('objects_unsettled')
    .on('objects')
    .columns(['space', 'state', 'length'])
    .where(sql<boolean>`state <> 'live' or end_seq is not null`)
    .execute();
}

/** The three ways in which a link lets go, each found without looking at the links that hold. */
async function indexReleases(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createIndex('links_ended')
    .on('links')
    .column('link')
    .where(sql<boolean>`listed_objects > 0 and ended_at is not null`)
    .execute();
  await db.schema
    .createIndex('links_expiring')
    .on('links')
    .column('expires_at')
    .where(sql<boolean>`listed_objects > 0 and expires_at is not null`)
    .execute();
  await db.schema
    .createIndex('links_used_up')
    .on('links')
    .column('link')
    .where(sql<boolean>`listed_objects > 0 and finished >= downloads_max`)
    .execute();
}
