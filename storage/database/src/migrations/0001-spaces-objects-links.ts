// Schema version 1: spaces own objects in packs, links list them (spec/storage.md, src/schema.ts says what each column holds).
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../database.ts';
import { byKey, columnTypes, strict } from './columns.ts';

export const name = '0001-spaces-objects-links';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const { text, integer, bytes } = columnTypes(engine);
  const table = <Name extends string>(tableName: Name) => byKey(db.schema.createTable(tableName), engine);

  await table('spaces')
    .addColumn('space', text, (c) => c.primaryKey().notNull())
    .addColumn('kind', integer, (c) => c.notNull())
    .addColumn('user_id', text, (c) => c.notNull())
    .addColumn('device_id', text, (c) => c.notNull())
    .addColumn('device_public', bytes, (c) => c.notNull())
    .addColumn('genesis', bytes, (c) => c.notNull())
    .addColumn('created_at', integer, (c) => c.notNull())
    .addColumn('ended_at', integer)
    .addColumn('stored_bytes', integer, (c) => c.notNull().defaultTo(0).check(sql`stored_bytes >= 0`))
    .addColumn('bytes_max', integer, (c) => c.notNull())
    .execute();

  await db.schema.createIndex('spaces_ended').on('spaces').column('ended_at').where(sql<boolean>`ended_at is not null`).execute();

  await table('packs')
    .addColumn('pack', text, (c) => c.primaryKey().notNull())
    .addColumn('space', text, (c) => c.notNull().references('spaces.space'))
    .addColumn('class', text, (c) => c.notNull().check(sql`class in ('hot', 'bulk')`))
    .addColumn('bytes', integer, (c) => c.notNull())
    .addColumn('live_bytes', integer, (c) => c.notNull().check(sql`live_bytes >= 0`))
    .addColumn('created_at', integer, (c) => c.notNull())
    .execute();
  await db.schema.createIndex('packs_space').on('packs').column('space').execute();

  // Rows in order of arrival: three indexes over 64-digit ids are smaller and faster when each holds a row number, not the whole key.
  await strict(db.schema.createTable('objects'), engine)
    .addColumn('space', text, (c) => c.notNull().references('spaces.space'))
    .addColumn('id', text, (c) => c.notNull())
    .addColumn('length', integer, (c) => c.notNull().check(sql`length > 0`))
    .addColumn('pack', text, (c) => c.notNull().references('packs.pack'))
    .addColumn('pack_offset', integer, (c) => c.notNull().check(sql`pack_offset >= 0`))
    .addColumn('state', text, (c) => c.notNull().check(sql`state in ('pending', 'live', 'condemned')`))
    .addColumn('added_at', integer, (c) => c.notNull())
    .addColumn('lease_until', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('objects_key', ['space', 'id'])
    .execute();
  await db.schema.createIndex('objects_id').on('objects').column('id').execute();
  await db.schema.createIndex('objects_pack').on('objects').column('pack').execute();
  // The collector looks for waits that are over; live objects, nearly all, do not wait.
  await db.schema.createIndex('objects_waiting').on('objects').column('lease_until').where(sql<boolean>`state <> 'live'`).execute();

  await table('links')
    .addColumn('link', text, (c) => c.primaryKey().notNull())
    .addColumn('space', text, (c) => c.notNull().references('spaces.space'))
    .addColumn('token_hash', bytes, (c) => c.notNull())
    .addColumn('gate_hash', bytes)
    .addColumn('record', bytes, (c) => c.notNull())
    .addColumn('version', integer, (c) => c.notNull())
    .addColumn('growing', integer, (c) => c.notNull().check(sql`growing in (0, 1)`))
    .addColumn('note', bytes, (c) => c.notNull())
    .addColumn('created_at', integer, (c) => c.notNull())
    .addColumn('expires_at', integer)
    .addColumn('downloads_max', integer)
    .addColumn('opened', integer, (c) => c.notNull().defaultTo(0))
    .addColumn('finished', integer, (c) => c.notNull().defaultTo(0))
    .addColumn('listed_objects', integer, (c) => c.notNull().defaultTo(0))
    .addColumn('ended_at', integer)
    .addColumn('removed_reference', text)
    .addColumn('removed_ground', text)
    .addColumn('removed_at', integer)
    .execute();
  await db.schema.createIndex('links_space').on('links').column('space').execute();
  await db.schema.createIndex('links_expiry').on('links').column('expires_at').where(sql<boolean>`ended_at is null`).execute();

  await table('link_objects')
    .addColumn('link', text, (c) => c.notNull().references('links.link').onDelete('cascade'))
    .addColumn('id', text, (c) => c.notNull())
    .addPrimaryKeyConstraint('link_objects_key', ['link', 'id'])
    .execute();
  await db.schema.createIndex('link_objects_id').on('link_objects').column('id').execute();

  await table('downloads')
    .addColumn('link', text, (c) => c.notNull().references('links.link').onDelete('cascade'))
    .addColumn('download', text, (c) => c.notNull())
    .addColumn('started_at', integer, (c) => c.notNull())
    .addColumn('expires_at', integer, (c) => c.notNull())
    .addColumn('finished_at', integer)
    .addPrimaryKeyConstraint('downloads_key', ['link', 'download'])
    .execute();

  await db.schema.createIndex('downloads_expiry').on('downloads').column('expires_at').execute();

  await table('tries')
    .addColumn('key', text, (c) => c.primaryKey().notNull())
    .addColumn('window_start', integer, (c) => c.notNull())
    .addColumn('count', integer, (c) => c.notNull())
    .execute();

  await db.schema.createIndex('tries_window').on('tries').column('window_start').execute();

  await table('requests')
    .addColumn('device', text, (c) => c.notNull())
    .addColumn('nonce', text, (c) => c.notNull())
    .addColumn('seen_at', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('requests_key', ['device', 'nonce'])
    .execute();
  await db.schema.createIndex('requests_seen').on('requests').column('seen_at').execute();

  // No reference to links: the answer to a report is the same whether the link exists or not.
  await table('reports')
    .addColumn('reference', text, (c) => c.primaryKey().notNull())
    .addColumn('link', text, (c) => c.notNull())
    .addColumn('reason', text, (c) => c.notNull())
    .addColumn('text', text, (c) => c.notNull())
    .addColumn('contact', text, (c) => c.notNull())
    .addColumn('created_at', integer, (c) => c.notNull())
    .addColumn('state', text, (c) => c.notNull().defaultTo('open').check(sql`state in ('open', 'acted', 'dismissed')`))
    .execute();
  await db.schema.createIndex('reports_link').on('reports').column('link').execute();

  await table('blocked_objects')
    .addColumn('id', text, (c) => c.primaryKey().notNull())
    .addColumn('reference', text, (c) => c.notNull())
    .addColumn('created_at', integer, (c) => c.notNull())
    .execute();

  await table('settings')
    .addColumn('key', text, (c) => c.primaryKey().notNull())
    .addColumn('value', bytes, (c) => c.notNull())
    .execute();
}
