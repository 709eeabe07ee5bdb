// The tables, typed: ids are lower-case hex text, times are ms since 1970, sizes are bytes (spec/storage.md).
// Hot tables carry the space or the link first in their primary key, so that they shard by it.
import type { Insertable, Selectable, Updateable } from 'kysely';
import type { AccountTables } from './schema/accounts.ts';
import type { CaseTables } from './schema/cases.ts';
import type { LedgerTables } from './schema/ledger.ts';
import type { LiabilityTables } from './schema/liabilities.ts';
import type { LightningTables } from './schema/lightning.ts';
import type { LogTables } from './schema/logs.ts';
import type { MintTables } from './schema/mint.ts';
import type { PaidLinkTables } from './schema/paid-links.ts';
import type { SpaceTables } from './schema/spaces.ts';

export type { ObjectState } from './schema/spaces.ts';

export interface Schema
  extends SpaceTables,
    AccountTables,
    LogTables,
    LedgerTables,
    MintTables,
    LightningTables,
    PaidLinkTables,
    LiabilityTables,
    CaseTables {}

export type TableName = keyof Schema;
export type Row<Table extends TableName> = Selectable<Schema[Table]>;
export type NewRow<Table extends TableName> = Insertable<Schema[Table]>;
export type RowChange<Table extends TableName> = Updateable<Schema[Table]>;
