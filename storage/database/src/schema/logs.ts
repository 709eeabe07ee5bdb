// The signed logs of spaces and what they say at their heads. spec/log.md.
import type { Bytes } from '@reprise/kit';
import type { DeviceId, SpaceId, UserId } from '@reprise/protocol';
import type { LogType } from '@reprise/protocol/formats';
import type { Optional } from './columns.ts';

export interface LogTables {
  readonly space_logs: SpaceLogsTable;
  readonly log_entries: LogEntriesTable;
  readonly log_attachments: LogAttachmentsTable;
  readonly space_members: SpaceMembersTable;
  readonly space_devices: SpaceDevicesTable;
  readonly sweeps: SweepsTable;
}

/** The head of a space's log, and the log's state there: an append reads nothing older. */
interface SpaceLogsTable {
  readonly space: SpaceId;
  readonly seq: number;
  readonly head: string;
  /** `encodeLogState`. */
  readonly state: Bytes;
}

interface LogEntriesTable {
  readonly space: SpaceId;
  readonly seq: number;
  readonly id: string;
  readonly type: LogType;
  readonly entry: Bytes;
  readonly signature: Bytes;
  readonly received_at: number;
}

/** What travels beside entries, by number (spec/log.md "Attachments"). */
interface LogAttachmentsTable {
  readonly space: SpaceId;
  readonly seq: number;
  readonly number: number;
  readonly bytes: Bytes;
  /** When it may go; null: never. */
  readonly drop_at: Optional<number>;
}

/** As the log says at its head; kept here to answer requests. */
interface SpaceMembersTable {
  readonly space: SpaceId;
  readonly user_id: UserId;
  /** 1 reader, 2 writer, 3 admin, 4 owner. */
  readonly role: number;
}

/** Every device that the log ever certified. */
interface SpaceDevicesTable {
  readonly space: SpaceId;
  readonly device: DeviceId;
  readonly user_id: UserId;
  readonly public_key: Bytes;
  readonly caps: number;
  readonly revoked_seq: Optional<number>;
}

/** What each sweep has ended or a purge has hurried, and how long that stays. */
interface SweepsTable {
  readonly space: SpaceId;
  readonly seq: number;
  readonly swept_at: number;
  readonly objects: number;
  readonly bytes: number;
  readonly retention_ms: number;
  /** 2: it ended over a fifth of the live bytes, and every wait is doubled. */
  readonly wait_factor: 1 | 2;
}
