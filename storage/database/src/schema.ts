// The tables of schema version 1, typed: ids are lower-case hex text, times are ms since 1970, sizes are bytes (spec/storage.md).
// Hot tables carry the space or the link first in their primary key, so that they shard by it.
import type { Bytes } from '@reprise/kit';
import type { DeviceId, DownloadId, LinkId, ObjectId, SpaceId } from '@reprise/protocol';
import type { ColumnType, Insertable, Selectable, Updateable } from 'kysely';

/** A column that the database fills when an insert leaves it out. */
type WithDefault<Value> = ColumnType<Value, Value | undefined, Value>;
/** Null unless given. */
type Optional<Value> = ColumnType<Value | null, Value | null | undefined, Value | null>;

export interface SpacesTable {
  readonly space: SpaceId;
  /** 3: anonymous. */
  readonly kind: number;
  readonly user_id: string;
  readonly device_id: DeviceId;
  readonly device_public: Bytes;
  readonly genesis: Bytes;
  readonly created_at: number;
  readonly ended_at: Optional<number>;
  /** Sum of the lengths of the space's objects, pending ones included. */
  readonly stored_bytes: WithDefault<number>;
  readonly bytes_max: number;
}

/**
 * pending: uploaded, listed nowhere, collected when `lease_until` is over.
 * live: held by a link's list. condemned: held by nothing, still readable, its row goes at `lease_until`.
 */
export type ObjectState = 'pending' | 'live' | 'condemned';

export interface ObjectsTable {
  readonly space: SpaceId;
  readonly id: ObjectId;
  readonly length: number;
  /** A PackName; the row of `packs` must exist before. */
  readonly pack: string;
  /** Where the object begins in the pack. */
  readonly pack_offset: number;
  readonly state: ObjectState;
  readonly added_at: number;
  readonly lease_until: number;
}

export interface PacksTable {
  readonly pack: string;
  readonly space: SpaceId;
  readonly class: 'hot' | 'bulk';
  readonly bytes: number;
  /** Bytes of objects that still have a row: compaction looks at this. */
  readonly live_bytes: number;
  readonly created_at: number;
}

export interface LinksTable {
  readonly link: LinkId;
  readonly space: SpaceId;
  readonly token_hash: Bytes;
  readonly gate_hash: Optional<Bytes>;
  readonly record: Bytes;
  readonly version: number;
  readonly growing: 0 | 1;
  readonly note: Bytes;
  readonly created_at: number;
  readonly expires_at: Optional<number>;
  readonly downloads_max: Optional<number>;
  readonly opened: WithDefault<number>;
  /** Downloads that were finished. */
  readonly finished: WithDefault<number>;
  /** Rows of link_objects, kept beside them because counting two million rows takes a second. */
  readonly listed_objects: WithDefault<number>;
  /** Revoked by its owner. */
  readonly ended_at: Optional<number>;
  readonly removed_reference: Optional<string>;
  readonly removed_ground: Optional<string>;
  readonly removed_at: Optional<number>;
}

/** The list of a link: while it lives, these ids are served and held. */
export interface LinkObjectsTable {
  readonly link: LinkId;
  readonly id: ObjectId;
}

export interface DownloadsTable {
  readonly link: LinkId;
  readonly download: DownloadId;
  readonly started_at: number;
  readonly expires_at: number;
  readonly finished_at: Optional<number>;
}

/** Guesses in the running window; the key holds no address. */
export interface TriesTable {
  readonly key: string;
  readonly window_start: number;
  readonly count: number;
}

/** Signed requests seen lately: a second one with the same nonce is a replay. */
export interface RequestsTable {
  readonly device: DeviceId;
  readonly nonce: string;
  readonly seen_at: number;
}

export interface ReportsTable {
  readonly reference: string;
  readonly link: LinkId;
  readonly reason: string;
  readonly text: string;
  readonly contact: string;
  readonly created_at: number;
  readonly state: WithDefault<'open' | 'acted' | 'dismissed'>;
}

export interface BlockedObjectsTable {
  readonly id: ObjectId;
  readonly reference: string;
  readonly created_at: number;
}

/** The server's own secrets and switches. */
export interface SettingsTable {
  readonly key: string;
  readonly value: Bytes;
}

export interface Schema {
  readonly spaces: SpacesTable;
  readonly objects: ObjectsTable;
  readonly packs: PacksTable;
  readonly links: LinksTable;
  readonly link_objects: LinkObjectsTable;
  readonly downloads: DownloadsTable;
  readonly tries: TriesTable;
  readonly requests: RequestsTable;
  readonly reports: ReportsTable;
  readonly blocked_objects: BlockedObjectsTable;
  readonly settings: SettingsTable;
}

export type TableName = keyof Schema;
export type Row<Table extends TableName> = Selectable<Schema[Table]>;
export type NewRow<Table extends TableName> = Insertable<Schema[Table]>;
export type RowChange<Table extends TableName> = Updateable<Schema[Table]>;
