// `reprise put`: files and folders become a link.
import path from 'node:path';
import { Failure } from '@reprise/protocol/formats';
import { connect, inlinePool, type LeftOut, type SealPool, type UploadItem, type UploadOutcome } from '@reprise/sdk';
import { collectFiles, journalFile, nodePool, nodeTransport } from '@reprise/sdk/node';
import { nodeEngine } from '@reprise/vault/node';
import { formatBytes, formatDate, formatDuration } from './amounts.ts';
import { defaultServer, parseArguments, parseCount, parseServer, takePassword } from './arguments.ts';
import { type CommandContext, leftOutJson } from './command.ts';
import { hasAccount, isDrivePath } from './drive-path.ts';
import { exitCodes } from './exit-codes.ts';
import { parseExpiry } from './expiry.ts';
import { matcherOf } from './ignore.ts';
import { openProgress } from './progress.ts';
import { askPassword } from './prompt.ts';
import { withRate } from './rate.ts';
import { repeatable } from './repeat.ts';
import { send } from './send.ts';
import { State } from './state.ts';
import { visible } from './visible.ts';
import { failureText } from './words.ts';

export const putOptions = {
  server: { type: 'string', short: 's' },
  expires: { type: 'string', short: 'e' },
  downloads: { type: 'string', short: 'd' },
  label: { type: 'string' },
  name: { type: 'string', short: 'n' },
  ignore: { type: 'string', multiple: true },
  follow: { type: 'boolean' },
  'no-resume': { type: 'boolean' },
  /** Behind a link, even where the last path could be one of the drive. */
  link: { type: 'boolean' },
  'on-taken': { type: 'string' },
  'limit-rate': { type: 'string' },
  /** Into the drive, behind a link that is sold. */
  price: { type: 'string' },
  /** How often that link is sold at most. */
  sales: { type: 'string' },
} as const;

export async function put(args: readonly string[], context: CommandContext): Promise<number> {
  const { terminal, words } = context;
  const taken = takePassword(args);
  const { values, positionals: paths } = parseArguments(taken.rest, putOptions);
  if (paths.length === 0) throw new Failure('usage', { reason: 'no-paths' });
  if (values.sales !== undefined && values.price === undefined) throw new Failure('usage', { reason: 'sales-price' });
  if (values.price !== undefined) return (await import('./sell.ts')).putForSale(args, context);
  const isForDrive = paths.length > 1 && isDrivePath(paths.at(-1)) && hasAccount(terminal) && values.link !== true;
  if (isForDrive) return (await import('./drive-files.ts')).putDrive(args, context);
  const server = parseServer(values.server ?? (terminal.env['REPRISE_SERVER'] || defaultServer));
  const expiresAt = values.expires === undefined ? null : parseExpiry(values.expires, Date.now());
  const downloadsMax = values.downloads === undefined ? null : parseCount(values.downloads, '--downloads');
  const isQuiet = values.quiet === true;
  const password = await passwordOf(taken.password, context, isQuiet);
  const found = collectFiles(paths, { follow: values.follow === true, ...(values.ignore && { ignore: matcherOf(values.ignore) }) });
  const { items } = found;
  const totalBytes = items.reduce((sum, item) => sum + (item.kind === 'file' ? item.size : 0), 0);

  // Its threads start while the server is asked.
  await using pool = poolFor(totalBytes);
  using transport = nodeTransport();
  const connection = connect({ server, transport: withRate(transport, values['limit-rate']) });
  const facts = await connection.call('server.get', { params: {}, signal: terminal.interrupted });
  if (!facts.anonymous.open) throw new Failure('anonymous-closed');
  if (totalBytes > facts.anonymous.bytesMax) throw new Failure('over-quota', { missingBytes: totalBytes - facts.anonymous.bytesMax });

  const state = State.open(terminal.stateFolder);
  const asked = [
    server,
    ...paths.map((given) => path.resolve(given)),
    values.name ?? '',
    values.label ?? '',
    values.expires ?? '',
    values.downloads ?? '',
    password ?? '',
  ];
  using journal = state.holdJournal(await state.name('put', ...asked));
  using store = journalFile(journal.file);
  if (values['no-resume']) await store.remove();
  using progress = openProgress(terminal, { verb: words.sending, files: words.filesWord, isQuiet });
  const startedAt = performance.now();
  const wishes = {
    connection,
    pool,
    items,
    title: values.name ?? titleOf(items),
    label: values.label ?? '',
    ...(password !== undefined && { password }),
    expiresAt,
    downloadsMax,
    linkOrigin: linkOrigin(facts.publicUrl, connection.origin),
  };
  const sending = await send({ wishes, state, store, progress, announceLink: totalBytes >= announcedBytesMin }, context);
  progress[Symbol.dispose]();
  if (sending.kind === 'stopped') {
    const { linkUrl, manageUrl } = sending.upload;
    terminal.say(`${words.stoppedPut(repeatable('put', args))}\n`);
    if (values.json) terminal.print(JSON.stringify({ error: { code: 'cancelled' }, link: linkUrl, ownerKey: manageUrl }));
    return exitCodes.interrupted;
  }
  const { outcome } = sending;
  await store.remove();
  const leftOut = [...found.leftOut, ...outcome.leftOut];
  if (!isQuiet) tellOutcome(outcome, leftOut, performance.now() - startedAt, context);
  else for (const item of leftOut) terminal.say(`${visible(item.path)}: ${failureText(words, item.failure)}\n`);
  if (values.json) terminal.print(JSON.stringify(outcomeJson(outcome, leftOut)));
  else terminal.print(outcome.linkUrl);
  return leftOut.length > 0 ? exitCodes.partly : exitCodes.done;
}

/** What takes a while is worth a link before its end. */
const announcedBytesMin = 32_000_000;

/** Below this, starting threads takes longer than the work. */
const inlineBytesMax = 1_000_000;

export function poolFor(totalBytes: number): SealPool {
  return totalBytes <= inlineBytesMax ? inlinePool(nodeEngine) : nodePool();
}

async function passwordOf(
  choice: ReturnType<typeof takePassword>['password'],
  context: CommandContext,
  isQuiet: boolean,
): Promise<string | undefined> {
  const { terminal, words } = context;
  if (choice !== undefined && choice !== 'ask') return choice.text || undefined;
  if (choice === undefined) {
    const fromEnvironment = terminal.env['REPRISE_PASSWORD'] || undefined;
    if (fromEnvironment && !isQuiet) terminal.say(`${words.protectedByEnvironment}\n`);
    return fromEnvironment;
  }
  const password = await askPassword(terminal, words.askNewPassword);
  if (!password) throw new Failure('password-required');
  return password;
}

function titleOf(items: readonly UploadItem[]): string {
  const tops = [...new Set(items.map((item) => item.path.split('/')[0] as string))];
  const first = (tops[0] ?? '').normalize('NFC');
  return tops.length > 1 ? `${first} + ${tops.length - 1}` : first;
}

function tellOutcome(outcome: UploadOutcome, leftOut: readonly LeftOut[], tookMs: number, { terminal, words }: CommandContext): void {
  const { language } = terminal;
  terminal.say(`${words.sent(formatBytes(outcome.sizeBytes, language), outcome.files, formatDuration(tookMs / 1000))}\n`);
  if (outcome.renamed.length > 0) terminal.say(`${words.renamedTitle}\n`);
  for (const { from, to } of outcome.renamed) terminal.say(`  ${visible(from)} → ${visible(to)}\n`);
  if (leftOut.length > 0) terminal.say(`${words.leftOutTitle(leftOut.length)}\n`);
  for (const { path: at, failure } of leftOut) terminal.say(`  ${visible(at)}: ${visible(failureText(words, failure))}\n`);
  if (outcome.expiresAt !== null) terminal.say(`${words.expires(formatDate(outcome.expiresAt))}\n`);
  terminal.say(`${words.ownerKey(outcome.manageUrl)}\n`);
}

function outcomeJson(outcome: UploadOutcome, leftOut: readonly LeftOut[]) {
  return {
    link: outcome.linkUrl,
    ownerKey: outcome.manageUrl,
    bytes: outcome.sizeBytes,
    files: outcome.files,
    expiresAt: outcome.expiresAt === null ? null : new Date(outcome.expiresAt).toISOString(),
    leftOut: leftOutJson(leftOut),
    renamed: outcome.renamed,
  };
}

/** Where links begin, as the server says; what it says that is no address is not believed, nor printed. */
function linkOrigin(publicUrl: string, origin: string): string {
  try {
    return parseServer(publicUrl);
  } catch {
    return origin;
  }
}
