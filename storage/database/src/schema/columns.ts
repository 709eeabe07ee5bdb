// What columns may be to who writes a row.
import type { ColumnType } from 'kysely';

/** A column that the database fills when an insert leaves it out. */
export type WithDefault<Value> = ColumnType<Value, Value | undefined, Value>;
/** Null unless given. */
export type Optional<Value> = ColumnType<Value | null, Value | null | undefined, Value | null>;
