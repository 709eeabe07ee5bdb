#!/usr/bin/env node
/*
 * Starts the command line program. `npx` runs this file with whatever Node the machine has, so it is plain CommonJS and hands over to the
 * Node that came with the packages when its own is too old for TypeScript.
 */
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const main = path.join(fs.realpathSync(__dirname), '..', 'src', 'main.ts');
const root = path.resolve(path.dirname(main), '..', '..', '..');
const { become } = require(path.join(root, 'tools', 'become.cjs'));
const { findNode, isNewEnough } = require(path.join(root, 'tools', 'setup.cjs'));

if (isNewEnough(process.version)) {
  process.argv[1] = main;
  import(pathToFileURL(main).href).catch((error) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 1;
  });
} else {
  const node = findNode(root);
  if (node === undefined) {
    process.stderr.write(
      `reprise needs Node 24.12 or later; this is ${process.version}. Run \`npm start\` or \`npm ci\` once in ${root}: it brings one along.\n`,
    );
    process.exit(1);
  }
  become(node, [main, ...process.argv.slice(2)]);
}
