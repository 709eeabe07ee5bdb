// `reprise trash`, `restore`, `versions` and `rewind`: what the drive held before.
import { Failure } from '@reprise/protocol/formats';
import type { Drive, TrashEntry } from '@reprise/sdk/drive';
import { openDriveFor } from './account.ts';
import { formatBytes, formatDate } from './amounts.ts';
import { parseArguments, parseCount } from './arguments.ts';
import type { CommandContext } from './command.ts';
import { drivePaths } from './drive-change.ts';
import { isDrivePath } from './drive-path.ts';
import { exitCodes } from './exit-codes.ts';
import { visible } from './visible.ts';

export async function trash(args: readonly string[], context: CommandContext): Promise<number> {
  const { terminal, words } = context;
  const { values, positionals } = parseArguments(args, { empty: { type: 'boolean' } });
  await using opened = await openDriveFor(terminal);
  const { drive } = opened;
  const { interrupted } = terminal;
  if (values.empty) {
    const all = await Array.fromAsync(drive.trash(interrupted));
    const ids = positionals.length > 0 ? positionals : all.map(({ id }) => id);
    const unknown = ids.find((id) => !all.some((item) => item.id === id));
    if (unknown !== undefined) throw new Failure('path-not-found', { path: unknown });
    await drive.emptyTrash(ids, interrupted);
    const objects = await swept(drive, interrupted);
    if (values.json) terminal.print(JSON.stringify({ emptied: ids, objects }));
    else if (!values.quiet) terminal.say(`${words.trashEmptied(ids.length)}\n`);
    return exitCodes.done;
  }
  if (!drive.disagreement) await drive.expireTrash(interrupted);
  const items: object[] = [];
  for await (const item of drive.trash(interrupted)) {
    if (values.json) items.push(trashJson(item));
    else
      terminal.print(
        `${item.id}  ${formatDate(item.removedAtMs)}  ${formatBytes(item.sizeBytes, terminal.language).padStart(9)}  ${visible(namesOf(item))}`,
      );
  }
  if (values.json) terminal.print(JSON.stringify({ items }));
  return exitCodes.done;
}

/** @returns how many objects the server may let go; 0 if another device was quicker, or this one may not say so: then a later sweep does */
async function swept(drive: Drive, signal: AbortSignal): Promise<number> {
  try {
    return (await drive.sweep(signal)).ended;
  } catch (error) {
    if (error instanceof Failure && ['head-conflict', 'role-refused', 'log-refused', 'table-differs'].includes(error.code)) return 0;
    throw error;
  }
}

function trashJson({ id, removedAtMs, from, sizeBytes, entries }: TrashEntry) {
  return { id, removedAt: new Date(removedAtMs).toISOString(), from, bytes: sizeBytes, paths: entries.map(({ path }) => path) };
}

function namesOf({ entries }: TrashEntry): string {
  const first = entries[0]?.path ?? '';
  return entries.length > 1 ? `${first} + ${entries.length - 1}` : first;
}

/** Of an id of the trash, of a path that was removed, or of a file's version. */
export async function restore(args: readonly string[], { terminal, words }: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, { version: { type: 'string' }, copy: { type: 'boolean' } });
  if (positionals.length === 0) throw new Failure('usage', { reason: 'no-drive-path' });
  await using opened = await openDriveFor(terminal);
  const { drive } = opened;
  const { interrupted } = terminal;
  if (values.version !== undefined) {
    const [path, ...more] = drivePaths(positionals, 1);
    if (path === undefined || more.length > 0) throw new Failure('usage', { reason: 'drive-path', value: more[0] ?? '' });
    const seq = parseCount(values.version, '--version');
    const restored = values.copy
      ? await drive.copyVersion(path, seq, interrupted)
      : (await drive.restoreVersion(path, seq, interrupted), path);
    if (values.json) terminal.print(JSON.stringify({ restored }));
    else if (!values.quiet) terminal.say(`${words.restored(visible(restored))}\n`);
    return exitCodes.done;
  }
  const items = await Array.fromAsync(drive.trash(interrupted));
  const ids = new Set(positionals.map((text) => (isDrivePath(text) ? newestWith(items, text) : text)));
  await drive.restore([...ids], interrupted);
  const paths = items.filter(({ id }) => ids.has(id)).flatMap(({ entries }) => entries.map(({ path }) => path));
  if (values.json) terminal.print(JSON.stringify({ restored: paths }));
  else if (!values.quiet) for (const path of paths) terminal.say(`${words.restored(visible(path))}\n`);
  return exitCodes.done;
}

/** The newest act of deletion that took the path. */
function newestWith(items: readonly TrashEntry[], path: string): string {
  const wanted = path.replace(/\/+$/, '');
  const item = items.find(({ entries }) => entries.some((entry) => entry.path === wanted));
  if (!item) throw new Failure('path-not-found', { path });
  return item.id;
}

export async function versions(args: readonly string[], { terminal, words }: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, {});
  const [path, ...more] = drivePaths(positionals, 1);
  if (path === undefined || more.length > 0) throw new Failure('usage', { reason: 'drive-path', value: more[0] ?? '' });
  await using opened = await openDriveFor(terminal);
  const found = await opened.drive.versions(path, terminal.interrupted);
  if (values.json) {
    const shown = found.map(({ seq, atMs, sizeBytes, isCurrent, deviceId }) => ({
      version: seq,
      at: new Date(atMs).toISOString(),
      bytes: sizeBytes,
      isCurrent,
      device: deviceId,
    }));
    terminal.print(JSON.stringify({ path, versions: shown }));
  } else
    for (const { seq, atMs, sizeBytes, isCurrent } of found)
      terminal.print(
        `${String(seq).padStart(6)}  ${formatDate(atMs)}  ${formatBytes(sizeBytes, terminal.language).padStart(9)}${isCurrent ? `  ${words.current}` : ''}`,
      );
  return exitCodes.done;
}

/** Without --apply only the plan is shown: a look before a leap. */
export async function rewind(args: readonly string[], { terminal, words }: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, { apply: { type: 'boolean' }, adopt: { type: 'boolean' } });
  const [when, ...more] = positionals;
  if (more.length > 0) throw new Failure('usage', { reason: 'no-more', value: more[0] ?? '' });
  await using opened = await openDriveFor(terminal);
  const { drive } = opened;
  const { interrupted } = terminal;
  if (values.adopt) {
    await drive.adoptServersHistory(interrupted);
    if (values.json) terminal.print(JSON.stringify({ adopted: drive.seq }));
    else if (!values.quiet) terminal.say(`${words.adopted}\n`);
    return exitCodes.done;
  }
  if (when === undefined) {
    const moments = await Array.fromAsync(drive.moments(interrupted));
    if (values.json)
      terminal.print(
        JSON.stringify({
          moments: moments.map(({ seq, atMs, deviceId }) => ({ moment: seq, at: new Date(atMs).toISOString(), device: deviceId })),
        }),
      );
    else for (const { seq, atMs } of moments) terminal.print(`${String(seq).padStart(6)}  ${formatDate(atMs)}`);
    return exitCodes.done;
  }
  const seq = /^\d{1,9}$/.test(when) ? Number(when) : await momentAt(drive, when, interrupted);
  const plan = await drive.rewindPlan(seq, interrupted);
  const { returning, leaving, older, moved, samples, atMs } = plan;
  if (values.apply) await drive.rewind(seq, interrupted);
  if (values.json)
    terminal.print(
      JSON.stringify({
        moment: seq,
        at: new Date(atMs).toISOString(),
        returning,
        leaving,
        older,
        moved,
        samples,
        applied: values.apply === true,
      }),
    );
  else {
    for (const { what, path } of samples) terminal.print(`${words.rewindMarks[what]} ${visible(path)}`);
    terminal.say(`${words.rewindSum(formatDate(atMs), { returning, leaving, older, moved })}\n`);
    terminal.say(`${values.apply ? words.rewound : words.rewindAsk(String(seq))}\n`);
  }
  return exitCodes.done;
}

/** @throws Failure path-not-found with facts.moment, where the drive is younger */
async function momentAt(drive: Drive, when: string, signal: AbortSignal): Promise<number> {
  const atMs = parseMoment(when, Date.now());
  try {
    return (await drive.momentAt(atMs, signal)).seq;
  } catch (error) {
    if (error instanceof Failure && error.code === 'path-not-found') throw new Failure('path-not-found', { moment: formatDate(atMs) });
    throw error;
  }
}

const spans = { m: 60_000, h: 3_600_000, d: 86_400_000, j: 86_400_000, w: 7 * 86_400_000 } as const;

/** `2h` ago, or a moment such as 2026-11-21T14:00. @throws Failure usage */
export function parseMoment(text: string, nowMs: number): number {
  const span = /^(\d{1,6})([mhdjw])$/.exec(text);
  if (span) return nowMs - Number(span[1]) * spans[span[2] as keyof typeof spans];
  const at = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?)?$/.test(text)
    ? new Date(text.includes(':') ? text.replace(' ', 'T') : `${text}T00:00`).getTime()
    : Number.NaN;
  if (Number.isNaN(at)) throw new Failure('usage', { reason: 'moment', value: text });
  return at;
}
