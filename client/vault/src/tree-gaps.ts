// Directories that do not open, and what can be told of a tree without them. spec/merge.md "Differences".
import { type Bytes, formatHex } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import type { Collect, DiffGaps, DiffReading, TreeDifference } from './tree-diff.ts';

export class TreeGaps implements DiffGaps {
  /** Hex fids of directories of the later tree that do not open: nothing is told of what is in them. */
  readonly unread = new Set<string>();
  readonly #whole = new Set<string>();

  /** Hex fids of directories of which all that is in them is told, since they do not open in the earlier tree, and of those below. */
  whole(differences: readonly TreeDifference[]): ReadonlySet<string> {
    const whole = new Set(this.#whole);
    // Parents are told first.
    for (const difference of differences) {
      if (difference.kind !== 'added') continue;
      const { parent, entry } = difference.after;
      const fid = formatHex(entry.fid);
      if (entry.content.kind === 'directory' && whole.has(formatHex(parent)) && !this.unread.has(fid)) whole.add(fid);
    }
    return whole;
  }

  /** All at a time; what does not open then, alone. */
  async readEach<Item>(group: readonly DiffReading<Item>[], collect: Collect<Item>): Promise<readonly Item[][]> {
    const attempts = await Promise.all(
      group.map(async ({ fid, read }) => {
        try {
          return await collect(read());
        } catch (error) {
          if (!fid || !isGap(error)) throw error;
          return null;
        }
      }),
    );
    const all: Item[][] = [];
    for (const [i, items] of attempts.entries()) all.push(items ?? (await this.#readAlone(group[i] as DiffReading<Item>, collect)));
    return all;
  }

  async #readAlone<Item>({ fid, isLater, read, instead }: DiffReading<Item>, collect: Collect<Item>): Promise<Item[]> {
    const key = formatHex(fid as Bytes);
    for (const attempt of [read, instead]) {
      try {
        if (!attempt) continue;
        const items = await collect(attempt());
        if (attempt === instead) this.#whole.add(key);
        return items;
      } catch (error) {
        if (!isGap(error)) throw error;
      }
    }
    if (isLater) this.unread.add(key);
    return [];
  }
}

/** What is wrong with a directory, and not with the way to it, nor with how much there is. */
export function isGap(error: unknown): boolean {
  return error instanceof Failure && ['reject', 'object-missing', 'chunk-corrupt', 'bad-object', 'bad-name'].includes(error.code);
}
