// The words of the screens, read from the very catalogues the app is built from: a test that looks for a button by its text follows when the text
// changes, and breaks when the key goes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './server.ts';

export type Locale = 'fr' | 'en';
type Variants = readonly { readonly match: Readonly<Record<string, string>> }[];
type Catalogue = Readonly<Record<string, string | Variants>>;

export type Words = {
  readonly locale: Locale;
  /** The text of a message without variants. @throws Error when there is no such key or a parameter is missing */
  text(key: string, parameters?: Readonly<Record<string, string>>): string;
  /** Any text this message can show, whatever its parameters. */
  pattern(key: string): RegExp;
  /** The fixed parts of every message, between the parameters. */
  pieces(): readonly string[];
};

export function wordsOf(locale: Locale): Words {
  const catalogue = readCatalogue(locale);
  const templates = (key: string): readonly string[] => {
    const message = catalogue[key];
    if (message === undefined) throw new Error(`no message "${key}" in ${locale}.json`);
    return typeof message === 'string' ? [message] : message.flatMap(({ match }) => Object.values(match));
  };
  return {
    locale,
    text(key, parameters = {}) {
      const [template, ...others] = templates(key);
      if (template === undefined || others.length > 0) throw new Error(`message "${key}" has variants: use pattern()`);
      return template.replace(/\{(\w+)\}/g, (_, name: string) => {
        const value = parameters[name];
        if (value === undefined) throw new Error(`message "${key}" needs ${name}`);
        return value;
      });
    },
    pattern: (key) =>
      new RegExp(
        templates(key)
          .map((template) =>
            template
              .split(/\{\w+\}/)
              .map(escapeRegExp)
              .join('.*?'),
          )
          .join('|'),
      ),
    pieces: () =>
      Object.keys(catalogue)
        .filter((key) => !key.startsWith('$'))
        .flatMap((key) => templates(key).flatMap((template) => template.split(/\{\w+\}/))),
  };
}

function readCatalogue(locale: Locale): Catalogue {
  return JSON.parse(readFileSync(join(root, 'apps/web/messages', `${locale}.json`), 'utf8')) as Catalogue;
}

// Screens may break a line at any white space, and typography puts narrow no-break spaces where the catalogue has them.
function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+');
}
