/*
 * `node tools/run.cjs SCRIPT [ARGUMENTS]`: sets the checkout up where needed, then runs SCRIPT (a path from the root) with a Node that is new
 * enough. Every npm script comes through here, so that each of them works on a fresh machine.
 */
'use strict';
const path = require('node:path');
const { become } = require('./become.cjs');
const { setUp, SetupError } = require('./setup.cjs');

const root = path.resolve(__dirname, '..');
const [script, ...args] = process.argv.slice(2);
if (script === undefined) {
  process.stderr.write('usage: node tools/run.cjs SCRIPT [ARGUMENTS]\n');
  process.exit(2);
}
try {
  const node = setUp(root);
  // Stripping the types of some hundred modules at each start costs more than most of what is started: kept compiled, by content and version of Node.
  process.env.NODE_COMPILE_CACHE ??= path.join(root, 'node_modules', '.cache', 'compiled');
  process.env.PATH = `${path.join(root, 'node_modules', '.bin')}${path.delimiter}${process.env.PATH ?? ''}`;
  become(node, [path.resolve(root, script), ...args]);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`\n${error.message}\n`);
  process.exit(1);
}
