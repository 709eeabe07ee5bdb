// Decisions about a space's allowance and the life of what it holds. Pure: facts in, decision out.
import { Failure } from '@reprise/protocol';
import type { LogEntry } from '@reprise/protocol/formats';

/** @returns the bytes that are missing for `addedBytes` more; 0 if they fit. */
export function missingBytes(storedBytes: number, addedBytes: number, bytesMax: number): number {
  return Math.max(0, storedBytes + addedBytes - bytesMax);
}

/** @throws Failure over-quota */
export function checkQuota(storedBytes: number, addedBytes: number, bytesMax: number): void {
  const missing = missingBytes(storedBytes, addedBytes, bytesMax);
  if (missing > 0) throw new Failure('over-quota', { missingBytes: missing, bytesMax });
}

type EntryType = LogEntry['body']['type'];

/** Entries that free bytes or shut somebody out: neither a full disk nor a full log stands in their way as soon as in that of others. */
const urgentTypes: ReadonlySet<EntryType> = new Set(['sweep', 'purge', 'device', 'rekey']);

export function isUrgent(type: EntryType): boolean {
  return urgentTypes.has(type);
}

const logShare = 1 / 16;

/** Bytes that the logs of an account may have, given what its plan allows for objects. */
export function logBytesMax(bytesMax: number, leastBytes: number): number {
  return Math.max(leastBytes, Math.floor(bytesMax * logShare));
}

/** How far the logs may have grown once an entry of this type is in: twice as far for those that must still get through. */
export function logBytesAllowed(type: EntryType, bytesMax: number): number {
  return isUrgent(type) ? 2 * bytesMax : bytesMax;
}

/** @throws Failure disk-full unless the reserve stays free after this many bytes more */
export function checkDisk(freeBytes: number, addedBytes: number, reserveBytes: number): void {
  if (freeBytes - addedBytes < reserveBytes) throw new Failure('disk-full');
}

/** A lease is renewed when a day or more of it is gone, so that a busy upload does not write all its rows each time. */
export function leaseNeedsRenewal(leaseUntil: number, now: number, leaseMs: number): boolean {
  return leaseUntil < renewBefore(now, leaseMs);
}

export function renewBefore(now: number, leaseMs: number): number {
  return now + leaseMs - Math.min(leaseMs / 7, 86_400_000);
}
