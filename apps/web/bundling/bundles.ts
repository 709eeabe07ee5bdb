// The three ways sources become files: pages (split), workers (one file each, or split), and the server side that prerenders.
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { WorkerEntry } from '../src/workers/entries.ts';
import { build, type InlineConfig, type Plugin } from 'vite';

/** Addresses of what a page needs at start, from the site's root, without the leading slash. */
export interface Assets {
  readonly script: string;
  readonly imports: readonly string[];
  /** Scripts that the page imports by itself as soon as it runs. */
  readonly soon: readonly string[];
  readonly css: readonly string[];
  /** Font file by family: 'bricolage', 'instrument', 'jetbrains'. */
  readonly fonts: Readonly<Record<string, string>>;
}
export interface Bundle {
  /** @param soon sources that this entry imports by `import()` as soon as it runs, relative to the root of the app */
  entry(name: string, soon?: readonly string[]): Assets;
  /** Every file of the bundle. */
  readonly files: readonly string[];
}

/** Replaced in the code by their JSON. */
export type Constants = Readonly<Record<string, unknown>>;

interface ManifestChunk {
  file: string;
  name?: string;
  isEntry?: boolean;
  imports?: string[];
  css?: string[];
  assets?: string[];
}

export async function bundleBrowser(
  root: string,
  entries: Record<string, string>,
  folder: string,
  constants: Constants,
  outDir = path.join(root, 'dist'),
): Promise<Bundle> {
  const manifest = `.manifest-${folder}.json`;
  const output = await build({
    ...shared(root, constants),
    base: '/',
    plugins: [ownRuntime(root), keepWrittenAhead, svelte({ configFile: false, compilerOptions: { runes: true } })],
    build: {
      ...shared(root, constants).build,
      outDir,
      manifest,
      assetsDir: folder,
      cssCodeSplit: true,
      rolldownOptions: {
        input: entries,
        output: {
          entryFileNames: `${folder}/[name]-[hash].js`,
          chunkFileNames: `${folder}/[name]-[hash].js`,
          assetFileNames: `${folder}/[name]-[hash][extname]`,
          codeSplitting: { groups: [{ name: startGroups(root, entries), debugName: 'start', tags: ['$initial'] }] },
        },
      },
    },
  });
  if (Array.isArray(output) || !('output' in output)) throw new TypeError('one bundle expected');
  const text = await readFile(path.join(outDir, manifest), 'utf8');
  const chunks = JSON.parse(text) as Record<string, ManifestChunk>;
  await rm(path.join(outDir, manifest));
  // The manifest was for us and is gone again: a service worker that is told to keep it cannot be installed.
  const files = output.output.map((item) => item.fileName).filter((file) => file !== manifest);
  const fonts = Object.fromEntries(
    files.filter((file) => file.endsWith('.woff2')).map((file) => [/\/([a-z]+)/.exec(file)?.[1] ?? '', file]),
  );
  return {
    files,
    entry(name, soon = []) {
      const seen = new Set<ManifestChunk>();
      const visit = (each: ManifestChunk): void => {
        if (seen.has(each)) return;
        seen.add(each);
        for (const next of each.imports ?? []) if (chunks[next]) visit(chunks[next]);
      };
      const chunkOf = (source: string | undefined): ManifestChunk => {
        const chunk = source === undefined ? undefined : chunks[source];
        if (!chunk) throw new TypeError(`${source ?? name} is no file of its own`);
        return chunk;
      };
      const chunk = chunkOf(entries[name]);
      visit(chunk);
      const list = [...seen].reverse();
      for (const source of soon) visit(chunkOf(source));
      return {
        script: chunk.file,
        imports: list.filter((each) => each !== chunk).map((each) => each.file),
        soon: [...seen].filter((each) => each !== chunk && !list.includes(each)).map((each) => each.file),
        css: [...new Set(list.flatMap((each) => each.css ?? []))],
        fonts,
      };
    },
  };
}

type ModuleGraph = { getModuleInfo(id: string): { readonly importedIds: readonly string[]; readonly code: string | null } | null };

/**
 * Joins what pages share at their start into few files: on a slow line each file costs more than its bytes. What the landing page and another
 * page need is one, what the page of a link and another page need is the next; the rest is left to Rolldown.
 */
function startGroups(root: string, entries: Readonly<Record<string, string>>): (id: string, graph: ModuleGraph) => string | null {
  let needed: ReadonlyMap<string, ReadonlySet<string>> | undefined;
  return (id, graph) => {
    needed ??= new Map(Object.entries(entries).map(([name, source]) => [name, neededBy(path.join(root, source), graph)]));
    const pages = [...needed].filter(([, modules]) => modules.has(nameOf(id))).map(([name]) => name);
    if (pages.length < 2) return null;
    return ['landing', 'link'].find((page) => pages.includes(page)) ?? null;
  };
}

/** Modules that an entry imports; of the messages, all of which every page names, those that are used. */
function neededBy(entry: string, graph: ModuleGraph): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (id: string): void => {
    if (found.has(id) || messageOf(id) !== null) return;
    found.add(id);
    const info = graph.getModuleInfo(id);
    if (!id.includes('/paraglide/')) for (const [, key] of info?.code?.matchAll(/\bm\.(\w+)/g) ?? []) found.add(`message ${key}`);
    for (const next of info?.importedIds ?? []) visit(next);
  };
  visit(entry);
  return found;
}

const messageOf = (id: string): string | null => /\/paraglide\/messages\/(\w+)\.js$/.exec(id)?.[1] ?? null;

function nameOf(id: string): string {
  const message = messageOf(id);
  return message === null ? id : `message ${message}`;
}

export type WorkerBundle = {
  /** The script that a page starts, from the site's root, without the leading slash. */
  readonly script: string;
  /** That script and the parts it imports later. */
  readonly files: readonly string[];
};

export async function bundleWorker(root: string, entry: WorkerEntry, constants: Constants): Promise<WorkerBundle> {
  const base = shared(root, constants);
  const alias = Object.fromEntries(Object.entries(entry.replace).map(([name, file]) => [name, path.join(root, file)]));
  const output = await build({
    ...base,
    resolve: { alias },
    build: {
      ...base.build,
      // Preloading asks a document, which a worker does not have.
      modulePreload: false,
      rolldownOptions: {
        input: entry.source,
        output: {
          format: entry.format === 'classic' ? 'iife' : 'es',
          entryFileNames: entry.output.slice(1),
          ...(entry.parts === null
            ? { codeSplitting: false }
            : {
                chunkFileNames: entry.parts.slice(1),
                // What it needs at once is one file, not a file that asks for others.
                codeSplitting: { groups: [{ name: 'start', tags: ['$initial'] }] },
              }),
        },
      },
    },
  });
  if (Array.isArray(output) || !('output' in output)) throw new TypeError('one bundle expected');
  const script = output.output.find((item) => item.type === 'chunk' && item.isEntry);
  if (!script) throw new TypeError(`${entry.source} gave no script`);
  return { script: script.fileName, files: output.output.map((item) => item.fileName) };
}

export async function bundleServer(root: string): Promise<typeof import('../src/render.ts')> {
  const outDir = path.join(root, 'dist-server');
  const base = shared(root, {});
  await build({
    ...base,
    plugins: [ownRuntime(root), svelte({ configFile: false, compilerOptions: { runes: true } })],
    ssr: { noExternal: true },
    build: { ...base.build, ssr: 'src/render.ts', outDir, emptyOutDir: true, rolldownOptions: { output: { entryFileNames: 'render.js' } } },
  });
  const module = (await import(`${path.join(outDir, 'render.js')}?${Date.now()}`)) as typeof import('../src/render.ts');
  await rm(outDir, { recursive: true });
  return module;
}

function shared(root: string, constants: Constants): InlineConfig & { readonly build: NonNullable<InlineConfig['build']> } {
  return {
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    define: Object.fromEntries(Object.entries(constants).map(([name, value]) => [name, JSON.stringify(value)])),
    build: {
      outDir: path.join(root, 'dist'),
      emptyOutDir: false,
      target: 'es2023',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      sourcemap: false,
      reportCompressedSize: false,
      chunkSizeWarningLimit: 2048,
    },
  };
}

/** The compiled messages ask for the locale in src/language.ts; Paraglide's own runtime stays out. */
/** Styles go with the code of their component unless they are kept: what `words/` holds is on the page before any code, and its code is in no page. */
const keepWrittenAhead: Plugin = {
  name: 'reprise-written-ahead',
  transform(code, id) {
    return /\/src\/words\/\w+\.svelte\?.*type=style/.test(id) ? { code, map: null, meta: { vite: {} } } : null;
  },
};

function ownRuntime(root: string): Plugin {
  return {
    name: 'reprise-locale',
    enforce: 'pre',
    resolveId(source, importer) {
      return source === '../runtime.js' && importer?.includes('/paraglide/') ? path.join(root, 'src/language.ts') : null;
    },
  };
}
