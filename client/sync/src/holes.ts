// What of a new file's bytes has to be written: its length is there already, as one hole, so long runs of zeros stay one. spec/sync.md "Disks".

const holeBytes = 64 * 1024;

/** @returns ranges that leave out whole pieces of 64 KiB that are zero */
export function* withoutHoles(bytes: Uint8Array): Generator<readonly [start: number, stop: number]> {
  let start = 0;
  for (let at = 0; at + holeBytes <= bytes.length; at += holeBytes) {
    if (!isZero(bytes, at)) continue;
    if (at > start) yield [start, at];
    start = at + holeBytes;
  }
  if (bytes.length > start) yield [start, bytes.length];
}

function isZero(bytes: Uint8Array, start: number): boolean {
  for (let at = start; at < start + holeBytes; at++) if (bytes[at] !== 0) return false;
  return true;
}
