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

type Harmed = { readonly path: string; readonly words: readonly string[]; readonly inode: Inode | null };

export class Ledger {
  /** Written, and neither overwritten nor removed by somebody who had seen it. */
  readonly alive = new Set<string>();

  /** @param act of a person on a disk: what was in a file before and is not any more was seen, and is not wanted, wherever else it is */
  watch<Result>(volume: Volume, act: () => Result): Result {
    const before = wordsByFile(volume);
    const known = new Set([...before.values()].flat());
    this.#see(known);
    const harmed = this.#stillHarmed(volume, known).map((one) => ({ ...one, looks: looksAt(volume, one) }));
    const result = act();
    for (const one of harmed) {
      if (looksAt(volume, one).every((look, i) => look === null || look === one.looks[i])) continue;
      for (const word of one.words) this.alive.delete(word);
      this.#harmed.set(
        volume,
        (this.#harmed.get(volume) ?? []).filter(({ path }) => path !== one.path),
      );
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

  /** What a cut took from files. Who does something to one before it is put right has seen what it is now, and that is an edit. */
  readonly #harmed = new Map<Volume, readonly Harmed[]>();

  /** Without what is on the disk again, wherever. */
  #stillHarmed(volume: Volume, there: ReadonlySet<string>): readonly Harmed[] {
    const harmed = (this.#harmed.get(volume) ?? []).flatMap(({ words, ...one }) => {
      const missing = words.filter((word) => !there.has(word));
      return missing.length > 0 ? [{ ...one, words: missing }] : [];
    });
    this.#harmed.set(volume, harmed);
    return harmed;
  }

  /** @param isInDrive whether the drive has a file there, as its device knows @param others what is on these came through the drive */
  cut(volume: Volume, others: readonly Volume[], isInDrive: (path: string, inode: Inode) => boolean, act: () => void): void {
    const before = new Set<string>();
    const held: { readonly path: string; readonly words: readonly string[] }[] = [];
    const safe = new Set(others.flatMap((other) => [...wordsOn(other)]));
    for (const { path, inode } of volume.walk()) {
      if (inode.kind !== 'file' || path.startsWith('.reprise/')) continue;
      const words = wordsIn(inode.content.read(0, inode.content.sizeBytes));
      for (const one of words) before.add(one);
      held.push({ path, words });
      if (words.length > 0 && isInDrive(path, inode)) for (const one of words) safe.add(one);
    }
    this.#see([...before, ...safe]);
    act();
    const after = wordsOn(volume);
    for (const one of before) if (!after.has(one) && !safe.has(one)) this.lostByPower.add(one);
    const harmed = held.map((one) => ({ ...one, inode: find(volume, one.path) }));
    this.#harmed.set(volume, [...(this.#harmed.get(volume) ?? []), ...harmed]);
    this.#stillHarmed(volume, after);
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

/** What stands at the path, and the file that stood there after the cut: each changes with whatever is done to it. */
function looksAt(volume: Volume, { path, inode }: Harmed): readonly (string | null)[] {
  return [find(volume, path), inode].map(
    (one) => one && `${one.number} ${one.ctimeNs} ${one.mtimeNs} ${one.names > 0 ? one.content.sizeBytes : 'gone'}`,
  );
}
