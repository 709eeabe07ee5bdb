/** `npm run dev`: the server restarts when its sources change, the web app is built again when its own do. Ctrl+C ends both. */
import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.ts';
import { buildWebApp } from './web-app.ts';

await buildWebApp();
const server = spawn(process.execPath, ['--watch', '--watch-preserve-output', join(root, 'apps/host/src/main.ts')], { stdio: 'inherit' });
server.on('exit', (code) => process.exit(code ?? 0));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => server.kill(signal));

let waiting: NodeJS.Timeout | undefined;
let building = Promise.resolve(true);
for (const folder of ['apps/web', 'client', 'core']) {
  watch(join(root, folder), { recursive: true }, (_event, name) => {
    if (name === null || /(^|\/)(node_modules|dist|paraglide)(\/|$)/.test(name)) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      building = building.then(buildWebApp);
    }, 300);
  });
}
