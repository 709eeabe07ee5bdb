// `reprise ls`: what a link holds, without saving it.
import { Failure } from '@reprise/protocol/formats';
import { inlinePool } from '@reprise/sdk';
import { nodeTransport } from '@reprise/sdk/node';
import { nodeEngine } from '@reprise/vault/node';
import { formatBytes, formatDate } from './amounts.ts';
import { parseArguments, takePassword } from './arguments.ts';
import type { CommandContext } from './command.ts';
import { hasAccount, isDrivePath } from './drive-path.ts';
import { exitCodes } from './exit-codes.ts';
import { openFor } from './open-link.ts';
import { visible } from './visible.ts';

export async function ls(args: readonly string[], context: CommandContext): Promise<number> {
  const { terminal, words } = context;
  const first = args.find((arg) => !arg.startsWith('-'));
  if (isDrivePath(first) || (first === undefined && hasAccount(terminal))) return (await import('./drive-list.ts')).lsDrive(args, context);
  const taken = takePassword(args);
  const { values, positionals } = parseArguments(taken.rest, { server: { type: 'string', short: 's' } });
  const [text, ...more] = positionals;
  if (text === undefined || more.length > 0) throw new Failure('usage', { reason: text === undefined ? 'no-link' : 'one-link' });
  using transport = nodeTransport();
  const opened = await openFor(
    { link: text, server: values.server, password: taken.password, transport, pool: inlinePool(nodeEngine) },
    context,
  );
  const { facts } = opened;
  if (!opened.root) throw new Failure('link-growing');
  const files: object[] = [];
  for await (const { path, entry } of opened.walk(null, terminal.interrupted)) {
    const kind = entry.content.kind === 'manifest' ? 'file' : entry.content.kind;
    if (values.json) files.push({ path, kind, bytes: entry.size, modifiedAt: new Date(Number(entry.mtimeNs / 1_000_000n)).toISOString() });
    else {
      const slash = kind === 'directory' ? '/' : entry.content.kind === 'symlink' ? ` → ${visible(entry.content.target)}` : '';
      terminal.print(
        `${formatBytes(entry.size, terminal.language).padStart(9)}  ${formatDate(Number(entry.mtimeNs / 1_000_000n))}  ${visible(path)}${slash}`,
      );
    }
  }
  const { title, growing, expiresAt, downloadsLeft } = facts;
  if (values.json) {
    const ends = expiresAt === null ? null : new Date(expiresAt).toISOString();
    terminal.print(JSON.stringify({ title, growing, expiresAt: ends, downloadsLeft, files }));
  } else if (!values.quiet) {
    if (growing) terminal.say(`${words.growing}\n`);
    if (expiresAt !== null) terminal.say(`${words.expires(formatDate(expiresAt))}\n`);
  }
  return exitCodes.done;
}
