// Photos by month and day, cut into lines for a list that may be long: a heading, or up to `columns` pictures each. Times are those of a clock
// on the wall, as if it stood at UTC.

export type PhotoLine =
  | { readonly kind: 'month'; readonly at: number }
  | { readonly kind: 'day'; readonly at: number }
  | { readonly kind: 'pictures'; readonly start: number; readonly end: number };

export type LineHeights = Readonly<Record<PhotoLine['kind'], number>>;

/** A year in the list: where it begins, in px. */
export type YearMark = { readonly year: number; readonly top: number };

const dayMs = 86_400_000;

/** @param takenAt newest first, ms */
export function linesOf(takenAt: ArrayLike<number>, columns: number): readonly PhotoLine[] {
  const lines: PhotoLine[] = [];
  let start = 0;
  let month = Number.NaN;
  while (start < takenAt.length) {
    const at = takenAt[start]!;
    const day = Math.floor(at / dayMs);
    let end = start + 1;
    while (end < takenAt.length && Math.floor(takenAt[end]! / dayMs) === day) end++;
    if (monthOf(at) !== month) lines.push({ kind: 'month', at });
    month = monthOf(at);
    lines.push({ kind: 'day', at });
    for (let first = start; first < end; first += columns)
      lines.push({ kind: 'pictures', start: first, end: Math.min(end, first + columns) });
    start = end;
  }
  return lines;
}

/** Where each line begins in px, and at the end the height of all. */
export function topsOf(lines: readonly PhotoLine[], heights: LineHeights): Float64Array {
  const tops = new Float64Array(lines.length + 1);
  lines.forEach((line, i) => {
    tops[i + 1] = tops[i]! + heights[line.kind];
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

/** The line that holds a picture, by halves over the lines' first pictures. */
export function lineOf(lines: readonly PhotoLine[], index: number): number {
  let [low, high] = [0, lines.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (firstFrom(lines, middle) <= index) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** When the pictures at a line were taken. */
export function timeAt(lines: readonly PhotoLine[], line: number, takenAt: ArrayLike<number>): number {
  const found = lines[line];
  if (!found) return Number.NaN;
  return found.kind === 'pictures' ? takenAt[found.start]! : found.at;
}

export function yearsOf(lines: readonly PhotoLine[], tops: Float64Array): readonly YearMark[] {
  const years: YearMark[] = [];
  for (const [i, line] of lines.entries()) {
    if (line.kind !== 'month') continue;
    const year = new Date(line.at).getUTCFullYear();
    if (years.at(-1)?.year !== year) years.push({ year, top: tops[i]! });
  }
  return years;
}

function monthOf(at: number): number {
  const date = new Date(at);
  return 12 * date.getUTCFullYear() + date.getUTCMonth();
}

/** The first picture at a line or below it; headings belong to what follows them. */
function firstFrom(lines: readonly PhotoLine[], line: number): number {
  for (let i = line; i < lines.length; i++) {
    const found = lines[i]!;
    if (found.kind === 'pictures') return found.start;
  }
  return Number.POSITIVE_INFINITY;
}
