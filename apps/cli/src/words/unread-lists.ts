// What `reprise link` says of the lists that the account keeps in its drive, whatever the language.
import type { UnreadCounts } from '@reprise/sdk/drive';

export type ListNames = Readonly<Record<keyof UnreadCounts, string>>;

/** @returns the lists that hold what nobody can read, each with how much; and those that nobody can read at all */
export function unreadLists(counts: UnreadCounts, names: ListNames): readonly [some: readonly string[], whole: readonly string[]] {
  const lists = Object.entries(counts) as readonly (readonly [keyof UnreadCounts, number | null])[];
  return [
    lists.flatMap(([list, count]) => (count === null || count === 0 ? [] : [`${names[list]}: ${count}`])),
    lists.flatMap(([list, count]) => (count === null ? [names[list]] : [])),
  ];
}
