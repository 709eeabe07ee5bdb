// Where a key leads in a grid of equal cells, as positions: the same for a list (one column) and for tiles. WAI-ARIA grid pattern.

export interface GridShape {
  readonly count: number;
  readonly columns: number;
  /** Rows that fit the window, for PageUp and PageDown. */
  readonly pageRows: number;
}

/** null: the key means nothing here. */
export function nextPosition(key: string, from: number, { count, columns, pageRows }: GridShape): number | null {
  if (count === 0) return null;
  const clamp = (position: number): number => Math.max(0, Math.min(count - 1, position));
  switch (key) {
    case 'ArrowDown':
      return from + columns < count ? from + columns : from;
    case 'ArrowUp':
      return from - columns >= 0 ? from - columns : from;
    case 'ArrowRight':
      return columns > 1 ? clamp(from + 1) : null;
    case 'ArrowLeft':
      return columns > 1 ? clamp(from - 1) : null;
    case 'PageDown':
      return clamp(from + columns * Math.max(1, pageRows - 1));
    case 'PageUp':
      return clamp(from - columns * Math.max(1, pageRows - 1));
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
