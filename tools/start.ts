/** `npm start`: builds the web app if its sources changed, then becomes the server. */
import { join } from 'node:path';
import { root } from './root.ts';
import { become } from './become.cjs';
import { buildWebApp } from './web-app.ts';

if (!(await buildWebApp())) {
  process.stderr.write('The web app could not be built; the reason is above. Nothing was started.\n');
  process.exit(1);
}
become(process.execPath, ['--import', join(root, 'tools/follow-parent.ts'), join(root, 'apps/host/src/main.ts'), ...process.argv.slice(2)]);
