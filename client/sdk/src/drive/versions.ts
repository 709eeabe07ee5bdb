// The versions of a file, from the states its entry had: what only renamed, moved or marked it is none. Pure. spec/drive.md "Versions".
import type { DeviceId } from '@reprise/protocol';
import { type Entry, isSameContent } from '@reprise/vault';

/** What a commit made of one entry; null: it was removed. */
export type EntryState = {
  readonly seq: number;
  /** What the committing device's clock said. */
  readonly atMs: number;
  readonly deviceId: DeviceId;
  readonly entry: Entry | null;
};

/** A state that a file had after some commit. */
export type FileVersion = {
  /** The commit that brought it. */
  readonly seq: number;
  readonly atMs: number;
  readonly deviceId: DeviceId;
  readonly sizeBytes: number;
  readonly isCurrent: boolean;
  readonly entry: Entry;
};

/**
 * @param states in the order of the log
 * @param current the entry as it stands now; null if it is gone
 * @returns newest first; a content that came back is listed each time it came
 */
export function versionsOf(states: readonly EntryState[], current: Entry | null): FileVersion[] {
  const versions: FileVersion[] = [];
  let last: Entry | null = null;
  for (const { seq, atMs, deviceId, entry } of states) {
    if (entry && !(last && isSameContent(last, entry)))
      versions.push({ seq, atMs, deviceId, sizeBytes: entry.size, isCurrent: false, entry });
    last = entry ?? last;
  }
  const newest = versions.pop();
  if (newest) versions.push({ ...newest, isCurrent: current !== null && isSameContent(newest.entry, current) });
  return versions.reverse();
}
