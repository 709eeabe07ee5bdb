/** `npm run build`: the web app, into apps/web/dist, if its sources changed. */
import { buildWebApp } from './web-app.ts';

process.exitCode = (await buildWebApp()) ? 0 : 1;
