// Judges a list that an account keeps for itself: what is read of it, what nobody can read, and the list written anew.
import { formatHex } from '@reprise/kit';
import { encodeDcbor } from '@reprise/protocol/formats';
import { decodeKeptList, encodeKeptList, type ListFormat } from '../kept-list.ts';
import { type Case, expectField, hexField } from './case.ts';

/** @param field that holds the entries, each as `shown` tells it */
export function judgeList<Item>(one: Case, format: ListFormat<Item>, field: string, shown: (item: Item) => unknown): void {
  const list = decodeKeptList(format, hexField(one, 'list'));
  expectField(one, field, list.items.map(shown));
  expectField(
    one,
    'unread',
    list.unread.map((value) => formatHex(encodeDcbor(value))),
  );
  expectField(one, 'written' in one ? 'written' : 'list', encodeKeptList(format, list));
}
