// Serves the built web app from memory. Only files found at the start exist: a path is looked up in a table, never on the disk.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Reply } from '@reprise/drive';

/** The `headers.json` of the build: which file each page is, and the headers of each path; the first rule whose pattern fits counts. */
export type Table = { readonly documents: Readonly<Record<string, string>>; readonly rules: readonly HeaderRule[] };
/** `*` at the end of a pattern stands for anything. */
type HeaderRule = { readonly pattern: string; readonly headers: Readonly<Record<string, string>> };

/** Fills {app}, {viewer}, {storage} and {relays}, which may be several, of the headers; an empty one is dropped. */
export type Origins = { readonly app: string; readonly viewer: string; readonly storage: string; readonly relays: string };

type Asset = { readonly path: string; readonly bytes: Buffer; readonly type: string; readonly packed: Map<Coding, Buffer> };
type Coding = 'br' | 'gzip';
export type Language = 'fr' | 'en';

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json',
  webmanifest: 'application/manifest+json',
  svg: 'image/svg+xml',
  png: 'image/png',
  webp: 'image/webp',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
  wasm: 'application/wasm',
  txt: 'text/plain; charset=utf-8',
  xml: 'application/xml',
  bcmap: 'application/octet-stream',
  pfb: 'application/octet-stream',
  ttf: 'font/ttf',
  icc: 'application/octet-stream',
};

/** Types that gain from compression; the others are compressed already. */
const textual = /^(text\/|application\/(json|javascript|manifest|xml|wasm)|image\/svg)/;
const compress: Readonly<Record<Coding, (bytes: Buffer) => Promise<Buffer>>> = {
  br: (bytes) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  gzip: (bytes) => promisify(gzip)(bytes, { level: 9 }),
};

export class Site {
  readonly #files = new Map<string, Asset>();
  readonly #table: Table;
  readonly #origins: (incoming: IncomingMessage) => Origins;

  /** @param folder of the build; if it is missing, every page says that the app was not built. */
  constructor(folder: string, origins: (incoming: IncomingMessage) => Origins) {
    this.#origins = origins;
    const table = join(folder, 'headers.json');
    this.#table = existsSync(table) ? (JSON.parse(readFileSync(table, 'utf8')) as Table) : { documents: {}, rules: [] };
    if (existsSync(table)) for (const file of filesBelow(folder)) this.#load(folder, file);
  }

  get isBuilt(): boolean {
    return this.#files.size > 0;
  }

  /** The answer to a GET or HEAD of this path. */
  async serve(incoming: IncomingMessage, path: string): Promise<Reply> {
    if (path === '/')
      return {
        status: 302,
        headers: { ...plainHeaders, Location: `/${languageOf(incoming)}`, Vary: 'Accept-Language', 'Cache-Control': 'no-cache' },
        body: null,
      };
    const asset = this.#find(path);
    return asset && path !== '*' ? this.#reply(incoming, asset, path, 200) : this.#missing(incoming, path);
  }

  /** A page of the build with words filled in, escaped. @returns undefined when there is no such page */
  async page(incoming: IncomingMessage, path: string, status: number, words: Readonly<Record<string, string>>): Promise<Reply | undefined> {
    const asset = this.#find(path);
    if (!asset) return undefined;
    const html = asset.bytes
      .toString('utf8')
      .replace(/\{([a-z]+)\}/g, (whole, name: string) => (Object.hasOwn(words, name) ? escapeHtml(words[name] as string) : whole));
    return this.#reply(incoming, { ...asset, bytes: Buffer.from(html), packed: new Map() }, path, status, { 'Cache-Control': 'no-store' });
  }

  async #missing(incoming: IncomingMessage, path: string): Promise<Reply> {
    const page = this.#find('*');
    if (page) return this.#reply(incoming, page, path, 404, { 'Cache-Control': 'no-cache' });
    const text = this.isBuilt ? 'Nothing is here.\n' : 'The web app was not built: run `npm run build`, then start again.\n';
    return {
      status: 404,
      headers: { ...plainHeaders, 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' },
      body: text,
    };
  }

  /** Pages have one address each, without an ending; every other file has its own path. */
  #find(path: string): Asset | undefined {
    const { documents } = this.#table;
    if (Object.hasOwn(documents, path)) return this.#files.get(`/${documents[path]}`);
    // A page with addresses of its own below it: '/app/*'.
    const above = Object.keys(documents).find((key) => key.endsWith('/*') && path.startsWith(key.slice(0, -1)));
    if (above !== undefined) return this.#files.get(`/${documents[above]}`);
    return path.endsWith('.html') || path === '/headers.json' ? undefined : this.#files.get(path);
  }

  async #reply(
    incoming: IncomingMessage,
    asset: Asset,
    path: string,
    status: number,
    more: Readonly<Record<string, string>> = {},
  ): Promise<Reply> {
    const coding = textual.test(asset.type) ? codingOf(String(incoming.headers['accept-encoding'] ?? '')) : undefined;
    return {
      status,
      headers: {
        ...plainHeaders,
        'Cache-Control': 'no-cache',
        ...this.#headersOf(incoming, path),
        ...more,
        'Content-Type': asset.type,
        ...(textual.test(asset.type) ? { Vary: 'Accept-Encoding' } : {}),
        ...(coding ? { 'Content-Encoding': coding } : {}),
      },
      body: coding ? await packed(asset, coding) : asset.bytes,
    };
  }

  #headersOf(incoming: IncomingMessage, path: string): Record<string, string> {
    const rule = this.#table.rules.find(({ pattern }) =>
      pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern,
    );
    const origins = this.#origins(incoming);
    const fill = (value: string) =>
      value.replace(/ ?\{(app|viewer|storage|relays)\}/g, (whole, name: keyof Origins) =>
        origins[name] === '' ? '' : whole.replace(`{${name}}`, origins[name]),
      );
    return Object.fromEntries(Object.entries(rule?.headers ?? {}).map(([name, value]) => [name, fill(value)]));
  }

  #load(folder: string, file: string): void {
    const path = `/${relative(folder, file).split(sep).join('/')}`;
    if (/\.(br|gz)$/.test(path)) return;
    const type = types[path.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
    const packed = new Map<Coding, Buffer>();
    if (existsSync(`${file}.br`)) packed.set('br', readFileSync(`${file}.br`));
    if (existsSync(`${file}.gz`)) packed.set('gzip', readFileSync(`${file}.gz`));
    this.#files.set(path, { path, bytes: readFileSync(file), type, packed });
  }
}

/** Of answers that no rule of the build speaks of. */
const plainHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** Compressed once, at the first request that can take it. */
async function packed(asset: Asset, coding: Coding): Promise<Buffer> {
  const known = asset.packed.get(coding) ?? (await compress[coding](asset.bytes));
  asset.packed.set(coding, known);
  return known;
}

/** Where this request believes the app to be: the public address, or else the name the server was called by. */
export function ownOrigin(incoming: Pick<IncomingMessage, 'headers'>, publicUrl: string | undefined, trustProxy: boolean): string {
  if (publicUrl !== undefined) return publicUrl;
  const host = incoming.headers.host ?? '';
  // It goes into a policy: nothing but a name and a port may.
  if (!/^([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d+)?$/.test(host)) return '';
  return `${trustProxy && incoming.headers['x-forwarded-proto'] === 'https' ? 'https' : 'http'}://${host}`;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function codingOf(accepted: string): Coding | undefined {
  const names = accepted
    .split(',')
    .map((part) => part.trim())
    .filter((part) => !/;\s*q=0(\.0*)?$/.test(part))
    .map((part) => part.split(';')[0]);
  if (names.includes('br')) return 'br';
  return names.includes('gzip') ? 'gzip' : undefined;
}

/** French or English, as the browser prefers; English for all others. */
export function languageOf(incoming: Pick<IncomingMessage, 'headers'>): Language {
  const wishes = String(incoming.headers['accept-language'] ?? '')
    .split(',')
    .map((part) => {
      const [tag = '', quality] = part
        .trim()
        .toLowerCase()
        .split(/;\s*q=/);
      return { language: tag.split('-')[0], weight: quality === undefined ? 1 : Number(quality) || 0 };
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight);
  const wish = wishes.find(({ language }) => language === 'fr' || language === 'en');
  return wish?.language === 'fr' ? 'fr' : 'en';
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
