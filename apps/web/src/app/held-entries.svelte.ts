// Entries that were cut, or that are being dragged: a drag event of another folder's row may not read its data before the drop.
import type { EntryId } from './port.ts';

export const draggedType = 'application/x-reprise-entries';
let cut: readonly EntryId[] = $state.raw([]);
let dragged: readonly EntryId[] = $state.raw([]);

export const held = {
  get cut(): readonly EntryId[] {
    return cut;
  },
  set cut(ids: readonly EntryId[]) {
    cut = ids;
  },
  get dragged(): readonly EntryId[] {
    return dragged;
  },
  set dragged(ids: readonly EntryId[]) {
    dragged = ids;
  },
};
