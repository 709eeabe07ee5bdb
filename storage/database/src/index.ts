// The database: Kysely and the drivers live in this package only, and what others need of them is handed on here.
export { sql } from 'kysely';
export type { Expression, ExpressionBuilder, RawBuilder, SqlBool } from 'kysely';
export { among, type Conflict, insertRows, valueTable } from './bulk.ts';
export * from './database.ts';
export { isUndecided, type Violation, violationOf } from './failures.ts';
export { type Listener, type Messages, messageBytesMax } from './messages.ts';
export { type Migrated, migrate } from './migrate.ts';
export { type DatabaseSettings, openDatabase } from './open.ts';
export { DatabaseRefused } from './refused.ts';
export * from './schema.ts';
export { Together } from './together.ts';
