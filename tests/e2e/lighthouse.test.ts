// needs: chromium
// Accessibility as an outsider judges it: Lighthouse's audits on the landing page and on a link page, all green. Its speed figures belong to the benchmark.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parcelOf, startApp, type App } from '../support/app.ts';
import { writeNoisePicture } from '../support/inputs.ts';
import { runLighthouse } from '../support/lighthouse.ts';

let app: App;
before(async () => {
  app = await startApp();
});
after(() => app?.[Symbol.asyncDispose]());

for (const path of ['/fr', '/en']) {
  test(`Lighthouse finds nothing against the accessibility of ${path}`, async () => {
    assert.deepEqual((await runLighthouse(app.url + path, ['accessibility'])).failedAudits, []);
  });
}

test('Lighthouse finds nothing against the accessibility of a link page', async () => {
  const { link } = parcelOf(await app.reprise('put', writeNoisePicture(join(app.folder, 'plage.png'), 300), '--server', app.url, '--json'));
  assert.deepEqual((await runLighthouse(link, ['accessibility'])).failedAudits, []);
});
