// Bundles one script of the web app as the build does: a single file, constants replaced, minified.
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

export type Bundle = {
  /** Absolute path. */
  readonly entry: string;
  readonly format: 'module' | 'classic';
  readonly constants?: Readonly<Record<string, unknown>>;
  /** Modules replaced, by absolute path. */
  readonly replace?: Readonly<Record<string, string>>;
};

const root = fileURLToPath(new URL('../../../apps/web/', import.meta.url));

export async function bundleScript({ entry, format, constants = {}, replace = {} }: Bundle): Promise<string> {
  const result = await build({
    configFile: false,
    root,
    logLevel: 'error',
    resolve: { alias: { ...replace } },
    define: Object.fromEntries(Object.entries(constants).map(([name, value]) => [name, JSON.stringify(value)])),
    build: {
      write: false,
      target: 'es2024',
      minify: true,
      modulePreload: false,
      lib: { entry, formats: [format === 'module' ? 'es' : 'iife'], name: 'reprise' },
      rolldownOptions: { output: { codeSplitting: false } },
    },
  });
  const outputs = Array.isArray(result) ? result : [result];
  for (const output of outputs) if ('output' in output) for (const chunk of output.output) if (chunk.type === 'chunk') return chunk.code;
  throw new Error(`nothing came of ${entry}`);
}
