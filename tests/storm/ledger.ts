// Who wrote what and who took it away again: every content holds words that nobody wrote before, so that a loss has a name.
import type { Inode, Volume } from '../../client/sync/src/testing/volume/volume.ts';

const word = /w\d{6};/g;

export function wordsIn(bytes: Uint8Array): readonly string[] {
  return new TextDecoder().decode(bytes).match(word) ?? [];
}

/** Of all that is on a disk where people look. */
export function wordsOn(volume: Volume): Set<string> {
  return new Set([...wordsByFile(volume).values()].flat());
}

function wordsByFile(volume: Volume): Map<Inode, readonly string[]> {
  const words = new Map<Inode, readonly string[]>();
  for (const { path, inode } of volume.walk())
    if (inode.kind === 'file' && !path.startsWith('.reprise/')) words.set(inode, wordsIn(inode.content.read(0, inode.content.sizeBytes)));
  return words;
}

export class Ledger {
  /** Written, and neither overwritten nor removed by somebody who had seen it. */
  readonly alive = new Set<string>();

  /** @param act of a person on a disk: what was in a file before and is not any more was seen, and is not wanted, wherever else it is */
  watch<Result>(volume: Volume, act: () => Result): Result {
    const before = wordsByFile(volume);
    const known = new Set([...before.values()].flat());
    const result = act();
    const after = wordsByFile(volume);
    for (const [inode, words] of before) for (const one of words) if (!after.get(inode)?.includes(one)) this.alive.delete(one);
    for (const one of [...after.values()].flat()) if (!known.has(one)) this.alive.add(one);
    return result;
  }

  /** What a power cut takes from a disk is nobody's fault, unless it had been synced. */
  readonly lostByPower = new Set<string>();
  cut(volume: Volume, act: () => void): void {
    const before = wordsOn(volume);
    act();
    const after = wordsOn(volume);
    for (const one of before) if (!after.has(one)) this.lostByPower.add(one);
  }
}
