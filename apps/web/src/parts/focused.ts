// Takes the place of what had the focus and is gone: a keyboard and a reader go on from there.

/** @param isWanted false: where it stands from the beginning, the focus is left to whoever opened it */
export function focused(node: HTMLElement, isWanted = true): void {
  if (isWanted) node.focus({ preventScroll: true });
}
