// What a row, a crumb or a place in the rail does while something is held over it: it takes entries of the drive and files from outside.
import { carriesFiles } from '../landing/picked.ts';
import { draggedType, held } from './held-entries.svelte.ts';
import type { EntryId } from './port.ts';

export interface DropTarget {
  /** Not itself among what is dragged; null: takes nothing now. */
  readonly folder: EntryId | null;
  onentries(ids: readonly EntryId[], copy: boolean): void;
  /** Called inside the event. null: files from outside are not taken here. */
  readonly onfiles: ((transfer: DataTransfer) => void) | null;
}

export function dropTarget(node: HTMLElement, given: DropTarget): { update(next: DropTarget): void; destroy(): void } {
  let target = given;
  let depth = 0;
  const takes = (transfer: DataTransfer | null): boolean => {
    if (transfer === null || target.folder === null) return false;
    if (transfer.types.includes(draggedType)) return !held.dragged.includes(target.folder);
    return target.onfiles !== null && carriesFiles(transfer);
  };
  const mark = (): void => {
    node.classList.toggle('drop-over', depth > 0);
  };
  const enter = (event: DragEvent): void => {
    if (!takes(event.dataTransfer)) return;
    event.preventDefault();
    depth += 1;
    mark();
  };
  const leave = (): void => {
    depth = Math.max(0, depth - 1);
    mark();
  };
  const over = (event: DragEvent): void => {
    if (!takes(event.dataTransfer) || !event.dataTransfer) return;
    event.preventDefault();
    event.stopPropagation();
    event.dataTransfer.dropEffect = event.dataTransfer.types.includes(draggedType) && !event.ctrlKey && !event.altKey ? 'move' : 'copy';
  };
  const drop = (event: DragEvent): void => {
    depth = 0;
    mark();
    if (!takes(event.dataTransfer) || !event.dataTransfer) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.dataTransfer.types.includes(draggedType)) target.onentries(held.dragged, event.ctrlKey || event.altKey);
    else target.onfiles?.(event.dataTransfer);
  };
  node.addEventListener('dragenter', enter);
  node.addEventListener('dragleave', leave);
  node.addEventListener('dragover', over);
  node.addEventListener('drop', drop);
  return {
    update(next) {
      target = next;
    },
    destroy() {
      node.removeEventListener('dragenter', enter);
      node.removeEventListener('dragleave', leave);
      node.removeEventListener('dragover', over);
      node.removeEventListener('drop', drop);
    },
  };
}
