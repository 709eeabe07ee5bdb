/** Writes the reference of the SDK as pages: `npm run docs [-- FOLDER]`, by default into a new folder outside the tree. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { root } from './root.ts';

const [given] = process.argv.slice(2);
const out = given === undefined ? mkdtempSync(join(tmpdir(), 'reprise-sdk-docs-')) : resolve(given);
const sdk = join(root, 'client/sdk');
const typedoc = join(sdk, 'node_modules/typedoc/bin/typedoc');
process.exitCode = spawnSync(process.execPath, [typedoc, '--out', out], { cwd: sdk, stdio: 'inherit' }).status ?? 1;
if (process.exitCode === 0) console.log(`open ${join(out, 'index.html')}`);
