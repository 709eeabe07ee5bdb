// Figures as people read them: sizes in powers of 1000 with the letter of the language, whole minutes, dates without ambiguity.
import { m } from './messages.ts';
import { getLocale, getRegion } from './language.ts';
import { clockOf } from './region.ts';

const units = { fr: ['o', 'ko', 'Mo', 'Go', 'To'], en: ['B', 'kB', 'MB', 'GB', 'TB'] } as const;
const space = '\u00a0';

/** Making a formatter costs more than a hundred uses of it, and a list asks for one a cell. */
const made = new Map<string, unknown>();
function kept<T>(name: string, make: (region: string) => T): T {
  const region = getRegion();
  const key = `${region} ${name}`;
  if (!made.has(key)) made.set(key, make(region));
  return made.get(key) as T;
}
const numbers = (name: string, options: Intl.NumberFormatOptions): Intl.NumberFormat =>
  kept(name, (region) => new Intl.NumberFormat(region, options));
const dates = (name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  kept(name, (region) => new Intl.DateTimeFormat(region, options));
const clocks = (name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  kept(name, (region) => new Intl.DateTimeFormat(region, { ...options, ...clockOf(region) }));

/** 3420000000 → "3,42 Go" / "3.42 GB". */
export function formatBytes(bytes: number): string {
  const locale = getLocale();
  let value = bytes;
  let unit = 0;
  // 999 950 would print as "1 000 ko": step up before rounding does.
  while (value >= 999.5 && unit < 4) {
    value /= 1000;
    unit += 1;
  }
  // By hand, below a thousand: the first formatter of a page costs 10 ms, on a phone while it shows what somebody waits for.
  const number = unit === 0 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
  return (locale === 'fr' ? number.replace('.', ',') : number) + space + units[locale][unit];
}

export function formatSpeed(bytesPerSecond: number): string {
  return formatBytes(bytesPerSecond) + '/s';
}

export function formatCount(count: number): string {
  return count < 1000 ? String(count) : numbers('count', {}).format(count);
}

/** To the cent. @param currency of ISO 4217 */
export function formatCurrency(units: number, currency: string): string {
  return numbers(currency, { style: 'currency', currency }).format(units);
}

export function formatPercent(share: number): string {
  return numbers('percent', { style: 'percent', maximumFractionDigits: 0 }).format(share);
}

/** "42 s", "3 min", "2 h 05": whole minutes above one. */
export function formatDuration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s}${space}s`;
  const minutes = Math.round(s / 60);
  if (minutes < 60) return `${minutes}${space}min`;
  return `${Math.floor(minutes / 60)}${space}h${space}${String(minutes % 60).padStart(2, '0')}`;
}

/** A position in a recording: "1:42:07". */
export function formatPosition(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds || 0));
  const mm = Math.floor(s / 60) % 60;
  const tail = String(s % 60).padStart(2, '0');
  const h = Math.floor(s / 3600);
  return h > 0 ? `${h}:${String(mm).padStart(2, '0')}:${tail}` : `${mm}:${tail}`;
}

export function formatDate(time: number): string {
  return dates('date', { day: 'numeric', month: 'short', year: 'numeric' }).format(time);
}

export function formatMoment(time: number): string {
  return clocks('moment', { day: 'numeric', month: 'short' }).format(time);
}

export function formatClock(time: number): string {
  return clocks('clock', {}).format(time);
}

/** What is told of one thing in one line: "2 sold · 3 left". What is empty is left out. */
export function formatFacts(facts: readonly string[]): string {
  return facts.filter((fact) => fact !== '').join(' · ');
}

/** A span of validity: "7 jours", "12 heures". */
export function formatSpan(seconds: number): string {
  if (seconds >= 172_800 || seconds === 86_400) {
    const count = Math.round(seconds / 86_400);
    return m.span_days({ count });
  }
  return m.span_hours({ count: Math.max(1, Math.round(seconds / 3600)) });
}
