// What is selected, as a value. "Everything but these" is as cheap as "these", so that selecting 100 000 entries costs nothing.
// Positions belong to the order shown; ids stay when it changes. spec/web.md, file browser.
import type { EntryId } from './port.ts';

export interface Selection {
  /** Whether `ids` are those selected (false) or those left out of all (true). */
  readonly all: boolean;
  readonly ids: ReadonlySet<EntryId>;
  /** Where a range begins. */
  readonly anchor: number;
}

export const nothing: Selection = { all: false, ids: new Set(), anchor: 0 };

export function isSelected(selection: Selection, id: EntryId): boolean {
  return selection.all !== selection.ids.has(id);
}
export function countSelected(selection: Selection, total: number): number {
  return selection.all ? total - selection.ids.size : selection.ids.size;
}
export function everything(selection: Selection): Selection {
  return { all: true, ids: new Set(), anchor: selection.anchor };
}
export function single(id: EntryId, position: number): Selection {
  return { all: false, ids: new Set([id]), anchor: position };
}
export function toggle(selection: Selection, id: EntryId, position: number): Selection {
  const ids = new Set(selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { all: selection.all, ids, anchor: position };
}

/** From the anchor to `position`, both included. `keep`: what was selected before stays (Ctrl+Shift). */
export function range(selection: Selection, position: number, idAt: (position: number) => EntryId, keep: boolean): Selection {
  const [start, end] = [Math.min(selection.anchor, position), Math.max(selection.anchor, position)];
  return between(selection, start, end, idAt, keep);
}

export function between(selection: Selection, start: number, end: number, idAt: (position: number) => EntryId, keep: boolean): Selection {
  const ids = new Set(keep ? selection.ids : []);
  const all = keep && selection.all;
  for (let position = start; position <= end; position++) {
    const id = idAt(position);
    if (all) ids.delete(id);
    else ids.add(id);
  }
  return { all, ids, anchor: selection.anchor };
}

/** Those of `positions`, besides `base` when `keep`: what a rubber band holds. */
export function of(base: Selection, positions: Iterable<number>, idAt: (position: number) => EntryId, keep: boolean): Selection {
  const ids = new Set(keep ? base.ids : []);
  for (const position of positions) {
    if (keep && base.all) ids.delete(idAt(position));
    else ids.add(idAt(position));
  }
  return { all: keep && base.all, ids, anchor: base.anchor };
}

/** After the folder changed: entries that are gone are no longer selected. */
export function keepExisting(selection: Selection, exists: (id: EntryId) => boolean): Selection {
  const ids = new Set([...selection.ids].filter(exists));
  return ids.size === selection.ids.size ? selection : { ...selection, ids };
}

/** In no promised order: a few among very many cost no look at the others. */
export function selectedIds(selection: Selection, total: number, idAt: (position: number) => EntryId): readonly EntryId[] {
  if (!selection.all) return [...selection.ids];
  const found: EntryId[] = [];
  for (let position = 0; position < total; position++) {
    const id = idAt(position);
    if (isSelected(selection, id)) found.push(id);
  }
  return found;
}
