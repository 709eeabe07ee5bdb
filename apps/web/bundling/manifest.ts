// What a browser needs to install the app: names, icons, shortcuts, and the two ways files come from other programs. spec/web.md "Installed".
import { readFile } from 'node:fs/promises';
import path from 'node:path';

type Locale = 'fr' | 'en';

/** Below public/, drawn from icon.svg. A maskable one may be cut to a circle of 80 % of its side: what counts stands inside. */
const icons = [
  { file: 'icons/192.png', size: 192, purpose: 'any' },
  { file: 'icons/512.png', size: 512, purpose: 'any' },
  { file: 'icons/maskable-512.png', size: 512, purpose: 'maskable' },
] as const;

export const iconFiles: readonly string[] = ['icon.svg', 'icons/apple-180.png', ...icons.map(({ file }) => file)];

/** Kinds that people open with another program; a browser offers the app for them beside its own. */
const openedKinds: Readonly<Record<string, readonly string[]>> = {
  'image/*': ['.jpg', '.jpeg', '.png', '.webp', '.gif', '.heic', '.avif', '.tif', '.tiff'],
  'video/*': ['.mp4', '.mov', '.webm', '.mkv', '.avi'],
  'audio/*': ['.mp3', '.m4a', '.flac', '.ogg', '.wav'],
  'application/pdf': ['.pdf'],
  'application/zip': ['.zip'],
  'text/plain': ['.txt', '.md', '.csv'],
};

/** @param words of one language, by key */
export function manifestOf(locale: Locale, words: Readonly<Record<string, string>>): string {
  const word = (key: string): string => {
    const text = words[key];
    if (text === undefined) throw new TypeError(`no message "${key}"`);
    return text;
  };
  const shortcut = (key: string, url: string) => ({ name: word(key), url, icons: [{ src: '/icons/192.png', sizes: '192x192' }] });
  return JSON.stringify(
    {
      id: '/app',
      name: 'Reprise',
      short_name: 'Reprise',
      description: word('install_description'),
      lang: locale,
      dir: 'ltr',
      start_url: '/app',
      scope: '/',
      display: 'standalone',
      background_color: '#faf9f5',
      theme_color: '#faf9f5',
      categories: ['productivity', 'utilities'],
      icons: [
        { src: '/icon.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any' },
        ...icons.map(({ file, size, purpose }) => ({ src: `/${file}`, sizes: `${size}x${size}`, type: 'image/png', purpose })),
      ],
      shortcuts: [shortcut('install_send', `/${locale}`), shortcut('nav_files', '/app'), shortcut('search', '/app/search')],
      share_target: {
        action: '/recevoir',
        method: 'POST',
        enctype: 'multipart/form-data',
        params: { title: 'title', text: 'text', url: 'url', files: [{ name: 'files', accept: ['*/*'] }] },
      },
      file_handlers: [{ action: '/app/receive', accept: openedKinds, launch_type: 'single-client' }],
      launch_handler: { client_mode: ['navigate-existing', 'auto'] },
    },
    null,
    2,
  );
}

/** By file name below the site. */
export async function manifests(root: string): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const locale of ['fr', 'en'] as const) {
    const words = JSON.parse(await readFile(path.join(root, `messages/${locale}.json`), 'utf8')) as Record<string, string>;
    files.set(`${locale}.webmanifest`, `${manifestOf(locale, words)}\n`);
  }
  return files;
}
