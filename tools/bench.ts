/** `npm run bench`: brings the programs to compare with, then runs the benchmark. What is absent is left out of the table by name. */
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { root } from './root.ts';
import { benchNeeds, provide } from './system-packages.ts';
import { buildWebApp } from './web-app.ts';

provide(benchNeeds);
await buildWebApp();
await import(pathToFileURL(join(root, 'bench/main.ts')).href);
