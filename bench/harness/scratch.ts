// A folder that exists for the length of one case.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Scratch extends Disposable {
  readonly folder: string;
}

/** `parent` lies on the disk that is to be measured. */
export function makeScratch(parent: string | null, name: string): Scratch {
  const folder = mkdtempSync(join(parent ?? tmpdir(), `reprise-bench-${name}-`));
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }) };
}
