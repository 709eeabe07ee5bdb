// One table, path pattern → headers, for the host or any static server. The host fills {storage}, {viewer}, {app} and {relays} with the
// origins of its configuration and drops the empty ones. spec/web.md, policies.

import { appEntry } from './app-entry.ts';

/** Paths without a file ending and the file each is served from; `*` at the end stands for anything. */
export const documents: Readonly<Record<string, string>> = {
  '/fr': 'fr.html',
  '/en': 'en.html',
  '/s': 's.html',
  '/m': 'm.html',
  ...(appEntry === null ? {} : { '/app': 'app.html', '/app/*': 'app.html' }),
  '/fr/comment': 'fr/comment.html',
  '/en/how': 'en/how.html',
  '/fr/signaler': 'fr/signaler.html',
  '/en/report': 'en/report.html',
  '/fr/recu': 'fr/recu.html',
  '/en/received': 'en/received.html',
  '/fr/depose': 'fr/depose.html',
  '/en/filed': 'en/filed.html',
  '/fr/dossier': 'fr/dossier.html',
  '/en/case': 'en/case.html',
  '/fr/suivi': 'fr/suivi.html',
  '/en/followed': 'en/followed.html',
  '/viewer/': 'viewer/index.html',
  '*': '404.html',
};

const page = (form: "'none'" | "'self'"): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    "img-src 'self' blob:",
    "media-src 'self' blob:",
    "connect-src 'self' {storage}",
    "worker-src 'self'",
    "frame-src 'self' {viewer}",
    "manifest-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    `form-action ${form}`,
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types svelte-trusted-html reprise-script-url',
  ].join('; ');

const everywhere = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Strict-Transport-Security': 'max-age=63072000',
};
const permissions = (withCredentials: boolean, withCamera = false): string =>
  [
    `camera=${withCamera ? '(self)' : '()'}`,
    'microphone=()',
    'display-capture=()',
    'screen-wake-lock=(self)',
    'clipboard-write=(self)',
    ...['publickey-credentials-get', 'publickey-credentials-create'].map((name) => `${name}=${withCredentials ? '(self)' : '()'}`),
    'fullscreen=(self)',
    'picture-in-picture=(self)',
    'autoplay=(self)',
    'geolocation=()',
    'payment=()',
    'usb=()',
    'serial=()',
    'hid=()',
    'midi=()',
    'clipboard-read=()',
    'local-fonts=()',
    'idle-detection=()',
    'browsing-topics=()',
  ].join(', ');

const link = {
  ...everywhere,
  'Content-Security-Policy': page("'none'"),
  'Permissions-Policy': permissions(true),
  'Cache-Control': 'no-cache',
};
/** A new device is let in by its code, which a camera can read. */
const app = { ...link, 'Permissions-Policy': permissions(true, true) };
const landing = {
  ...everywhere,
  'Content-Security-Policy': page("'self'"),
  'Permissions-Policy': permissions(false),
  'Cache-Control': 'no-cache',
};
const worker = (script: string, connect: string): string =>
  `default-src 'none'; script-src ${script}; connect-src ${connect}; require-trusted-types-for 'script'; trusted-types 'none'`;
const forever = 'public, max-age=31536000, immutable';
const asset = { ...everywhere, 'Cache-Control': forever };
const viewer = {
  ...everywhere,
  'Content-Security-Policy':
    "sandbox allow-scripts; default-src 'none'; script-src {viewer}/viewer/ 'wasm-unsafe-eval'; style-src {viewer}/viewer/; img-src blob: data:; font-src blob: data:; media-src blob:; worker-src data:; base-uri 'none'; form-action 'none'; frame-ancestors {app}",
  'Cross-Origin-Resource-Policy': 'cross-origin',
  'Access-Control-Allow-Origin': '*',
};

/** The first rule whose pattern fits counts; `*` at the end stands for anything. */
export const headerRules: readonly { readonly pattern: string; readonly headers: Readonly<Record<string, string>> }[] = [
  { pattern: '/s', headers: link },
  { pattern: '/m', headers: link },
  { pattern: '/app', headers: app },
  { pattern: '/app/*', headers: app },
  { pattern: '/w/kdf-*', headers: { ...asset, 'Content-Security-Policy': worker("'self' 'wasm-unsafe-eval'", "'none'") } },
  { pattern: '/w/thumbs-*', headers: { ...asset, 'Content-Security-Policy': worker("'self'", "'none'") } },
  { pattern: '/w/name-*', headers: { ...asset, 'Content-Security-Policy': worker("'self'", "'none'") } },
  { pattern: '/w/wallet-*', headers: { ...asset, 'Content-Security-Policy': worker("'self'", "'self'") } },
  { pattern: '/w/outside-*', headers: { ...asset, 'Content-Security-Policy': worker("'self'", '{relays}') } },
  { pattern: '/w/drive-*', headers: { ...asset, 'Content-Security-Policy': worker("'self'", "'self' {storage}") } },
  { pattern: '/w/seal-*', headers: { ...asset, 'Content-Security-Policy': worker("'self'", "'self' {storage}") } },
  {
    pattern: '/sw.js',
    headers: { ...everywhere, 'Cache-Control': 'no-cache', 'Content-Security-Policy': worker("'self'", "'self' {storage}") },
  },
  { pattern: '/viewer/', headers: { ...viewer, 'Cache-Control': 'no-cache' } },
  { pattern: '/viewer/*', headers: { ...viewer, 'Cache-Control': forever } },
  { pattern: '/assets/*', headers: asset },
  { pattern: '/release.json', headers: { ...everywhere, 'Cache-Control': 'no-cache' } },
  { pattern: '/icon.svg', headers: { ...everywhere, 'Cache-Control': 'public, max-age=86400' } },
  { pattern: '/icons/*', headers: { ...everywhere, 'Cache-Control': 'public, max-age=86400' } },
  ...['/fr.webmanifest', '/en.webmanifest'].map((pattern) => ({ pattern, headers: { ...everywhere, 'Cache-Control': 'no-cache' } })),
  { pattern: '/robots.txt', headers: { ...everywhere, 'Cache-Control': 'public, max-age=86400' } },
  { pattern: '*', headers: landing },
];
