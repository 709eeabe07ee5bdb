// Why an entry is refused: one of a closed list of steps, taken in order: spec/log.md "Validity".
import { Failure } from '../failures.ts';

/** The rules in the order in which they are looked at. */
export const logSteps = [
  'size',
  'form',
  'version',
  'type',
  'body',
  'space',
  'seq',
  'prev',
  'skips',
  'epoch',
  'device',
  'signature',
  'role',
  'capability',
  'change',
  'attachment',
] as const;

export type LogStep = (typeof logSteps)[number];

export function refused(step: LogStep, reason: string, cause?: unknown): Failure {
  return new Failure('log-refused', { step, reason }, cause === undefined ? undefined : { cause });
}

/** Runs what reads or checks; its failure becomes a refusal at this step. */
export async function atStep<Result>(step: LogStep, work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw translated(step, cause);
  }
}

/** `atStep` for what answers at once. */
export function readAt<Result>(step: LogStep, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    throw translated(step, cause);
  }
}

function translated(step: LogStep, cause: unknown): unknown {
  if (!(cause instanceof Failure) || cause.code === 'log-refused') return cause;
  return refused(step, String(cause.facts['reason'] ?? cause.code), cause);
}
