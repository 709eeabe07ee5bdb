// `reprise links`: every link behind an owner key, with its counts.
import { Failure } from '@reprise/protocol/formats';
import { connect, type ManagedLink, openManage, parseManageUrl } from '@reprise/sdk';
import { nodeTransport } from '@reprise/sdk/node';
import { nodeEngine } from '@reprise/vault/node';
import { formatBytes, formatDate } from './amounts.ts';
import { parseArguments, parseServer } from './arguments.ts';
import type { CommandContext } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { visible } from './visible.ts';

export async function links(args: readonly string[], { terminal, words }: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, { server: { type: 'string', short: 's' } });
  const [url, ...more] = positionals;
  if (url === undefined || more.length > 0) throw new Failure('usage', { reason: url === undefined ? 'no-link' : 'one-link' });
  const server = values.server === undefined ? parseManageUrl(url).origin : parseServer(values.server);
  if (server === null) throw new Failure('usage', { reason: 'no-origin' });
  using transport = nodeTransport();
  const managed = await openManage({ connection: connect({ server, transport }), url, engine: nodeEngine });
  if (values.json) {
    terminal.print(JSON.stringify({ storedBytes: managed.stored.bytes, links: managed.links }));
    return exitCodes.done;
  }
  const rows = managed.links.map((link) => cellsOf(link, words, terminal.language));
  const table = [words.linksHead, ...rows];
  const widths = words.linksHead.map((_, column) => Math.max(...table.map((row) => [...(row[column] ?? '')].length)));
  for (const row of table)
    terminal.print(row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  '));
  return exitCodes.done;
}

function cellsOf(link: ManagedLink, words: CommandContext['words'], language: CommandContext['terminal']['language']): string[] {
  const downloads = `${link.downloads.finished} / ${link.downloadsMax ?? words.unlimited}`;
  const ends = link.removed
    ? words.removedByNotice
    : link.growing
      ? words.growing
      : link.expiresAt === null
        ? words.never
        : formatDate(link.expiresAt);
  return [visible(link.label || link.title), downloads, ends, formatBytes(link.sizeBytes, language), link.url];
}
