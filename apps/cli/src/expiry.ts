// `--expires`: a span from now, a day, a moment, or never.
import { Failure } from '@reprise/protocol/formats';

const spansMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, j: 86_400_000, w: 604_800_000 };

/**
 * `30m`, `12h`, `7d`, `2w`, `2026-12-31` (the end of that day here), `2026-12-31T18:00`, `never`.
 * @returns milliseconds since 1970, or null for never
 * @throws Failure usage
 */
export function parseExpiry(text: string, nowMs: number): number | null {
  if (text === 'never' || text === 'jamais') return null;
  const span = /^(\d{1,6})([mhdjw])$/.exec(text);
  const timeMs = span ? nowMs + Number(span[1]) * (spansMs[span[2] as string] as number) : parseMoment(text);
  if (Number.isNaN(timeMs)) throw new Failure('usage', { reason: 'expires', value: text });
  if (timeMs <= nowMs) throw new Failure('usage', { reason: 'expires-past', value: text });
  return timeMs;
}

function parseMoment(text: string): number {
  const day = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (!day) return /^\d{4}-\d\d-\d\dT/.test(text) ? new Date(text).getTime() : Number.NaN;
  const [year, month, date] = day.slice(1).map(Number) as [number, number, number];
  const end = new Date(year, month - 1, date, 23, 59, 59);
  return end.getMonth() === month - 1 && end.getDate() === date ? end.getTime() : Number.NaN;
}
