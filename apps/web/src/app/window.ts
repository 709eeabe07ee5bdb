// Which rows of a long list exist, from how far it is scrolled. Browsers stop at some height of an element; beyond 15 million px
// the scroll bar's way is scaled to the list's. spec/web.md, big lists.

export const heightMax = 15_000_000;

export interface Scrolled {
  readonly scrollTop: number;
  readonly viewHeight: number;
  readonly rowHeight: number;
  readonly rows: number;
  readonly overscan: number;
}
export interface RowWindow {
  /** First and one past the last row drawn. */
  readonly start: number;
  readonly end: number;
  /** px to add to row · rowHeight: 0 unless the list is scaled. */
  readonly shift: number;
}

export function spacerHeight(rows: number, rowHeight: number): number {
  return Math.min(heightMax, rows * rowHeight);
}

export function rowWindow({ scrollTop, viewHeight, rowHeight, rows, overscan }: Scrolled): RowWindow {
  const whole = rows * rowHeight;
  const top = scaleTop(scrollTop, whole, viewHeight);
  const start = Math.max(0, Math.min(rows, Math.floor(top / rowHeight) - overscan));
  const end = Math.max(start, Math.min(rows, Math.ceil((top + viewHeight) / rowHeight) + overscan));
  return { start, end, shift: Math.round(scrollTop - top) };
}

/** Where the list stands for a place of the scroll bar. */
function scaleTop(scrollTop: number, whole: number, viewHeight: number): number {
  if (whole <= heightMax) return scrollTop;
  const way = heightMax - viewHeight;
  return way <= 0 ? 0 : (Math.max(0, Math.min(way, scrollTop)) / way) * (whole - viewHeight);
}

/** The scrollTop that brings a row into view with as little movement as possible; null when it is in view. */
export function scrollTopFor(row: number, at: Omit<Scrolled, 'overscan'>): number | null {
  const whole = at.rows * at.rowHeight;
  const top = scaleTop(at.scrollTop, whole, at.viewHeight);
  const [rowTop, rowEnd] = [row * at.rowHeight, (row + 1) * at.rowHeight];
  const wanted = rowTop < top ? rowTop : rowEnd > top + at.viewHeight ? rowEnd - at.viewHeight : null;
  if (wanted === null) return null;
  if (whole <= heightMax) return wanted;
  return (wanted / (whole - at.viewHeight)) * (heightMax - at.viewHeight);
}

export interface Band {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}
export interface Cells {
  readonly count: number;
  readonly columns: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
}

/** Positions a rubber band touches, in px from the grid's own corner. */
export function positionsIn(band: Band, { count, columns, cellWidth, cellHeight }: Cells): readonly number[] {
  const rows = Math.ceil(count / columns);
  const firstRow = Math.max(0, Math.floor(band.top / cellHeight));
  const lastRow = Math.min(rows - 1, Math.floor(band.bottom / cellHeight));
  const firstColumn = Math.max(0, Math.floor(band.left / cellWidth));
  const lastColumn = Math.min(columns - 1, Math.floor(band.right / cellWidth));
  const found: number[] = [];
  for (let row = firstRow; row <= lastRow; row++)
    for (let column = firstColumn; column <= lastColumn; column++) if (row * columns + column < count) found.push(row * columns + column);
  return found;
}
