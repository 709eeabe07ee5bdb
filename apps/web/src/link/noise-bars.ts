// A figure for a recording whose sound has not been read: bars drawn from its name, the same at every visit, meaning nothing more.
export function noiseBars(name: string, count: number): readonly number[] {
  let h = 2166136261;
  for (const char of name) h = Math.imul(h ^ char.codePointAt(0)!, 16777619);
  return Array.from({ length: count }, (_, i) => {
    h = Math.imul(h ^ (h >>> 15), 2246822519) ^ Math.imul(h ^ (h >>> 13), 3266489917);
    const swell = 0.45 + 0.55 * Math.abs(Math.sin(i * 0.21) * Math.cos(i * 0.057));
    return 4 + ((h >>> 0) % 56) * swell;
  });
}
