// What can be taken back: for as long as a toast stands, and a little longer.
import { formatHex } from '@reprise/kit';
import type { Done } from '../../engine/drive-calls.ts';
import { EngineError } from '../../engine/rpc.ts';

const keptMs = 60_000;
const kept = new Map<string, () => Promise<void>>();

export function done(count: number, undo: (() => Promise<void>) | null): Done {
  if (!undo) return { count, undo: null };
  const name = formatHex(crypto.getRandomValues(new Uint8Array(8)));
  kept.set(name, undo);
  setTimeout(() => kept.delete(name), keptMs);
  return { count, undo: name };
}

/** @throws EngineError no-such-entry once it is too late */
export async function undo(name: string): Promise<void> {
  const act = kept.get(name);
  kept.delete(name);
  if (!act) throw new EngineError({ code: 'no-such-entry', facts: {} });
  await act();
}

/** Several as one: what is taken back is taken back from the last to the first. */
export function allOf(acts: readonly Done[]): Done {
  const count = acts.reduce((sum, act) => sum + act.count, 0);
  const undos = acts.flatMap((act) => (act.undo === null ? [] : [act.undo]));
  return done(count, async () => {
    for (const name of undos.toReversed()) await undo(name);
  });
}
