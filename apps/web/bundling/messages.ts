// Compiles messages/{fr,en}.json into one function a message. The plugin that reads them is a package, not a download.
import path from 'node:path';
import { compile } from '@inlang/paraglide-js';
import { rm } from 'node:fs/promises';

export async function compileMessages(root: string): Promise<void> {
  await compile({
    project: path.join(root, 'project.inlang'),
    outdir: path.join(root, 'src/paraglide'),
    strategy: ['globalVariable', 'baseLocale'],
    emitGitIgnore: false,
    emitPrettierIgnore: false,
    emitReadme: false,
    includeEslintDisableComment: false,
  });
  // The loader leaves notes of its own beside the settings.
  for (const name of ['.gitignore', '.meta.json', 'README.md', 'cache'])
    await rm(path.join(root, 'project.inlang', name), { recursive: true, force: true });
}
