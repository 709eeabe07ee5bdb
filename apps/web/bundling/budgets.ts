// What each page may cost at start, gzip, and what it does cost. Over the budget the build fails.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Bundle } from './bundles.ts';

const kB = 1000;
const pageBudgets = {
  landing: { script: 40 * kB, css: 9 * kB },
  link: { script: 60 * kB, css: 11 * kB },
  manage: { script: 60 * kB, css: 11 * kB },
} as const;
/** The engine and the viewer are larger than first planned: docs/decisions/web.md says why. */
const workerBudgets: Readonly<Record<string, number>> = { 'seal-engine': 70 * kB, 'seal-pool': 25 * kB, kdf: 25 * kB, sw: 14 * kB };
const viewerBudget = 520 * kB;

export async function checkBudgets(dist: string, pages: Bundle, viewer: Bundle, workers: Readonly<Record<string, string>>): Promise<void> {
  const size = async (files: readonly string[]): Promise<number> => {
    let sum = 0;
    for (const file of files) sum += gzipSync(await readFile(path.join(dist, file)), { level: 9 }).length;
    return sum;
  };
  const rows: { readonly what: string; readonly bytes: number; readonly max: number }[] = [];
  for (const [name, budget] of Object.entries(pageBudgets)) {
    const assets = pages.entry(name);
    rows.push({ what: `${name} script at start`, bytes: await size([assets.script, ...assets.imports]), max: budget.script });
    rows.push({ what: `${name} styles`, bytes: await size(assets.css), max: budget.css });
  }
  for (const [name, file] of Object.entries(workers))
    rows.push({ what: `${name} script`, bytes: await size([file]), max: workerBudgets[name] ?? 25 * kB });
  rows.push({ what: 'pdf viewer', bytes: await size(viewer.files.filter((file) => file.endsWith('.js'))), max: viewerBudget });
  for (const row of rows)
    console.log(
      `${row.what.padEnd(26)} ${(row.bytes / kB).toFixed(1).padStart(7)} kB of ${row.max / kB} kB${row.bytes > row.max ? '  OVER' : ''}`,
    );
  const over = rows.filter((row) => row.bytes > row.max);
  if (over.length > 0) throw new Error(`over budget: ${over.map((row) => row.what).join(', ')}`);
}
