// The database: Kysely and the drivers live in this package only, and what others need of them is handed on here.
export { sql } from 'kysely';
export type { Expression, ExpressionBuilder, RawBuilder, SqlBool } from 'kysely';
export * from './database.ts';
export * from './schema.ts';
