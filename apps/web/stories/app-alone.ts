// The drive as its page would start it, over given states that come later: what the cost of its screens is measured on.
import { startApp } from '../src/app/main.ts';

void startApp(async () => {
  const given = await import('./given-drive.ts');
  return given.engine(given.open());
});
