// Cases of the lists that an account keeps for itself, out of entries that were put together byte by byte.
import { hex, type VectorCase } from './reference.ts';

/** An entry and what it says; without that, nobody can read it. */
export type Entry = { readonly bytes: readonly number[]; readonly told?: readonly unknown[] };

/** @param field that says what was read */
export function acceptList(field: string, name: string, entries: readonly Entry[]): VectorCase {
  const read = entries.filter(({ told }) => told);
  const unread = entries.filter(({ told }) => !told);
  const [list, written] = [entries, [...read, ...unread]].map((of) => hexOf(listOf(1, of))) as [string, string];
  return {
    name,
    verdict: 'accepted',
    list,
    [field]: read.map(({ told }) => told),
    unread: unread.map(({ bytes }) => hexOf(bytes)),
    ...(written !== list && { written }),
  };
}

export function refuseList(name: string, step: string, list: readonly number[]): VectorCase {
  return { name, verdict: 'refused', step, code: 'bad-object', list: hexOf(list) };
}

/** Of fewer than 24 entries. */
export function listOf(version: number, entries: readonly Entry[]): number[] {
  return [0x82, version, 0x80 + entries.length, ...entries.flatMap(({ bytes }) => bytes)];
}

/** What is dCBOR, and no entry of any list. */
export const rubbish: readonly Entry[] = [{ bytes: [0xa1, 0x01, 0x62, 0x6e, 0x6f] }, { bytes: [0x07] }];

function hexOf(bytes: readonly number[]): string {
  return hex(Uint8Array.from(bytes));
}
