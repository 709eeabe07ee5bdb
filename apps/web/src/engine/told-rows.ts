// The rows of an upload as a screen shows them, out of what its worker tells: a row is made when it is looked at, and anew once it changed.
import type { RowChange } from './calls.ts';
import { source } from './observable.ts';
import type { Observable, Row, RowList } from './port.ts';

export type ToldRows = { readonly rows: Observable<RowList>; take(changes: readonly RowChange[]): void };

/** @param files in sending order */
export function toldRows(files: readonly { readonly path: string; readonly bytes: number }[], first: readonly RowChange[]): ToldRows {
  const changes = files.map((_, i): RowChange => [i, 'waiting', 0, null]);
  const made: (Row | undefined)[] = [];
  const rowAt = (index: number): Row => {
    const file = files[index];
    const change = changes[index];
    if (!file || !change) throw new RangeError('no such row');
    const [, phase, bytesDone, failure] = change;
    const name = file.path.slice(file.path.lastIndexOf('/') + 1);
    return (made[index] ??= { id: String(index), path: file.path, name, phase, bytesDone, bytesTotal: file.bytes, failure });
  };
  const list = (): RowList => ({ length: files.length, at: rowAt });
  const rows = source(list());
  const take = (news: readonly RowChange[]): void => {
    for (const change of news) {
      changes[change[0]] = change;
      made[change[0]] = undefined;
    }
    rows.set(list());
  };
  take(first);
  return { rows, take };
}
