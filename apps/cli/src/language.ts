// French where the environment asks for it, else English.
export type Language = 'fr' | 'en';

export function languageOf(env: Readonly<Record<string, string | undefined>>): Language {
  const locale = env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || '';
  return /^fr([_.@-]|$)/i.test(locale) ? 'fr' : 'en';
}
