/** Builds the web app when what it is made from has changed since the last build. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { root } from './root.ts';

/** Everything that ends up in the bundle. */
const sources = ['apps/web', 'client', 'core', 'package-lock.json'];
const produced = new Set(['node_modules', 'dist', 'paraglide']);
const script = join(root, 'apps/web/build.ts');
/** The site, and the functions of the messages, which the type check reads. */
const outputs = [join(root, 'apps/web/dist'), join(root, 'apps/web/src/paraglide')];
const stampFile = join(root, 'node_modules', '.reprise-web-stamp');

/** Returns false if the build failed; its output went to standard error. True at once where there is no web app to build. */
export async function buildWebApp(): Promise<boolean> {
  if (!existsSync(script)) return true;
  const stamp = await makeStamp();
  if (outputs.every((place) => existsSync(place)) && (await readFile(stampFile, 'utf8').catch(() => '')) === stamp) return true;
  process.stderr.write('Building the web app …\n');
  const began = Date.now();
  const { code, printed } = await run(script);
  if (code !== 0) {
    process.stderr.write(printed);
    return false;
  }
  for (const line of printed.split('\n').filter((each) => each.includes('OVER BUDGET'))) process.stderr.write(`Warning: ${line}\n`);
  process.stderr.write(`Web app built in ${((Date.now() - began) / 1000).toFixed(1)} s.\n`);
  await mkdir(join(root, 'node_modules'), { recursive: true });
  await writeFile(stampFile, stamp);
  return true;
}

/** What a build prints matters only when it fails, or a page became too large. */
function run(file: string): Promise<{ readonly code: number | null; readonly printed: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [file], { cwd: join(root, 'apps/web'), stdio: ['ignore', 'pipe', 'pipe'] });
    const parts: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => parts.push(part));
    child.on('close', (code) => resolve({ code, printed: Buffer.concat(parts).toString() }));
  });
}

async function makeStamp(): Promise<string> {
  const hash = createHash('sha256');
  for (const source of sources) {
    for await (const file of filesUnder(join(root, source))) {
      hash.update(`${relative(root, file)}\n`);
      hash.update(
        createHash('sha256')
          .update(await readFile(file))
          .digest(),
      );
    }
  }
  return hash.digest('hex');
}

async function* filesUnder(place: string): AsyncGenerator<string> {
  const entries = await readdir(place, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) {
    if (existsSync(place)) yield place;
    return;
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (produced.has(entry.name) || entry.name.endsWith('.test.ts')) continue;
    if (entry.isDirectory()) yield* filesUnder(join(place, entry.name));
    else if (entry.isFile()) yield join(place, entry.name);
  }
}
