// `reprise link`: links from the drive, made, listed, changed and ended.
import { parseLinkId } from '@reprise/protocol';
import { Failure } from '@reprise/protocol/formats';
import { countUnread, type DriveLink, dropUnread, type UnreadCounts } from '@reprise/sdk/drive';
import { openDriveFor } from './account.ts';
import { formatBytes, formatDate } from './amounts.ts';
import { parseArguments, parseCount, takePassword } from './arguments.ts';
import type { CommandContext } from './command.ts';
import { drivePaths } from './drive-change.ts';
import { exitCodes } from './exit-codes.ts';
import { parseExpiry } from './expiry.ts';
import { askPassword } from './prompt.ts';
import { settledLinks } from './settled-links.ts';
import { visible } from './visible.ts';

export async function link(args: readonly string[], context: CommandContext): Promise<number> {
  const { terminal, words } = context;
  const taken = takePassword(args);
  const { values, positionals } = parseArguments(taken.rest, {
    expires: { type: 'string', short: 'e' },
    downloads: { type: 'string', short: 'd' },
    label: { type: 'string' },
    name: { type: 'string', short: 'n' },
    end: { type: 'string' },
    tips: { type: 'boolean' },
    'drop-unread': { type: 'boolean' },
  });
  await using opened = await openDriveFor(terminal);
  const { links } = opened.drive;
  const { interrupted } = terminal;
  if (values.end !== undefined) {
    const found = (await links.list(interrupted)).find(({ id, url }) => id === values.end || url === values.end);
    if (!found) throw new Failure('not-found', { link: values.end });
    await links.revoke([parseLinkId(found.id)], interrupted);
    if (values.json) terminal.print(JSON.stringify({ ended: found.url }));
    else if (!values.quiet) terminal.say(`${words.linkEnded(visible(found.title))}\n`);
    return exitCodes.done;
  }
  if (values['drop-unread']) {
    const dropped = await dropUnread(opened.drive, interrupted);
    if (values.json) terminal.print(JSON.stringify({ dropped }));
    else if (!values.quiet) terminal.say(`${words.unreadDropped(dropped)}\n`);
    return exitCodes.done;
  }
  if (positionals.length === 0) {
    const shown = await settledLinks(opened.drive, interrupted);
    return list(shown, await countUnread(opened.drive, interrupted), values.json === true, context);
  }
  const [path, ...more] = drivePaths(positionals, 1);
  if (path === undefined || more.length > 0) throw new Failure('usage', { reason: 'drive-path', value: more[0] ?? '' });
  const password = taken.password === 'ask' ? await askPassword(terminal, words.askNewPassword) : taken.password?.text;
  if (taken.password === 'ask' && !password) throw new Failure('password-required');
  const made = await links.create(
    path,
    {
      ...(values.name !== undefined && { title: values.name }),
      ...(values.label !== undefined && { label: values.label }),
      ...(password && { password }),
      ...(values.tips && { tips: true }),
      expiresAt: values.expires === undefined ? null : parseExpiry(values.expires, Date.now()),
      downloadsMax: values.downloads === undefined ? null : parseCount(values.downloads, '--downloads'),
    },
    interrupted,
  );
  if (values.json)
    terminal.print(
      JSON.stringify({ link: made.url, id: made.id, title: made.title, bytes: made.sizeBytes, expiresAt: iso(made.expiresAt) }),
    );
  else terminal.print(made.url);
  return exitCodes.done;
}

function list(links: readonly DriveLink[], unread: UnreadCounts, isJson: boolean, { terminal, words }: CommandContext): number {
  if (isJson) {
    const shown = links.map(
      ({ url, id, title, label, sizeBytes, createdAt, expiresAt, hasPassword, downloads, downloadsMax, opened, isLive }) => ({
        link: url,
        id,
        title,
        label,
        bytes: sizeBytes,
        createdAt: iso(createdAt),
        expiresAt: iso(expiresAt),
        hasPassword,
        downloads: downloads.finished,
        downloadsMax,
        opened,
        isLive,
      }),
    );
    terminal.print(JSON.stringify({ links: shown, unread }));
    return exitCodes.done;
  }
  for (const { title, label, sizeBytes, expiresAt, downloads, isLive, url } of links) {
    const ends = !isLive ? words.linkNotLive : expiresAt === null ? words.never : formatDate(expiresAt);
    terminal.print([visible(label || title), downloads.finished, ends, formatBytes(sizeBytes, terminal.language), url].join('  '));
  }
  if (Object.values(unread).some((count) => count !== 0)) terminal.say(`${words.unreadEntries(unread)}\n`);
  return exitCodes.done;
}

function iso(timeMs: number | null): string | null {
  return timeMs === null ? null : new Date(timeMs).toISOString();
}
