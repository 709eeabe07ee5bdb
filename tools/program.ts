/** Runs one of the development programs from the packages: `node tools/run.cjs tools/program.ts oxlint --quiet`. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './root.ts';

const [name, ...args] = process.argv.slice(2);
if (name === undefined) throw new Error('usage: program.ts NAME [ARGUMENTS]');
process.exitCode = spawnSync(join(root, 'node_modules/.bin', name), args, { cwd: root, stdio: 'inherit' }).status ?? 1;
