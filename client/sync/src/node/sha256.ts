// SHA-256 of Node; alone, so that a thread that only works on a disk loads no more.
import { createHash } from 'node:crypto';

export function sha256() {
  const hash = createHash('sha256');
  return { update: (bytes: Uint8Array) => void hash.update(bytes), digest: () => hash.digest('hex') };
}
