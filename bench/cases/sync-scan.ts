// A look at everything where nothing changed, among as many files as a large home folder has; and the memory of a program that follows them and
// has nothing to do. spec/sync.md "Following".
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processTree, residentBytes } from '../harness/resident.ts';
import { makeScratch } from '../harness/scratch.ts';
import { reprise } from '../peers/sync/reprise.ts';
import { rsync } from '../peers/sync/rsync.ts';
import type { SyncPeer } from '../peers/sync/peer.ts';
import { unison } from '../peers/sync/unison.ts';
import type { Absence, Series } from '../results.ts';
import type { BenchCase } from './case.ts';
import { longAgo, remarkOf } from './sync-steps.ts';

const perFolder = 50;
/** After it said that all is equal: a collector has run, and what the first look needed is let go. */
const idleMs = 20_000;
const peers: readonly SyncPeer[] = [reprise, unison, rsync];

export const syncScan: BenchCase = {
  name: 'sync-scan',
  about: 'two folders of 1,000,000 files of which none changed, with peers: a look at all, and memory of who follows them (quick: 100,000)',
  long: true,
  async run({ options, say }) {
    const files = options.quick ? 100_000 : 1_000_000;
    const caseName = `${files.toLocaleString('en')} files of which none changed`;
    using scratch = makeScratch(options.folder, 'scan');
    const series: Series[] = [];
    const absences: Absence[] = [];
    for (const peer of peers) {
      const reason = await peer.absence();
      if (reason !== null) {
        absences.push({ caseName, subject: peer.name, reason });
        continue;
      }
      const add = (measure: string, unit: Series['unit'], values: readonly number[]): void => {
        if (values.length === 0) return;
        series.push({ caseName, measure, subject: peer.name, unit, better: 'less', values });
        say(`${caseName}, ${peer.name}, ${measure}: ${values.map((value) => value.toFixed(2)).join(' ')} ${unit}`);
      };
      const folder = join(scratch.folder, 'peer');
      mkdirSync(folder);
      try {
        await using running = await peer.start(folder);
        writeFiles(running.a, files);
        const seconds = async () => {
          const startedAt = performance.now();
          const { sentMs } = await running.bring();
          return { both: (performance.now() - startedAt) / 1_000, one: sentMs === null ? [] : [sentMs / 1_000] };
        };
        add('the first time', 's', [(await seconds()).both]);
        const looks = [];
        for (let run = 0; run < options.runs; run++) looks.push(await seconds());
        add(
          'both folders looked at',
          's',
          looks.map(({ both }) => both),
        );
        add(
          'one folder looked at',
          's',
          looks.flatMap(({ one }) => one),
        );
        const following = await running.follow?.();
        if (following) {
          await sleep(idleMs);
          const bytes = following.pids.map((pid) => processTree(pid).reduce((sum, each) => sum + residentBytes(each), 0));
          await following.stop();
          add('memory of who follows one, idle', 'MiB', [Math.max(...bytes) / 2 ** 20]);
        }
      } catch (error) {
        absences.push({ caseName, subject: peer.name, reason: `failed: ${(error as Error).message.slice(0, 600)}` });
      } finally {
        rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
      }
    }
    const remark = `${perFolder} files in each folder, of a few bytes each. Where a server is in between, a program looks at one folder at a time; where two programs talk to each other, at both at once. Resident memory ${idleMs / 1_000} s after it has nothing to do.`;
    return { series, absences, remarks: [remark, remarkOf(peers)] };
  },
};

function writeFiles(folder: string, files: number): void {
  const at = longAgo();
  for (let i = 0; i < files; i++) {
    const below = join(folder, String(Math.floor(i / perFolder / 100)), String(Math.floor(i / perFolder) % 100));
    if (i % perFolder === 0) mkdirSync(below, { recursive: true });
    const file = join(below, `${i}.txt`);
    writeFileSync(file, `file ${i}\n`);
    utimesSync(file, at, at);
  }
}
