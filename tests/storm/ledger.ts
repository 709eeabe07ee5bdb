// Who wrote what and who took it away again: every content holds words that nobody wrote before, so that a loss has a name.
import { DiskRefusal } from '../../client/sync/src/ports.ts';
import type { Inode, Volume } from '../../client/sync/src/testing/volume/volume.ts';

const word = /w\d{6};/g;

export function wordsIn(bytes: Uint8Array): readonly string[] {
  return new TextDecoder().decode(bytes).match(word) ?? [];
}

/** Of all that is on a disk where people look, or of those paths alone. */
export function wordsOn(volume: Volume, isAsked?: (path: string) => boolean): Set<string> {
  return new Set([...wordsByFile(volume, isAsked).values()].flat());
}

function wordsByFile(volume: Volume, isAsked: (path: string) => boolean = () => true): Map<Inode, readonly string[]> {
  const words = new Map<Inode, readonly string[]>();
  for (const { path, inode } of volume.walk())
    if (inode.kind === 'file' && !path.startsWith('.reprise/') && isAsked(path))
      words.set(inode, wordsIn(inode.content.read(0, inode.content.sizeBytes)));
  return words;
}

export class Ledger {
  /** Written, and neither overwritten nor removed by somebody who had seen it. */
  readonly alive = new Set<string>();

  /** @param act of a person on a disk: what was in a file before and is not any more was seen, and is not wanted, wherever else it is */
  watch<Result>(volume: Volume, act: () => Result): Result {
    const before = wordsByFile(volume);
    const known = new Set([...before.values()].flat());
    this.#see(known);
    const harmed = this.#stillHarmed(volume, before);
    const result = act();
    for (const { path, look, words } of harmed) {
      const now = lookAt(volume, path);
      if (now === null || now === look) continue;
      for (const one of words) this.alive.delete(one);
      this.#harmed.get(volume)?.delete(path);
    }
    const after = wordsByFile(volume);
    for (const [inode, words] of before) for (const one of words) if (!after.get(inode)?.includes(one)) this.alive.delete(one);
    for (const one of [...after.values()].flat()) if (!known.has(one)) this.alive.add(one);
    return result;
  }

  /** What a power cut takes from a disk is nobody's fault, unless the drive had it already. What is seen on a disk again may not be lost any more. */
  readonly lostByPower = new Set<string>();

  #see(words: Iterable<string>): void {
    for (const one of words) this.lostByPower.delete(one);
  }

  /** What a cut took from files that the drive has. Who writes to one before it is put right has seen what it is now, and that is an edit. */
  readonly #harmed = new Map<Volume, Map<string, readonly string[]>>();

  #stillHarmed(volume: Volume, words: ReadonlyMap<Inode, readonly string[]>) {
    const harmed = this.#harmed.get(volume) ?? new Map<string, readonly string[]>();
    return [...harmed].flatMap(([path, taken]) => {
      const inode = find(volume, path);
      const isBack = inode !== null && taken.every((one) => words.get(inode)?.includes(one));
      if (isBack) harmed.delete(path);
      return isBack ? [] : [{ path, look: lookAt(volume, path), words: taken }];
    });
  }

  /** @param isInDrive whether the drive has a file there, as its device knows @param others what is on these came through the drive */
  cut(volume: Volume, others: readonly Volume[], isInDrive: (path: string, inode: Inode) => boolean, act: () => void): void {
    const before = new Set<string>();
    const settled = new Map<string, readonly string[]>();
    const safe = new Set(others.flatMap((other) => [...wordsOn(other)]));
    for (const { path, inode } of volume.walk()) {
      if (inode.kind !== 'file' || path.startsWith('.reprise/')) continue;
      const words = wordsIn(inode.content.read(0, inode.content.sizeBytes));
      for (const one of words) before.add(one);
      if (words.length === 0 || !isInDrive(path, inode)) continue;
      settled.set(path, words);
      for (const one of words) safe.add(one);
    }
    this.#see([...before, ...safe]);
    act();
    const after = wordsOn(volume);
    for (const one of before) if (!after.has(one) && !safe.has(one)) this.lostByPower.add(one);
    this.#harmed.set(volume, new Map([...(this.#harmed.get(volume) ?? []), ...settled]));
    this.#stillHarmed(volume, wordsByFile(volume));
  }
}

function find(volume: Volume, path: string): Inode | null {
  try {
    return volume.look(path) ? volume.inode(path) : null;
  } catch (error) {
    if (error instanceof DiskRefusal) return null;
    throw error;
  }
}

/** Changes with whatever is done to the file, or to what stands in its place. */
function lookAt(volume: Volume, path: string): string | null {
  const inode = find(volume, path);
  return inode && `${inode.number} ${inode.ctimeNs} ${inode.mtimeNs} ${inode.content.sizeBytes}`;
}
