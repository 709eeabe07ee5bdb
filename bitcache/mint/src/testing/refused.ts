// How the suites of the mint say that a request is refused, and by which code. For tests only.
import assert from 'node:assert/strict';
import type { MintCode } from '../failures.ts';
import type { Sandbox } from './sandbox.ts';

/** The mint of a suite, once it is open. */
export type Under = () => Sandbox;

export async function refused(code: MintCode, work: Promise<unknown>): Promise<void> {
  await assert.rejects(
    work,
    (error: { code?: unknown }) => error.code === code || assert.fail(`${String(error)} ${String(error.code)}, not ${code}`),
  );
}
