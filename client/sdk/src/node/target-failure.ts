// What the operating system says when something cannot be written, in the words of the client.
import { Failure } from '@reprise/protocol';

/** A full file system, a spent quota, and the largest file that the file system takes: one thing for who waits for the file. */
const full: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Whether a system call failed for want of room. */
export function isFull(error: unknown): boolean {
  return full.has(codeOf(error));
}

/** @returns what to throw: a Failure as it is, else target-full or target-refused, with the path and the system's code */
export function targetFailure(cause: unknown, path: string): Failure {
  if (cause instanceof Failure) return cause;
  return new Failure(isFull(cause) ? 'target-full' : 'target-refused', { path, reason: codeOf(cause) ?? 'unknown' }, { cause });
}
