// One question the benchmark asks. Cases run one after another, each in scratch folders of its own.
import type { BenchOptions } from '../options.ts';
import type { CaseResult } from '../results.ts';

export type BenchCase = {
  readonly name: string;
  readonly about: string;
  /** Runs only with --long. */
  readonly long: boolean;
  run(context: CaseContext): Promise<CaseResult>;
};

export type CaseContext = { readonly options: BenchOptions; readonly say: (line: string) => void };
