// Compiles messages/{fr,en}.json into one function a message. The plugin that reads them is a package, not a download.
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { compile } from '@inlang/paraglide-js';

/** Nothing is written where nothing changed: another build, or a test, may be reading what is there. */
export async function compileMessages(root: string): Promise<void> {
  const [outdir, project] = [path.join(root, 'src/paraglide'), path.join(root, 'project.inlang')];
  const noted = path.join(outdir, 'made-of');
  const madeOf = await digestOf([
    path.join(project, 'settings.json'),
    ...['fr', 'en'].map((locale) => path.join(root, `messages/${locale}.json`)),
    path.join(root, 'package.json'),
    import.meta.filename,
  ]);
  if ((await readFile(noted, 'utf8').catch(() => '')) === madeOf) return;
  await compile({
    project,
    outdir,
    strategy: ['globalVariable', 'baseLocale'],
    emitGitIgnore: false,
    emitPrettierIgnore: false,
    emitReadme: false,
    includeEslintDisableComment: false,
  });
  // The loader leaves notes of its own beside the settings.
  for (const name of ['.gitignore', '.meta.json', 'README.md', 'cache'])
    await rm(path.join(project, name), { recursive: true, force: true });
  await writeFile(noted, madeOf);
}

async function digestOf(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(await readFile(file))
      .update('\0');
  return hash.digest('hex');
}
