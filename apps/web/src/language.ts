// Which of our languages this page speaks. The compiled messages read it from here, so nothing of Paraglide's own runtime is loaded.

import { regionOf } from './region.ts';

export type Locale = 'fr' | 'en';
export const locales: readonly Locale[] = ['fr', 'en'];
const stored = 'reprise.language';

let current: Locale = 'fr';

export function getLocale(): Locale {
  return current;
}

export function setLocale(locale: Locale): void {
  current = locale;
}

/** What `Intl` is asked with. A page that is written ahead is nobody's: it has no region. */
export function getRegion(): string {
  return typeof document === 'undefined' ? current : regionOf(current, navigator.languages);
}

/** Asked by the compiled messages: no language is fixed at build time. */
export const experimentalStaticLocale = undefined;

/** The language of a prerendered page. */
export function localeOfDocument(): Locale {
  return document.documentElement.lang === 'en' ? 'en' : 'fr';
}

/** For pages without a language in their address: the stored choice, else the first of the browser's that we speak. */
export function localeOfVisitor(): Locale {
  const choice = readStored();
  if (choice) return choice;
  for (const tag of navigator.languages) {
    const found = locales.find((locale) => tag.toLowerCase().startsWith(locale));
    if (found) return found;
  }
  return 'en';
}

export function rememberLocale(locale: Locale): void {
  try {
    localStorage.setItem(stored, locale);
  } catch {
    /* storage refused: the choice lasts this page */
  }
}

function readStored(): Locale | null {
  try {
    const value = localStorage.getItem(stored);
    return locales.find((locale) => locale === value) ?? null;
  } catch {
    return null;
  }
}
