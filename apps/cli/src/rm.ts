// `reprise rm`: ends links and frees bytes, with an owner key or with what this machine remembers of its own links.
import { formatHex } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import { connect, type ManagedSpace, openManage, parseLink, parseManageUrl } from '@reprise/sdk';
import { nodeTransport } from '@reprise/sdk/node';
import { linkAddress } from '@reprise/vault';
import { nodeEngine } from '@reprise/vault/node';
import { parseArguments, parseServer } from './arguments.ts';
import { type CommandContext, tellFailure } from './command.ts';
import { isDrivePath } from './drive-path.ts';
import { exitCodes } from './exit-codes.ts';
import { State } from './state.ts';
import { visible } from './visible.ts';

export async function rm(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, { server: { type: 'string', short: 's' } });
  if (isDrivePath(positionals[0])) return (await import('./drive-change.ts')).rmDrive(args, context);
  if (positionals.length === 0) throw new Failure('usage', { reason: 'no-link' });
  using transport = nodeTransport();
  const state = State.open(context.terminal.stateFolder);
  const server = values.server === undefined ? undefined : parseServer(values.server);
  const removed: { removed: string; everything: boolean }[] = [];
  let code: number = exitCodes.done;
  for (const text of positionals) {
    try {
      const everything = await removeOne(text, { server, state, transport, isQuiet: values.quiet === true }, context);
      removed.push({ removed: text, everything });
    } catch (error) {
      // The others are still removed; the first failure gives the exit code.
      const failed = tellFailure(error, context, { command: 'rm', isJson: false });
      code = code === exitCodes.done ? failed : code;
    }
  }
  if (values.json) context.terminal.print(JSON.stringify({ removed }));
  return code;
}

type RemoveOptions = {
  readonly server: string | undefined;
  readonly state: State;
  readonly transport: ReturnType<typeof nodeTransport>;
  readonly isQuiet: boolean;
};

/** @returns whether everything behind the link is gone, or that link alone */
async function removeOne(
  text: string,
  { server, state, transport, isQuiet }: RemoveOptions,
  { terminal, words }: CommandContext,
): Promise<boolean> {
  const found = await findOwner(text, state, terminal.say, words.notMine);
  const origin = server ?? found.server;
  if (origin === null) throw new Failure('usage', { reason: 'no-origin' });
  const managed = await openManage({ connection: connect({ server: origin, transport }), url: found.manageUrl, engine: nodeEngine });
  const others = found.linkId === null ? [] : managed.links.filter((link) => link.id !== found.linkId);
  if (found.linkId !== null && others.length > 0) {
    await managed.revokeLink(found.linkId as ManagedSpace['links'][number]['id']);
    if (!isQuiet) terminal.say(`${words.removedLink(others.length)}\n`);
    return false;
  }
  const title = managed.links[0]?.title ?? '';
  const ids = managed.links.map((link) => link.id);
  await managed.deleteEverything();
  for (const id of ids) state.forgetLink(id);
  if (!isQuiet) terminal.say(`${words.removedAll(visible(title))}\n`);
  return true;
}

type Found = { readonly manageUrl: string; readonly server: string | null; readonly linkId: string | null };

async function findOwner(text: string, state: State, say: (text: string) => void, notMine: string): Promise<Found> {
  if (isManageText(text)) return { manageUrl: text, server: parseManageUrl(text).origin, linkId: null };
  const link = parseLink(text);
  const linkId = formatHex((await linkAddress(nodeEngine, link)).id);
  const kept = await state.keptLink(linkId);
  if (kept) return { manageUrl: kept.manageUrl, server: kept.server, linkId };
  say(`${notMine}\n`);
  throw new Failure('not-found');
}

function isManageText(text: string): boolean {
  try {
    parseManageUrl(text);
    return true;
  } catch {
    return false;
  }
}
