// The keys under which the entries of a tree are told apart. spec/merge.md "Differences".
import { type Bytes, formatHex } from '@reprise/kit';

/** A fid stands for one entry of a tree. Where a writer broke that, each further one is an entry of its own, with a key that no other one gets. */
export class EntryKeys {
  readonly #twins = new Map<string, number>();

  /** @returns the fid in hex, or, if that is taken, with a number behind it */
  free(fid: Bytes, taken: ReadonlyMap<string, unknown>): string {
    const key = formatHex(fid);
    if (!taken.has(key)) return key;
    const number = (this.#twins.get(key) ?? 0) + 1;
    this.#twins.set(key, number);
    return `${key}+${number}`;
  }
}
