// Photos by day, cut into lines of equal height for a list that may be long: a heading or up to `columns` pictures each.

export type PhotoLine =
  | { readonly kind: 'day'; readonly at: number }
  | { readonly kind: 'pictures'; readonly start: number; readonly end: number };

/** @param takenAt newest first, ms */
export function linesOf(takenAt: ArrayLike<number>, columns: number): readonly PhotoLine[] {
  const lines: PhotoLine[] = [];
  let start = 0;
  while (start < takenAt.length) {
    const [from, to] = dayOf(takenAt[start]!);
    let end = start + 1;
    while (end < takenAt.length && takenAt[end]! >= from && takenAt[end]! < to) end++;
    lines.push({ kind: 'day', at: takenAt[start]! });
    for (let at = start; at < end; at += columns) lines.push({ kind: 'pictures', start: at, end: Math.min(end, at + columns) });
    start = end;
  }
  return lines;
}

/** Where each line begins in px, and at the end the height of all. */
export function topsOf(lines: readonly PhotoLine[], dayHeight: number, pictureHeight: number): Float64Array {
  const tops = new Float64Array(lines.length + 1);
  lines.forEach((line, i) => {
    tops[i + 1] = tops[i]! + (line.kind === 'day' ? dayHeight : pictureHeight);
  });
  return tops;
}

/** The line at a height, by halves. */
export function lineAt(tops: Float64Array, y: number): number {
  let [low, high] = [0, Math.max(0, tops.length - 2)];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (tops[middle]! <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Midnight to midnight of the day in this device's own time, which may be 23 or 25 hours. */
function dayOf(time: number): readonly [number, number] {
  const date = new Date(time);
  const start = new Date(date.getFullYear(), date.getMonth(), date.getDate());
  const end = new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1);
  return [start.getTime(), end.getTime()];
}
