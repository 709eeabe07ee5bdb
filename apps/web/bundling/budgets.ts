// What each page and worker may cost at start, gzip, and what it does cost, read from the finished site. The build prints it and warns;
// only the test run fails above a budget (tests/web/budgets.test.ts): whoever starts a server should get one.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { documents } from './headers.ts';

export type Cost = { readonly what: string; readonly bytes: number; readonly bytesMax: number };

const kB = 1000;
/** By the path of the page. */
const pageBudgets = {
  landing: { path: '/fr', script: 40 * kB, css: 9 * kB },
  link: { path: '/s', script: 60 * kB, css: 11 * kB },
  manage: { path: '/m', script: 60 * kB, css: 11 * kB },
  app: { path: '/app', script: 120 * kB, css: 20 * kB },
} as const;
/** By the name in workers/entries.ts: the script and what it imports before it does anything. */
const workerBudgets: Readonly<Record<string, number>> = {
  'seal-engine': 60 * kB,
  'drive-engine': 130 * kB,
  // Fetched when a wallet is looked at or paid from, not before.
  wallet: 80 * kB,
  // Curve, hash and cipher of Nostr; fetched where a wallet is connected.
  outside: 38 * kB,
  'seal-pool': 25 * kB,
  kdf: 25 * kB,
  // OPAQUE as WebAssembly; fetched when a password is typed, not before.
  'kdf-account': 165 * kB,
  sw: 14 * kB,
};
const workerBudget = 25 * kB;
/** Larger than first planned: docs/decisions/web.md says why. */
const viewerBudget = 520 * kB;

/** @param dist the built site */
export async function measureCosts(dist: string): Promise<readonly Cost[]> {
  const sizeOf = async (files: Iterable<string>): Promise<number> => {
    let sum = 0;
    for (const file of files) sum += gzipSync(await readFile(path.join(dist, file)), { level: 9 }).length;
    return sum;
  };
  const costs: Cost[] = [];
  for (const [name, budget] of Object.entries(pageBudgets)) {
    if (documents[budget.path] === undefined) continue;
    const html = await readFile(path.join(dist, documents[budget.path] ?? ''), 'utf8');
    const named = (pattern: RegExp): string[] => [...html.matchAll(pattern)].map((match) => match[1] ?? '');
    // What the page imports as soon as it runs is named too, and counts: the visitor waits for it.
    const starts = [...named(/<script type="module" src="([^"]+)"/g), ...named(/<link rel="modulepreload" href="([^"]+)"/g)];
    const scripts = await withImports(dist, starts);
    costs.push({ what: `${name} script at start`, bytes: await sizeOf(scripts), bytesMax: budget.script });
    costs.push({ what: `${name} styles`, bytes: await sizeOf(named(/<link rel="stylesheet" href="([^"]+)"/g)), bytesMax: budget.css });
  }
  for (const [name, file] of await workerFiles(dist)) {
    const bytes = await sizeOf(await withImports(dist, [file]));
    costs.push({ what: `${name} script`, bytes, bytesMax: workerBudgets[name] ?? workerBudget });
  }
  const viewer = (await readdir(path.join(dist, 'viewer'))).filter((file) => file.endsWith('.js'));
  costs.push({ what: 'pdf viewer', bytes: await sizeOf(viewer.map((file) => `viewer/${file}`)), bytesMax: viewerBudget });
  return costs;
}

export function formatCost({ what, bytes, bytesMax }: Cost): string {
  const figures = `${(bytes / kB).toFixed(1).padStart(7)} kB of ${bytesMax / kB} kB`;
  return `${what.padEnd(26)} ${figures}${bytes > bytesMax ? '  OVER BUDGET' : ''}`;
}

/** Every worker of the site: its name without the hash, and its path. Their parts lie one folder deeper. */
async function workerFiles(dist: string): Promise<readonly (readonly [string, string])[]> {
  const files = (await readdir(path.join(dist, 'w'), { withFileTypes: true })).filter((entry) => entry.isFile());
  const named = files.map(({ name }) => [name.replace(/-[\w-]{8}\.js$/, ''), `w/${name}`] as const);
  return [...named.sort(), ['sw', 'sw.js'] as const];
}

/** These scripts and all that they import before they run: what is imported later, by `import()`, is not at start. */
async function withImports(dist: string, scripts: readonly string[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const visit = async (file: string): Promise<void> => {
    if (found.has(file)) return;
    found.add(file);
    const code = await readFile(path.join(dist, file), 'utf8');
    for (const [, from = ''] of code.matchAll(/(?:^|[;}\n])(?:im|ex)port(?:[^"'`();]*?from)?\s*["'](\.{1,2}\/[^"']+|\/[^"']+)["']/g))
      await visit(path.posix.resolve('/', path.posix.dirname(file), from));
  };
  for (const script of scripts) await visit(path.posix.resolve('/', script));
  return found;
}
