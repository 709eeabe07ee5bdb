// The command line of the benchmark.
import { parseArgs } from 'node:util';

export type BenchOptions = {
  /** Smaller inputs, three runs: checks the plumbing and shows the order of things, not the figures of a release. */
  readonly quick: boolean;
  /** Also what takes 40 GiB of disk or many minutes. */
  readonly long: boolean;
  readonly only: readonly string[];
  readonly runs: number;
  /** Where scratch folders are made: the disk that is measured. Null: the system's temporary folder. */
  readonly folder: string | null;
};

export const usage = `npm run bench -- [options]

  --quick         smaller inputs and three runs
  --long          also the cases that take much disk or time (20 GiB, 5 GiB in browsers)
  --only NAME     only this case; may be given several times, and then in this order. Every case is written
                  when it ends, so a run that is interrupted leaves what it has measured
  --runs N        runs of each measurement (default 5, quick 3); the figures are medians
  --folder PATH   make scratch files here: the disk that is measured
  --help          this text
`;

/** @throws TypeError on an option that does not exist */
export function parseOptions(args: readonly string[]): BenchOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      long: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      runs: { type: 'string' },
      folder: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const runs = Number(values.runs ?? (values.quick ? 3 : 5));
  if (!Number.isSafeInteger(runs) || runs < 1 || runs > 100) throw new TypeError('--runs takes a whole number from 1 to 100');
  return { quick: values.quick, long: values.long, only: values.only, runs, folder: values.folder ?? null };
}
