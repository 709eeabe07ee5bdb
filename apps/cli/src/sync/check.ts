// `reprise sync check`: reads what lies here again and names what the disk damaged without a word; with --repair it is fetched again from the drive.
import path from 'node:path';
import { type Checked, checkFiles, damagedFiles, nodeDisk, sha256 } from '@reprise/sync/node';
import { openDriveFor } from '../account.ts';
import { formatBytes } from '../amounts.ts';
import { parseArguments } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { openProgress } from '../progress.ts';
import { visible } from '../visible.ts';
import { askedRoots, journalOf } from './asked.ts';
import { openKnown } from './open.ts';
import { type KnownRoot, Roots } from './roots.ts';

type Damaged = { readonly path: string; readonly isInDrive: boolean };

export async function check(args: readonly string[], context: CommandContext): Promise<number> {
  const { terminal, words } = context;
  const { values, positionals } = parseArguments(args, { repair: { type: 'boolean' } });
  const roots = new Roots(terminal.stateFolder);
  let isSound = true;
  for (const root of askedRoots(positionals, roots)) {
    const checked = await read(root, values.quiet === true, roots, context);
    const found = damagedIn(root, roots, values.repair === true);
    const isRunning = roots.holder(root) !== undefined;
    if (values.repair && found.some(({ isInDrive }) => isInDrive) && !isRunning) await fetchAgain(root, roots, context);
    const left = isRunning || !values.repair ? found : damagedIn(root, roots, false);
    isSound &&= left.length === 0 || (values.repair === true && isRunning && left.every(({ isInDrive }) => isInDrive));
    if (values.json) {
      const { files, bytes, passedOver } = checked;
      const repaired = found.filter((one) => !left.some(({ path: at }) => at === one.path)).map(({ path: at }) => at);
      terminal.print(JSON.stringify({ v: 1, folder: root.folder, files, bytes, passedOver, damaged: left, repaired }));
      continue;
    }
    for (const { path: at, isInDrive } of found)
      terminal.print(`${visible(at)}: ${isInDrive ? words.syncDamaged.drive : words.syncDamaged.alone}`);
    if (!values.quiet) {
      terminal.say(
        `${words.syncChecked(checked.files, formatBytes(checked.bytes, terminal.language), found.length, checked.passedOver)}\n`,
      );
      if (values.repair && found.length > 0)
        terminal.say(`${isRunning ? words.syncRepairs : words.syncRepaired(found.length - left.length)}\n`);
    }
  }
  return isSound ? exitCodes.done : exitCodes.partly;
}

async function read(root: KnownRoot, isQuiet: boolean, roots: Roots, { terminal, words }: CommandContext): Promise<Checked> {
  using journal = journalOf(root, roots);
  using line = openProgress(terminal, { verb: words.syncChecking, files: words.filesWord, isQuiet });
  const bytesTotal = journal.localBytes;
  const filesTotal = journal.local.size;
  const tools = { disk: nodeDisk(root.folder), journal, hash: sha256, nowMs: () => Date.now() };
  return await checkFiles(tools, {
    cursor: 'checked',
    signal: terminal.interrupted,
    onProgress: ({ bytes, files }) => line.update(() => ({ bytesDone: bytes, bytesTotal, filesDone: files, filesTotal })),
  });
}

/** @param isRepaired those that the drive has are to be fetched again */
function damagedIn(root: KnownRoot, roots: Roots, isRepaired: boolean): readonly Damaged[] {
  using journal = journalOf(root, roots);
  const found = damagedFiles(journal);
  const ids = found.flatMap(({ id, isInDrive }) => (isInDrive ? [id] : []));
  if (isRepaired && ids.length > 0) journal.setChoices('repair', ids, true);
  return found.map(({ path: below, isInDrive }) => ({ path: path.join(root.folder, ...below.split('/')), isInDrive }));
}

async function fetchAgain(root: KnownRoot, roots: Roots, { terminal }: CommandContext): Promise<void> {
  await using opened = await openDriveFor(terminal, { threads: 'resting' });
  using _lock = roots.hold(root);
  using at = await openKnown(root, opened.drive, terminal, () => undefined);
  await at.sync.run(terminal.interrupted);
}
