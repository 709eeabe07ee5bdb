// A folder and the drive: first upload, nothing to do, a folder that is renamed, a small edit in a large file, a clone, and how soon a small file
// is on another machine. The command line as a person has it, its start included, on one machine with the server. spec/sync.md.
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Machine, openTwo } from '../../tests/e2e/sync-machine.ts';
import { startHost } from '../../tests/support/server.ts';
import { us, type Series } from '../results.ts';
import type { BenchCase } from './case.ts';

const caseName = 'sync';
const perFolder = 100;
const megabyte = 1_000_000;
/** What was just written is looked at twice: that is not what is measured. */
const restMs = 2_500;

export const sync: BenchCase = {
  name: 'sync',
  about: 'a folder and the drive: first upload, no change, rename, small edit in a large file, clone, and how soon a file is elsewhere',
  long: false,
  async run({ options, say }) {
    const files = options.quick ? 1_000 : 10_000;
    const largeBytes = (options.quick ? 64 : 512) * 2 ** 20;
    const values = new Map<string, number[]>();
    for (let run = 0; run < options.runs; run++) {
      await using host = await startHost();
      const [first, second] = await openTwo(host);
      using _first = first;
      using _second = second;
      const [a, b] = [new Machine(first, '/w'), new Machine(second, '/w')];
      const timed = async (measure: string, work: () => Promise<unknown>): Promise<void> => {
        const startedAt = performance.now();
        await work();
        note(values, measure, performance.now() - startedAt);
        say(`${caseName} run ${run + 1}, ${measure}: ${(performance.now() - startedAt).toFixed(0)} ms`);
      };
      writeMany(a, files);
      await sleep(restMs);
      await timed(`first upload of ${files} × 4 KiB`, () => a.sync());
      await timed('repeat, no change', () => a.sync());
      await timed(`clone of ${files} × 4 KiB`, () => b.sync());
      renameSync(a.at('many'), a.at('renamed'));
      await timed(`rename of a folder of ${files}`, () => a.sync());
      a.write('large', randomBytes(largeBytes));
      await sleep(restMs);
      await timed(`first upload of ${largeBytes / 2 ** 20} MiB`, () => a.sync());
      overwrite(a.at('large'), largeBytes / 2);
      await sleep(restMs);
      await timed('1 MB edit in it', () => a.sync());
      await b.sync();
      for (const ms of await latencies(a, b, options.quick ? 5 : 20)) note(values, 'a 1 KB file, until it is on the other machine', ms);
    }
    const series = [...values].map(
      ([measure, all]): Series => ({ caseName, measure, subject: us, unit: 'ms', better: 'less', values: all }),
    );
    return {
      series,
      absences: [],
      remarks: [
        'Each figure but the last is one run of the program with its start of a third of a second; disks are synced on both sides.',
      ],
    };
  },
};

function note(values: Map<string, number[]>, measure: string, ms: number): void {
  const list = values.get(measure);
  if (list) list.push(ms);
  else values.set(measure, [ms]);
}

function writeMany(machine: Machine, files: number): void {
  for (let i = 0; i < files; i++) {
    if (i % perFolder === 0) mkdirSync(machine.at(`many/${i / perFolder}`), { recursive: true });
    writeFileSync(join(machine.at(`many/${Math.floor(i / perFolder)}`), `${i}.bin`), randomBytes(4_096));
  }
}

function overwrite(file: string, at: number): void {
  const fd = openSync(file, 'r+');
  writeSync(fd, randomBytes(megabyte), 0, megabyte, at);
  closeSync(fd);
}

/** Both machines follow; a file is there once all of it is. */
async function latencies(a: Machine, b: Machine, times: number): Promise<number[]> {
  await a.start();
  await b.start();
  const found: number[] = [];
  try {
    for (let i = 0; i < times; i++) {
      const content = randomBytes(512).toString('hex');
      const startedAt = performance.now();
      a.write(`small-${i}.txt`, content);
      while (!existsSync(b.at(`small-${i}.txt`)) || readFileSync(b.at(`small-${i}.txt`), 'utf8') !== content) await sleep(5);
      found.push(performance.now() - startedAt);
    }
  } finally {
    await a.stop();
    await b.stop();
  }
  return found;
}
