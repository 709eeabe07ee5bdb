// The beginning of work on a root: the marker and the journal agree that they belong together, and what a stop left half done is put right.
// spec/sync.md "The root", "After a stop".
import { Failure } from '@reprise/protocol/formats';
import { asidePath, bringAsidesBack, bringStrayAsideBack, isAsideName } from './aside.ts';
import { sameStartSeconds } from './limits.ts';
import { draftsFolder, ensureFolder, readMarker, removeIfThere, safetyFolder, writeMarker } from './marker.ts';
import { DiskRefusal } from './ports.ts';
import { type PowerLossTools, undoPowerLoss } from './power-loss.ts';
import { bringStraysBack, type SafetyTools } from './safety.ts';
import type { NodeId } from './tree.ts';

type PowerTools = Omit<PowerLossTools, 'endedMs'>;

export type StartTools = PowerTools &
  SafetyTools & {
    /** What tells one start of the machine from another: a name, or its time in seconds. */
    readonly boot: string;
  };

/**
 * @returns whether folder and journal were last used together; else nothing counts as deleted until both were compared
 * @throws Failure root-missing if the folder is there and its marker is not, or is another's
 */
export async function startRoot(tools: StartTools): Promise<boolean> {
  const { disk, journal, nowMs, boot } = tools;
  const root = journal.fact('root') as string;
  const known = (journal.fact('starts') as number | undefined) ?? 0;
  const marker = await readMarker(disk);
  if (known === 0) {
    // A folder that another root has is this one's from now on: the other finds another marker, and stops.
    // A stop in between begins again here: nothing is known yet that could be lost.
    await writeMarker(disk, { root, starts: 1 }, nowMs());
    journal.setFact('starts', 1);
    journal.setFact('boot', boot);
    return true;
  }
  if (marker?.root !== root) {
    journal.setFact('missing', 1);
    throw new Failure('target-refused', { reason: 'root-missing' });
  }
  // The journal is told first: a stop in between leaves the marker one behind, however often it happens.
  const isHalfBegun = journal.fact('starting') === 1 && marker.starts === known - 1;
  const isTogether = marker.starts === known || isHalfBegun;
  const starts = isHalfBegun ? known : Math.max(known, marker.starts) + 1;
  journal.write(() => {
    if (!isTogether) journal.forgetBase();
    journal.setFact('starts', starts);
    journal.setFact('starting', 1);
  });
  await writeMarker(disk, { root, starts }, nowMs());
  journal.setFact('starting', 0);
  const isSameStart = isSameBoot(journal.fact('boot'), boot);
  if (isTogether && !isSameStart) journal.setFact('missing', 1);
  // Before anything is renamed: what that does to times would look like somebody's edit.
  await lookAfterAbsence(tools, isSameStart);
  await tidy(tools);
  journal.write(() => {
    journal.setFact('boot', boot);
    journal.setFact('clean', 0);
  });
  return isTogether;
}

/**
 * The machine or the disk was gone: what that took from files is undone. Asked again whenever a missing root is back.
 * @param isSameStart whether the machine has run on since: then whatever a program that ended by itself left counts as being on the disk. That is
 *   wrong of a disk that was pulled out before the system wrote to it: no system tells that from a folder that was away, as one renamed is.
 */
export async function lookAfterAbsence(tools: PowerTools, isSameStart = false): Promise<void> {
  const { journal } = tools;
  if (journal.fact('missing') !== 1) return;
  // What was sent from here and is not here any more, a cut may have taken: that is nobody's removal.
  journal.forgetSent();
  const endedMs = (journal.fact('clean') as number | undefined) || null;
  await undoPowerLoss({ ...tools, endedMs: endedMs !== null && isSameStart ? Number.MAX_SAFE_INTEGER : endedMs });
  journal.setFact('missing', 0);
}

/** The program ends by itself: what is missing from now on, somebody removed, as far as the disk had it by then. */
export function endRoot({ journal, nowMs }: Pick<PowerTools, 'journal' | 'nowMs'>): void {
  // Of a folder that went away before, nobody knows what reached its disk.
  if (journal.fact('missing') !== 1) journal.setFact('clean', nowMs());
}

/** Names of starts are equal, or are times of them in seconds, which are only as good as the clocks they were told by. */
function isSameBoot(before: unknown, now: string): boolean {
  if (before === now) return true;
  return /^\d+$/.test(String(before)) && /^\d+$/.test(now) && Math.abs(Number(before) - Number(now)) < sameStartSeconds;
}

/** What waits under temporary names goes back to where it was; drafts that nobody knows of go, other people's files never. */
async function tidy(tools: StartTools): Promise<void> {
  const { disk, journal } = tools;
  await ensureFolder(disk, safetyFolder);
  await bringAsidesBack(tools);
  const waiting = new Set(journal.asides().map(({ node }) => asidePath(node)));
  for (const { name } of await disk.list(draftsFolder)) {
    if (name === null || waiting.has(`${draftsFolder}/${name}`)) continue;
    try {
      if (isAsideName(name)) await bringStrayAsideBack(tools, name);
      else await removeIfThere(disk, `${draftsFolder}/${name}`);
      // It never came to its place.
      journal.forgetPlacing(name as NodeId);
    } catch (error) {
      // The next start tries it again.
      if (!(error instanceof DiskRefusal)) throw error;
    }
  }
  await bringStraysBack(tools);
}
