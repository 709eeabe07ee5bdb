// How figures and moments are written: the words of a page are French or English, but 14:02 in London is 2:02 PM in Boston.
import type { Locale } from './language.ts';

/** For who reads English without naming where: written for most of the world, by the clock of 24 hours. */
const anywhere: Readonly<Record<Locale, string>> = { fr: 'fr', en: 'en-GB' };

/** @param preferred tags of BCP 47, the dearest first @returns that of them which is the language of the page, with its region */
export function regionOf(locale: Locale, preferred: readonly string[]): string {
  return preferred.find((tag) => tag.toLowerCase().split('-')[0] === locale) ?? anywhere[locale];
}

/** Hours and minutes as a region writes them: "2:02 PM" where there are twelve hours, "09:05" where there are 24. */
export function clockOf(region: string): Intl.DateTimeFormatOptions {
  const { hour12 } = new Intl.DateTimeFormat(region, { hour: 'numeric' }).resolvedOptions();
  return { hour: hour12 ? 'numeric' : '2-digit', minute: '2-digit' };
}
