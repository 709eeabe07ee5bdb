// Serves the built web app from memory. Only files found at the start exist: a path is looked up in a table, never on the disk.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Reply } from '@reprise/drive';

/** The `headers.json` of the build: the first rule whose pattern fits a path counts; `*` at the end stands for anything. */
export type HeaderTable = { readonly rules: readonly HeaderRule[] };
type HeaderRule = { readonly pattern: string; readonly headers: Readonly<Record<string, string>> };

export type Origins = { readonly app: string; readonly viewer: string; readonly storage: string };

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
/** A name with a hash of its content never means anything else. */
const hashed = /[-.][A-Za-z0-9_-]{8,}\.[a-z0-9]+$/;

const compress: Readonly<Record<Coding, (bytes: Buffer) => Promise<Buffer>>> = {
  br: (bytes) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  gzip: (bytes) => promisify(gzip)(bytes, { level: 9 }),
};

export class Site {
  readonly #assets = new Map<string, Asset>();
  readonly #rules: readonly HeaderRule[];
  readonly #origins: Origins;

  /** @param folder of the build; if it is missing, every page says that the app was not built. */
  constructor(folder: string, origins: Origins) {
    this.#origins = origins;
    if (existsSync(folder)) for (const file of filesBelow(folder)) this.#load(folder, file);
    this.#rules = this.#headerTable(folder).rules;
  }

  get isBuilt(): boolean {
    return this.#assets.size > 0;
  }

  /** The answer to a GET or HEAD of this path. */
  async serve(incoming: IncomingMessage, path: string): Promise<Reply> {
    const language = languageOf(incoming);
    if (path === '/') return { status: 302, headers: { Location: `/${language}`, Vary: 'Accept-Language', 'Cache-Control': 'no-cache', 'X-Content-Type-Options': 'nosniff' }, body: null };
    const asset = this.#find(path);
    return asset ? this.#reply(incoming, asset, path, 200) : this.missing(incoming, path, language);
  }

  async missing(incoming: IncomingMessage, path: string, language = languageOf(incoming)): Promise<Reply> {
    const wanted = /^\/(fr|en)(\/|$)/.exec(path)?.[1] ?? language;
    const asset = this.#find(`/${wanted}/404`) ?? this.#find('/404');
    if (asset) return this.#reply(incoming, asset, asset.path, 404);
    const text = this.isBuilt ? 'Nothing is here.\n' : 'The web app was not built: run `npm run build`, then start again.\n';
    return { status: 404, headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' }, body: text };
  }

  /** A page of the build with words filled in; the values are escaped. */
  async page(incoming: IncomingMessage, path: string, status: number, words: Readonly<Record<string, string>>): Promise<Reply | undefined> {
    const asset = this.#find(path);
    if (!asset) return undefined;
    const html = asset.bytes.toString('utf8').replace(/\{([a-z]+)\}/g, (whole, name: string) => (name in words ? escapeHtml(words[name] as string) : whole));
    const reply = await this.#reply(incoming, { ...asset, bytes: Buffer.from(html), packed: new Map() }, asset.path, status);
    return { ...reply, headers: { ...reply.headers, 'Cache-Control': 'no-store' } };
  }

  /** Pages have no extension in their address. */
  #find(path: string): Asset | undefined {
    const plain = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
    return this.#assets.get(path) ?? this.#assets.get(`${plain}.html`) ?? this.#assets.get(`${plain}/index.html`);
  }

  async #reply(incoming: IncomingMessage, asset: Asset, path: string, status: number): Promise<Reply> {
    const coding = textual.test(asset.type) ? codingOf(String(incoming.headers['accept-encoding'] ?? '')) : undefined;
    const body = coding ? await this.#packed(asset, coding) : asset.bytes;
    const isPage = asset.type.startsWith('text/html');
    return {
      status,
      headers: {
        'X-Content-Type-Options': 'nosniff',
        'Cross-Origin-Resource-Policy': 'same-origin',
        'Referrer-Policy': 'no-referrer',
        'Cache-Control': !isPage && hashed.test(asset.path) ? 'public, max-age=31536000, immutable' : 'no-cache',
        'Content-Type': asset.type,
        ...this.#headersFor(path),
        ...(textual.test(asset.type) ? { Vary: 'Accept-Encoding' } : {}),
        ...(coding ? { 'Content-Encoding': coding } : {}),
      },
      body,
    };
  }

  #headersFor(path: string): Readonly<Record<string, string>> {
    const fits = ({ pattern }: HeaderRule): boolean => (pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern);
    return this.#rules.find(fits)?.headers ?? {};
  }

  async #packed(asset: Asset, coding: Coding): Promise<Buffer> {
    const known = asset.packed.get(coding) ?? (await compress[coding](asset.bytes));
    asset.packed.set(coding, known);
    return known;
  }

  #load(folder: string, file: string): void {
    const path = `/${relative(folder, file).split(sep).join('/')}`;
    const coding = /\.(br|gz)$/.exec(path)?.[1];
    if (path === '/headers.json' || coding !== undefined) return;
    const type = types[path.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
    const packed = new Map<Coding, Buffer>();
    if (existsSync(`${file}.br`)) packed.set('br', readFileSync(`${file}.br`));
    if (existsSync(`${file}.gz`)) packed.set('gzip', readFileSync(`${file}.gz`));
    this.#assets.set(path, { path, bytes: readFileSync(file), type, packed });
  }

  #headerTable(folder: string): HeaderTable {
    const file = join(folder, 'headers.json');
    if (!existsSync(file)) return { rules: [] };
    const { app, viewer, storage } = this.#origins;
    // With one origin for all, {storage} is nothing and its space goes with it.
    const text = readFileSync(file, 'utf8').replace(/ ?\{storage\}/g, storage === '' ? '' : ` ${storage}`).replaceAll('{viewer}', viewer).replaceAll('{app}', app);
    return JSON.parse(text) as HeaderTable;
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function codingOf(accepted: string): Coding | undefined {
  const names = accepted.split(',').map((part) => part.trim()).filter((part) => !/;\s*q=0(\.0*)?$/.test(part)).map((part) => part.split(';')[0]);
  if (names.includes('br')) return 'br';
  return names.includes('gzip') ? 'gzip' : undefined;
}

/** French or English, as the browser prefers; English for all others. */
export function languageOf(incoming: Pick<IncomingMessage, 'headers'>): Language {
  const wishes = String(incoming.headers['accept-language'] ?? '')
    .split(',')
    .map((part) => {
      const [tag = '', quality] = part.trim().toLowerCase().split(/;\s*q=/);
      return { language: tag.split('-')[0], weight: quality === undefined ? 1 : Number(quality) || 0 };
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight);
  const wish = wishes.find(({ language }) => language === 'fr' || language === 'en');
  return wish?.language === 'fr' ? 'fr' : 'en';
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
