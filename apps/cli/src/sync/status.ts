// `reprise sync list` and `status`: what is synced with what, how that stands, and what is in the way.
import { Journal, type Trouble } from '@reprise/sync/node';
import { parseArguments } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { visible } from '../visible.ts';
import { type KnownRoot, Roots, type RootStatus } from './roots.ts';
import { shownProgress } from './start.ts';
import { askedRoots } from './asked.ts';

export async function list(args: readonly string[], { terminal }: CommandContext): Promise<number> {
  const { values } = parseArguments(args, {});
  const roots = new Roots(terminal.stateFolder).list();
  if (values.json)
    terminal.print(JSON.stringify({ v: 1, roots: roots.map(({ id, folder, drivePath }) => ({ id, folder, to: drivePath })) }));
  else for (const { folder, drivePath } of roots) terminal.print(`${visible(folder)}  ↔  ${visible(drivePath)}`);
  return exitCodes.done;
}

type Standing = {
  readonly root: KnownRoot;
  readonly status: RootStatus | undefined;
  readonly troubles: readonly Trouble[];
  readonly seq: number;
};

export async function status(args: readonly string[], context: CommandContext): Promise<number> {
  const { terminal, words } = context;
  const { values, positionals } = parseArguments(args, {});
  const roots = new Roots(terminal.stateFolder);
  const all = askedRoots(positionals, roots).map((root) => standingOf(root, roots));
  if (values.json) terminal.print(JSON.stringify({ v: 1, roots: all.map(standingJson) }));
  else
    for (const { root, status: now, troubles } of all) {
      const state = now ? words.syncState[now.state] + shownProgress(now, terminal.language) : words.syncState.none;
      terminal.print(`${visible(root.folder)}  ↔  ${visible(root.drivePath)}  ${state}`);
      for (const { path, reason } of troubles) terminal.print(`  ${visible(path)}: ${words.syncReason[reason]}`);
    }
  return exitCodeOf(all);
}

function standingOf(root: KnownRoot, roots: Roots): Standing {
  const { journal: file, of } = roots.place(root);
  const now = roots.status(root);
  if (!Journal.exists(file)) return { root, status: now, troubles: [], seq: 0 };
  using journal = Journal.open(file, of);
  return { root, status: now, troubles: journal.troubles(), seq: (journal.fact('seq') as number | undefined) ?? 0 };
}

function standingJson({ root, status: now, troubles, seq }: Standing) {
  const { state = 'stopped', progress, retryAtMs, untilMs, failure } = now ?? {};
  return {
    folder: root.folder,
    to: root.drivePath,
    running: now !== undefined,
    state,
    seq,
    stalls: troubles.map(({ path, reason, sinceMs }) => ({ path, reason, since: new Date(sinceMs).toISOString() })),
    ...(progress && { progress }),
    ...(failure !== undefined && { failure }),
    ...(retryAtMs !== undefined && { retryAt: new Date(retryAtMs).toISOString() }),
    ...(untilMs !== undefined && { until: untilMs === Number.MAX_SAFE_INTEGER ? null : new Date(untilMs).toISOString() }),
  };
}

/** Something for a person before the network, the network before nothing at all. */
function exitCodeOf(all: readonly Standing[]): number {
  if (all.some(({ troubles, status: now }) => troubles.length > 0 || now?.state === 'stopped')) return exitCodes.partly;
  if (all.some(({ status: now }) => now?.state === 'offline')) return exitCodes.network;
  return all.some(({ status: now }) => now === undefined) ? exitCodes.failed : exitCodes.done;
}
