// Entries of a listing by index, fetched a page at a time as rows come into view. Reading an absent one asks for its page.
import { untrack } from 'svelte';
import type { Entry, Listing } from '../engine/port.ts';

const pageLength = 200;

export function pagesOf(listing: () => Listing): { at(index: number): Entry | null } {
  let version = $state(0);
  let of: Listing | null = null;
  let pages = new Map<number, readonly Entry[] | 'asked'>();

  function ask(list: Listing, page: number): void {
    pages.set(page, 'asked');
    const into = pages;
    void list.entries(page * pageLength, Math.min(list.length, (page + 1) * pageLength)).then(
      (entries) => {
        into.set(page, entries);
        version += 1;
      },
      () => {
        into.delete(page);
      },
    );
  }
  return {
    at(index) {
      version;
      const list = listing();
      if (list !== of) {
        of = list;
        pages = new Map();
      }
      const page = Math.floor(index / pageLength);
      const found = pages.get(page);
      if (found === undefined)
        untrack(() =>
          queueMicrotask(() => {
            if (of === list && !pages.has(page)) ask(list, page);
          }),
        );
      return found === undefined || found === 'asked' ? null : (found[index - page * pageLength] ?? null);
    },
  };
}
