// Spaces, their objects in packs, links to them, and what keeps all that in order. spec/storage.md.
import type { Bytes } from '@reprise/kit';
import type { DeviceId, DownloadId, LinkId, ObjectId, SpaceId } from '@reprise/protocol';
import type { Optional, WithDefault } from './columns.ts';

export interface SpaceTables {
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

interface SpacesTable {
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
  /** Sum of the lengths of the log's entries, signatures and attachments that are kept. */
  readonly log_bytes: WithDefault<number>;
}

/**
 * pending: uploaded, listed nowhere, collected when `lease_until` is over.
 * live: held by a link's list, or in the log's tree; one that a sweep ended stays readable until `lease_until`.
 * condemned: held by nothing, still readable, its row goes at `lease_until`.
 */
export type ObjectState = 'pending' | 'live' | 'condemned';

interface ObjectsTable {
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
  /** Number of the first entry of the log that added it; null: no commit names it. */
  readonly born: Optional<number>;
  /** Number of the latest entry that added it. */
  readonly last_add: Optional<number>;
  /** Number of the sweep that ended it; null while the tree holds it. */
  readonly end_seq: Optional<number>;
  readonly ended_at: Optional<number>;
}

interface PacksTable {
  readonly pack: string;
  readonly space: SpaceId;
  readonly class: 'hot' | 'bulk';
  readonly bytes: number;
  /** Bytes of objects that still have a row: compaction looks at this. */
  readonly live_bytes: number;
  readonly created_at: number;
}

interface LinksTable {
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
interface LinkObjectsTable {
  readonly link: LinkId;
  readonly id: ObjectId;
}

interface DownloadsTable {
  readonly link: LinkId;
  readonly download: DownloadId;
  readonly started_at: number;
  readonly expires_at: number;
  readonly finished_at: Optional<number>;
}

/** Guesses in the running window; the key holds no address. */
interface TriesTable {
  readonly key: string;
  readonly window_start: number;
  readonly count: number;
}

/** Signed requests seen lately: a second one with the same nonce is a replay. */
interface RequestsTable {
  readonly device: DeviceId;
  readonly nonce: string;
  readonly seen_at: number;
}

interface ReportsTable {
  readonly reference: string;
  readonly link: LinkId;
  readonly reason: string;
  readonly text: string;
  readonly contact: string;
  readonly created_at: number;
  readonly state: WithDefault<'open' | 'acted' | 'dismissed'>;
}

interface BlockedObjectsTable {
  readonly id: ObjectId;
  readonly reference: string;
  readonly created_at: number;
}

/** The server's own secrets and switches. */
interface SettingsTable {
  readonly key: string;
  readonly value: Bytes;
}
