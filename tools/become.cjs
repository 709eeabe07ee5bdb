/*
 * Hands this process over to another Node: the same process where the platform can replace it, else a child whose signals and exit code
 * pass through. Plain CommonJS for Node 18 and later.
 */
'use strict';
const { spawn } = require('node:child_process');
const { constants } = require('node:os');

/** @param {string} node path of the executable @param {string[]} args its arguments; never returns to the caller's work */
function become(node, args) {
  if (typeof process.execve === 'function' && process.platform !== 'win32') process.execve(node, [node, ...args], process.env);
  const child = spawn(node, args, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2']) {
    // Ctrl+C at a terminal reaches the child by itself; sending it again would look like an impatient second press.
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)));
  }
  child.on('error', (error) => {
    process.stderr.write(`${node} does not start: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

module.exports = { become };
