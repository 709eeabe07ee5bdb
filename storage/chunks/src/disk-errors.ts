// What the operating system says, in the words of the contract.
import { Failure, type ObjectId } from '@reprise/protocol';

/** Full file system, spent quota, and the largest file the process may write: one thing for who uploads. */
const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
/** Out of file descriptors or kernel memory: over in a moment. */
const overloaded = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN']);

export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

export function writeFailure(error: unknown): unknown {
  const code = codeOf(error) ?? '';
  if (full.has(code)) return new Failure('disk-full', {}, { cause: error });
  if (overloaded.has(code)) return new Failure('unavailable', { retryAfterMs: 1_000 }, { cause: error });
  return error;
}

export function readFailure(error: unknown, id: ObjectId): unknown {
  const code = codeOf(error) ?? '';
  if (overloaded.has(code)) return new Failure('unavailable', { retryAfterMs: 1_000 }, { cause: error });
  // A pack that is gone and a sector that cannot be read leave the same: an object without its bytes.
  if (code === 'ENOENT' || code === 'EIO') return new Failure('chunk-corrupt', { id }, { cause: error });
  return error;
}
