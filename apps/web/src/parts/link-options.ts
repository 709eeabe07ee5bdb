// The choices a sender has: how long, for whom, how often. Spans are offered only up to what the server allows.
const spans = [3600, 86_400, 3 * 86_400, 7 * 86_400, 14 * 86_400, 30 * 86_400, 90 * 86_400, 365 * 86_400];

/** Seconds, rising, ending with the server's limit; null: it has none. */
export function expiryChoices(secondsMax: number | null): readonly number[] {
  if (secondsMax === null) return spans;
  const below = spans.filter((span) => span < secondsMax);
  return [...below, secondsMax];
}
export const downloadChoices: readonly number[] = [1, 2, 5, 10, 50, 100];
