// Calls the collector of young objects while bodies arrive. Node receives each 64 KiB in a buffer of its own; left alone, V8 counts them up
// until it walks the whole heap, which took a third of the server's processor time (docs/decisions/direct-writes.md).
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Buffers of so many bytes are let go together; a collection takes well under a millisecond. */
const collectEveryBytes = 8_388_608;

/** @returns what is to be told of the bytes of each body that was received */
export function openCollector(): (receivedBytes: number) => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: { readonly type: 'minor' }) => void;
  let bytesSince = 0;
  return (receivedBytes) => {
    bytesSince += Number.isFinite(receivedBytes) ? receivedBytes : 0;
    if (bytesSince < collectEveryBytes) return;
    bytesSince = 0;
    collect({ type: 'minor' });
  };
}
