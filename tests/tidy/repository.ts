/** The repository as the checks see it: the files that Git keeps or would keep, and the packages with their manifests. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const root: string = dirname(dirname(import.meta.dirname));

export type Manifest = {
  readonly name: string;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
};
export type Package = { readonly folder: string; readonly name: string; readonly manifest: Manifest };

/** Paths from the root, with `/`. Without Git (a source archive) every file outside the ignored folders. */
export function listFiles(): readonly string[] {
  try {
    const output = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    });
    return [...new Set(output.split('\0'))].filter((file) => file !== '' && existsSync(join(root, file))).sort();
  } catch {
    return readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
      (file) => !/(^|\/)(node_modules|dist|data|paraglide|\.git)(\/|$)/.test(file) && /\.\w+$/.test(file),
    );
  }
}

export function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

export function listPackages(): readonly Package[] {
  const found: Package[] = [];
  for (const group of ['core', 'client', 'storage', 'server', 'bitcache', 'apps']) {
    if (!existsSync(join(root, group))) continue;
    for (const name of readdirSync(join(root, group)).sort()) {
      const file = `${group}/${name}/package.json`;
      if (!existsSync(join(root, file))) continue;
      const manifest = JSON.parse(read(file)) as Manifest;
      found.push({ folder: `${group}/${name}`, name: manifest.name, manifest });
    }
  }
  return found;
}

export const rootManifest: Manifest = JSON.parse(read('package.json')) as Manifest;

export function isSource(file: string): boolean {
  return /\.(ts|mts|cts|js|mjs|cjs|svelte)$/.test(file);
}

/** Test files and what only they use. */
export function isTest(file: string): boolean {
  return /\.(test|conformance|bench|child)\.ts$/.test(file) || /(^|\/)(tests?|testing|bench|fixtures|stories|harness)\//.test(file);
}
