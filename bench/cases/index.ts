// The questions, in the order in which they are asked.
import { browserSave, browserSaveLarge, browserSaveHuge } from './browser-save.ts';
import { dropToLink, lighthouseScores, startScript } from './browser-start.ts';
import { browserVideo } from './browser-video.ts';
import type { BenchCase } from './case.ts';
import { driveOpen } from './drive-open.ts';
import { interactions } from './interactions.ts';
import { longFolder } from './long-folder.ts';
import { coins } from './coins.ts';
import { commits } from './commits.ts';
import { manyFiles } from './many-files.ts';
import { clientMemory, serverMemory } from './memory.ts';
import { mint } from './mint.ts';
import { mints } from './mints.ts';
import { oneFile } from './one-file.ts';
import { oneHead } from './one-head.ts';
import { purchase } from './purchase.ts';
import { sales } from './sales.ts';
import { seal } from './seal.ts';
import { serverDownload } from './server-download.ts';
import { sync } from './sync.ts';
import { syncLarge } from './sync-large.ts';
import { syncScan } from './sync-scan.ts';
import { syncSoon } from './sync-soon.ts';
import { tree } from './tree.ts';

export const cases: readonly BenchCase[] = [
  seal,
  tree,
  oneFile,
  manyFiles,
  serverDownload,
  commits,
  oneHead,
  coins,
  sales,
  mint,
  mints,
  sync,
  syncLarge,
  syncSoon,
  syncScan,
  serverMemory,
  clientMemory,
  startScript,
  dropToLink,
  browserSave,
  browserSaveLarge,
  browserSaveHuge,
  browserVideo,
  longFolder,
  interactions,
  driveOpen,
  purchase,
  lighthouseScores,
];
