// What was said and decided in a case, step by step, each bound to the one before: whoever has the record of yesterday sees whether today's
// goes on from it. spec/cases.md "Record".
import { createHash } from 'node:crypto';
import type { Row } from '@reprise/database';

export type CaseStep = Omit<Row<'case_steps'>, 'hash'>;

/** SHA-256 of the JSON array of the hash before (empty for the first), case, number, time, actor, act and words; in hex. */
export function hashOfStep(before: string, { case_id, seq, at, actor, act, words }: CaseStep): string {
  const text = JSON.stringify([before, case_id, seq, at, actor, act, words]);
  return createHash('sha256').update(text).digest('hex');
}

/** @param steps of one case in order @returns the number of the first step that does not go on from those before; null: all do */
export function firstBroken(steps: readonly Row<'case_steps'>[]): number | null {
  let before = '';
  for (const [i, step] of steps.entries()) {
    if (step.seq !== i + 1 || step.hash !== hashOfStep(before, step)) return i + 1;
    before = step.hash;
  }
  return null;
}
