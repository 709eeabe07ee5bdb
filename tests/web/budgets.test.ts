// What a person waits for before a page answers: script, styles and workers of the built site, each within its budget.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatCost, measureCosts } from '../../apps/web/bundling/budgets.ts';
import { root } from '../support/server.ts';

test('no page and no worker costs more at start than its budget', async () => {
  const costs = await measureCosts(join(root, 'apps/web/dist'));
  const script = (what: string) => costs.find((cost) => cost.what === what)?.bytes ?? 0;
  // A page that seems to need nothing was not measured.
  for (const what of ['landing script at start', 'link script at start', 'seal-engine script', 'sw script'])
    assert.ok(script(what) > 1000, `${what}: ${script(what)} bytes`);
  assert.deepEqual(costs.filter(({ bytes, bytesMax }) => bytes > bytesMax).map(formatCost), []);
});
