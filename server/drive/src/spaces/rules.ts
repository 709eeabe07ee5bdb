// Decisions about a space's allowance and the life of what it holds. Pure: facts in, decision out.
import { Failure } from '@reprise/protocol';

/** @returns the bytes that are missing for `addedBytes` more; 0 if they fit. */
export function missingBytes(storedBytes: number, addedBytes: number, bytesMax: number): number {
  return Math.max(0, storedBytes + addedBytes - bytesMax);
}

/** @throws Failure over-quota */
export function checkQuota(storedBytes: number, addedBytes: number, bytesMax: number): void {
  const missing = missingBytes(storedBytes, addedBytes, bytesMax);
  if (missing > 0) throw new Failure('over-quota', { missingBytes: missing, bytesMax });
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
