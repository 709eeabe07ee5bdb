// A moment as a list shows it: "hier, 18:04" while it is near, a date once it is not.
import { formatDate } from '../format.ts';
import { getLocale } from '../language.ts';

const day = 86_400_000;
type Formats = { readonly clock: Intl.DateTimeFormat; readonly near: Intl.RelativeTimeFormat };
const made = new Map<string, Formats>();

export function formatWhen(time: number, now = Date.now()): string {
  const days = Math.round((startOf(time) - startOf(now)) / day);
  if (days !== 0 && days !== -1) return formatDate(time);
  const { clock, near } = formats();
  return `${near.format(days, 'day')}, ${clock.format(time)}`;
}

function startOf(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}

function formats(): Formats {
  const locale = getLocale();
  const found = made.get(locale) ?? {
    clock: new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' }),
    near: new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }),
  };
  made.set(locale, found);
  return found;
}
