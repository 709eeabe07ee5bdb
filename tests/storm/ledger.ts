// Who wrote what and who took it away again: every content holds words that nobody wrote before, so that a loss has a name.
import type { Volume } from '../../client/sync/src/testing/volume/volume.ts';

const word = /w\d{6};/g;

export function wordsIn(bytes: Uint8Array): readonly string[] {
  return new TextDecoder().decode(bytes).match(word) ?? [];
}

/** Of all that is on a disk where people look. */
export function wordsOn(volume: Volume): Set<string> {
  const words = new Set<string>();
  for (const { path, inode } of volume.walk())
    if (inode.kind === 'file' && !path.startsWith('.reprise/'))
      for (const found of wordsIn(inode.content.read(0, inode.content.sizeBytes))) words.add(found);
  return words;
}

export class Ledger {
  /** Written, and neither overwritten nor removed by somebody who had seen it. */
  readonly alive = new Set<string>();

  /** @param act of a person on a disk: what was there before and is not any more was seen, and is not wanted */
  watch<Result>(volume: Volume, act: () => Result): Result {
    const before = wordsOn(volume);
    const result = act();
    const after = wordsOn(volume);
    for (const one of before) if (!after.has(one)) this.alive.delete(one);
    for (const one of after) if (!before.has(one)) this.alive.add(one);
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
