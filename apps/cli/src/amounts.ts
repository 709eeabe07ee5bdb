// Bytes, speeds, durations and dates as people read them.
import type { Language } from './language.ts';

const units = { en: ['B', 'kB', 'MB', 'GB', 'TB'], fr: ['o', 'ko', 'Mo', 'Go', 'To'] } as const;

/** Decimal units, three digits: `1.23 GB`, `1,23 Go`. */
export function formatBytes(bytes: number, language: Language): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < 4) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 ? 0 : value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  const text = value.toFixed(digits);
  return `${language === 'fr' ? text.replace('.', ',') : text} ${units[language][unit]}`;
}

export function formatSpeed(bytesPerSecond: number, language: Language): string {
  return `${formatBytes(bytesPerSecond, language)}/s`;
}

/** `0:09`, `12:34`, `3:05:07`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Local date and minute. */
export function formatDate(timeMs: number): string {
  const date = new Date(timeMs);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** What satoshis are worth, to the cent: `2,50 €`. */
export function formatWorth(sats: bigint, rate: { readonly currency: string; readonly perBitcoin: number }, language: Language): string {
  const format = new Intl.NumberFormat(language, { style: 'currency', currency: rate.currency });
  return format.format((Number(sats) / 1e8) * rate.perBitcoin);
}
