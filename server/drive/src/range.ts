// The Range header of one object: RFC 9110 §14. One range, of bytes; anything else is served whole, as the RFC allows.

export type RangeAnswer =
  | { readonly kind: 'whole' }
  | { readonly kind: 'part'; readonly start: number; readonly endExclusive: number }
  | { readonly kind: 'refused' };

/** @param bytes the object's length, at least 1. @param ifRange whether If-Range, when sent, names the object we have. */
export function readRangeHeader(header: string | undefined, bytes: number, ifRange = true): RangeAnswer {
  const match = header === undefined || !ifRange ? null : /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/.exec(header);
  if (!match || (match[1] === '' && match[2] === '')) return { kind: 'whole' };
  const [first, last] = [match[1] as string, match[2] as string];
  if (first === '') return suffix(Number(last), bytes);
  const start = Number(first);
  if (last !== '' && Number(last) < start) return { kind: 'whole' };
  if (start >= bytes) return { kind: 'refused' };
  return { kind: 'part', start, endExclusive: last === '' ? bytes : Math.min(bytes, Number(last) + 1) };
}

function suffix(length: number, bytes: number): RangeAnswer {
  if (length === 0) return { kind: 'refused' };
  return { kind: 'part', start: Math.max(0, bytes - length), endExclusive: bytes };
}
