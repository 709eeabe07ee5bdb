// A moment as a list shows it: "hier, 18:04" while it is near, a date once it is not.
import { formatClock, formatDate } from '../format.ts';
import { getLocale } from '../language.ts';

const day = 86_400_000;
const made = new Map<string, Intl.RelativeTimeFormat>();

export function formatWhen(time: number, now = Date.now()): string {
  const days = daysTo(time, now);
  if (days !== 0 && days !== -1) return formatDate(time);
  return `${near().format(days, 'day')}, ${formatClock(time)}`;
}

/** The same where there is little room: "18:04", "hier", a date. */
export function formatWhenShort(time: number, now = Date.now()): string {
  const days = daysTo(time, now);
  if (days === 0) return formatClock(time);
  return days === -1 ? near().format(days, 'day') : formatDate(time);
}

function daysTo(time: number, now: number): number {
  return Math.round((startOf(time) - startOf(now)) / day);
}

function startOf(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}

function near(): Intl.RelativeTimeFormat {
  const locale = getLocale();
  const found = made.get(locale) ?? new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  made.set(locale, found);
  return found;
}
