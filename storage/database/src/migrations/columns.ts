// How both engines name the types of columns, and keep rows. What stands here is part of every migration: it never changes.
import { type CreateTableBuilder, type RawBuilder, sql } from 'kysely';
import type { Engine } from '../database.ts';

type ColumnTypes = { readonly [type in 'text' | 'integer' | 'bytes']: RawBuilder<unknown> };

/** Ids sort and compare as bytes: on PostgreSQL the database's own collation would be slower and differ by place. */
export function columnTypes(engine: Engine): ColumnTypes {
  if (engine === 'sqlite') return { text: sql`text`, integer: sql`integer`, bytes: sql`blob` };
  return { text: sql`text collate "C"`, integer: sql`bigint`, bytes: sql`bytea` };
}

/** SQLite checks the types of what it stores. */
export function strict<Name extends string>(table: CreateTableBuilder<Name>, engine: Engine): CreateTableBuilder<Name> {
  return engine === 'sqlite' ? table.modifyEnd(sql`strict`) : table;
}

/** SQLite: rows lie in the primary key's own tree instead of a second one beside it. */
export function byKey<Name extends string>(table: CreateTableBuilder<Name>, engine: Engine): CreateTableBuilder<Name> {
  return engine === 'sqlite' ? table.modifyEnd(sql`strict, without rowid`) : table;
}
