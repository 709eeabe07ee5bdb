// Many small files in two folders that are kept equal: the first time, when nothing changed, and when the folder they are in is renamed. spec/sync.md.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { syncPeers } from '../peers/sync/index.ts';
import type { BenchCase } from './case.ts';
import { longAgo, measureSync, type SyncStep } from './sync-steps.ts';

const perFolder = 100;
const few = 200;
/** At this rate 10,000 files would take five minutes. */
const fewMsMost = 6_000;

export const sync: BenchCase = {
  name: 'sync',
  about: 'two folders kept equal, with peers: 10,000 small files, no change, a folder that is renamed (quick: 1,000)',
  long: false,
  run: (context) => measureSync('folders kept equal', syncPeers, () => stepsOf(context.options.quick ? 1_000 : 10_000), context),
};

function stepsOf(files: number): readonly SyncStep[] {
  const many = `${files.toLocaleString('en')} files of 4 KiB`;
  return [
    {
      measure: `${few} files of 4 KiB`,
      change: (a) => writeFiles(join(a, 'few'), few),
      isIn: (b) => countFiles(join(b, 'few')) === few,
      mostMs: fewMsMost,
    },
    {
      measure: many,
      change: (a) => writeFiles(join(a, 'many'), files),
      isIn: (b) => countFiles(join(b, 'many')) === files,
    },
    { measure: 'nothing changed', change: () => undefined, isIn: () => true },
    {
      measure: `the folder of ${many} renamed`,
      change: (a) => renameSync(join(a, 'many'), join(a, 'renamed')),
      isIn: (b) => !existsSync(join(b, 'many')) && countFiles(join(b, 'renamed')) === files,
    },
  ];
}

function writeFiles(folder: string, files: number): void {
  const at = longAgo();
  for (let i = 0; i < files; i++) {
    if (i % perFolder === 0) mkdirSync(join(folder, String(i / perFolder)), { recursive: true });
    const file = join(folder, String(Math.floor(i / perFolder)), `${i}.bin`);
    writeFileSync(file, randomBytes(4_096));
    utimesSync(file, at, at);
  }
}

/** Whole ones: every program gives a file its name last. */
function countFiles(folder: string): number {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder).reduce(
    (sum, name) => sum + readdirSync(join(folder, name)).filter((file) => /^\d+\.bin$/.test(file)).length,
    0,
  );
}
