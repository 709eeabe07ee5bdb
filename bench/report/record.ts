// One case as it is kept: what it measured, and when, where and how.
import type { CaseResult } from '../results.ts';
import type { Machine } from './machine.ts';

export type CaseRecord = CaseResult & {
  readonly name: string;
  readonly takenAt: string;
  readonly runs: number;
  readonly quick: boolean;
  /** The whole case, with its preparations. Absent in records that were taken before it was noted. */
  readonly tookSeconds?: number;
  readonly machine: Machine;
  /** Processes that wanted a core in the minute before, on average: much above nothing, and the figures are not this program's alone. */
  readonly loadBefore: number;
};
