// Every measured get is compared with what was put, by a program that is neither ours nor a peer's.
import { statSync } from 'node:fs';
import { runCommand } from './command.ts';

/** @throws Error when one byte or one name differs. */
export async function assertSameBytes(expected: string, actual: string): Promise<void> {
  if (statSync(expected).isDirectory()) await runCommand('diff', ['-r', expected, actual]);
  else await runCommand('cmp', [expected, actual]);
}
