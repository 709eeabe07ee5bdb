// Addresses inside the drive: `/app/…` with opaque ids only, so that no name ever reaches a history list or a log. spec/web.md.
import type { EntryId } from './port.ts';

export const settingsSections = ['account', 'appearance', 'transfers', 'privacy', 'plan', 'about'] as const;
export type SettingsSection = (typeof settingsSections)[number];

export type Route =
  | { readonly page: 'files'; readonly folder: EntryId /** A file shown above the list. */; readonly shown: EntryId | null }
  | { readonly page: 'photos'; readonly shown: EntryId | null }
  | { readonly page: 'search'; readonly shown: EntryId | null }
  | {
      readonly page:
        | 'links'
        | 'trash'
        | 'rewind'
        | 'devices'
        | 'kit'
        | 'secure'
        | 'sign-up'
        | 'sign-in'
        | 'recover'
        | 'join'
        | 'more'
        | 'receive'
        | 'earnings'
        | 'wallet';
    }
  | { readonly page: 'settings'; readonly section: SettingsSection | null };

const plain = [
  'links',
  'trash',
  'rewind',
  'devices',
  'kit',
  'secure',
  'sign-up',
  'sign-in',
  'recover',
  'join',
  'more',
  'receive',
  'earnings',
  'wallet',
] as const;
const idPattern = /^[0-9a-f]{32}$/;

/** Anything unknown leads to the files: an address of an older version must not be a dead end. */
export function parseRoute(path: string): Route {
  const [page = '', first = '', second = ''] = path
    .replace(/^\/app\/?/, '')
    .split('/')
    .filter((part) => part !== '');
  const id = (text: string): EntryId | null => (idPattern.test(text) ? text : null);
  if (page === 'f') return { page: 'files', folder: id(first) ?? 'root', shown: id(second) };
  if (page === 'photos' || page === 'search') return { page, shown: id(first) };
  if (page === 'settings') return { page, section: settingsSections.find((section) => section === first) ?? null };
  const found = plain.find((name) => name === page);
  return found ? { page: found } : { page: 'files', folder: 'root', shown: null };
}

export function formatRoute(route: Route): string {
  switch (route.page) {
    case 'files':
      if (route.folder === 'root' && route.shown === null) return '/app';
      return `/app/f/${route.folder}${route.shown === null ? '' : `/${route.shown}`}`;
    case 'photos':
    case 'search':
      return `/app/${route.page}${route.shown === null ? '' : `/${route.shown}`}`;
    case 'settings':
      return `/app/settings${route.section === null ? '' : `/${route.section}`}`;
    default:
      return `/app/${route.page}`;
  }
}

export const files = (folder: EntryId = 'root', shown: EntryId | null = null): Route => ({ page: 'files', folder, shown });
