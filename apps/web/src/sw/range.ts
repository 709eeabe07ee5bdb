// The Range header of a player, as what to answer. spec/web.md "Video and audio with seeking".

/**
 * RFC 9110 §14.2, one range; anything else counts as no range at all.
 * @returns bytes from `start` to `end`, exclusive
 */
export function parseRange(header: string | null, size: number): { readonly start: number; readonly end: number } | 'outside' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const [first, last] = [match[1] ?? '', match[2] ?? ''];
  if (first === '') {
    const start = Math.max(0, size - Number(last));
    return start < size ? { start, end: size } : 'outside';
  }
  const start = Number(first);
  if (start >= size) return 'outside';
  if (last !== '' && Number(last) < start) return undefined;
  return { start, end: last === '' ? size : Math.min(Number(last) + 1, size) };
}
