// `reprise wallet`: coins of a mint, taken, given, made of Lightning payments and paid away. docs/guide/cli.md "Wallet".
import fs from 'node:fs';
import { Failure } from '@reprise/protocol/formats';
import { type Balance, formatCsv, type HistoryEntry, type Wallet } from '@reprise/wallet';
import { formatDate, formatWorth } from './amounts.ts';
import { parseArguments } from './arguments.ts';
import { type CommandContext, failureJson } from './command.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { type KnownRate, rateJson } from './known-rate.ts';
import { askSecret, askYes, readLine } from './prompt.ts';
import { qrLines } from './qr-lines.ts';
import { visible } from './visible.ts';
import { adoptWords, openWallet } from './wallet-open.ts';
import { failureText } from './words.ts';

const options = {
  server: { type: 'string', short: 's' },
  mint: { type: 'string' },
  memo: { type: 'string' },
  words: { type: 'string' },
  csv: { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
  max: { type: 'string' },
  'no-wait': { type: 'boolean' },
} as const;

type Given = ReturnType<typeof parseArguments<typeof options>>['values'];
type Act = {
  readonly wallet: Wallet;
  readonly words: readonly string[] | null;
  readonly isSandbox: boolean | null;
  readonly rate: KnownRate | null;
  readonly args: readonly string[];
  readonly given: Given;
  readonly context: CommandContext;
};
type Runner = (act: Act) => Promise<number>;

/** For a person who pays an invoice by hand. */
const invoiceWaitMs = 60 * 60_000;
/** Payments mostly arrive at once; what takes longer is looked for at the next start. */
const paymentWaitMs = 60_000;

const acts: Readonly<Record<string, readonly [Runner, number]>> = {
  balance: [balance, 0],
  receive: [receive, 1],
  send: [send, 1],
  invoice: [invoice, 1],
  pay: [pay, 1],
  refund: [refund, 1],
  history: [history, 0],
  back: [takeBack, 1],
  restore: [restore, 0],
  rehearse: [rehearse, 0],
  words: [showWords, 0],
};

export async function wallet(args: readonly string[], context: CommandContext): Promise<number> {
  const { values: given, positionals } = parseArguments(args, options);
  const [name = 'balance', ...rest] = positionals;
  const [run, argumentsMax] = Object.hasOwn(acts, name) ? (acts[name] as readonly [Runner, number]) : [];
  if (!run || argumentsMax === undefined) throw new Failure('usage', { reason: 'wallet-act', value: name });
  if (rest.length > argumentsMax) throw new Failure('usage', { reason: 'no-more', value: rest[argumentsMax] ?? '' });
  if (name === 'restore' && given.words !== undefined) adoptWords(context.terminal, await readText(context, given.words));
  // Whoever is shown the token of a payment can take what it is owed.
  if (name === 'refund' && given.server === undefined && given.mint === undefined) throw new Failure('usage', { reason: 'refund-where' });
  using opened = await openWallet(context.terminal, given);
  if (opened.isSandbox) context.terminal.say(`${context.words.walletSandbox}\n`);
  return run({ ...opened, args: rest, given, context });
}

/** What was open is ended first; without a network the last figures are still shown. */
async function balance({ wallet, isSandbox, rate, given, context: { terminal, words } }: Act): Promise<number> {
  const failure = await settled(wallet);
  const now = await wallet.balance();
  if (given.json)
    terminal.print(
      JSON.stringify({ ...balanceJson(now), mint: wallet.mint, sandbox: isSandbox, rate: rateJson(rate), ...settledJson(failure) }),
    );
  else {
    terminal.print(words.sats(now.free));
    if (given.quiet !== true && rate) terminal.say(`${words.worth(formatWorth(now.free, rate, terminal.language), rate)}\n`);
    if (given.quiet !== true) terminal.say(words.walletBalance(now, wallet.mint));
    if (failure) terminal.say(`${words.error} ${failureText(words, failure)}\n`);
  }
  return failure ? exitCodeOf(failure.code) : exitCodes.done;
}

async function receive({ wallet, args, given, context: { terminal, words } }: Act): Promise<number> {
  const entry = await wallet.receive(args[0] ?? (await askSecret(terminal, words.askToken)));
  if (given.json) terminal.print(JSON.stringify(entryJson(entry)));
  else if (given.quiet !== true) terminal.say(`${words.coinsReceived(entry.amount)}\n`);
  return exitCodes.done;
}

/** The token is the one line of standard output: whoever has it has the money. */
async function send({ wallet, args, given, context: { terminal, words } }: Act): Promise<number> {
  const sent = await wallet.send(parseSats(args[0]), given.memo);
  if (given.json) terminal.print(JSON.stringify({ id: sent.id, token: sent.token, amount: Number(sent.amount), fee: Number(sent.fee) }));
  else {
    terminal.print(sent.token);
    if (given.quiet !== true) terminal.say(`${words.tokenOut(sent.amount, sent.id)}\n`);
  }
  return exitCodes.done;
}

async function invoice({ wallet, args, given, context: { terminal, words } }: Act): Promise<number> {
  const made = await wallet.invoice(parseSats(args[0]), given.memo);
  if (given.json)
    terminal.print(JSON.stringify({ id: made.id, request: made.request, amount: Number(made.amount), expiresAt: isoTime(made.expiryMs) }));
  else {
    if (given.quiet !== true && process.stdout.isTTY === true) for (const line of qrLines(made.request.toUpperCase())) terminal.print(line);
    terminal.print(made.request);
  }
  if (given['no-wait']) return exitCodes.done;
  if (given.quiet !== true) terminal.say(`${words.invoiceWaits(formatDate(made.expiryMs))}\n`);
  const entry = await wallet.wait(made.id, Math.min(invoiceWaitMs, made.expiryMs - Date.now()), terminal.interrupted);
  return tellEnd(entry, given, { terminal, words });
}

/** Nothing is spent that nobody has agreed to: by an answer, by --yes, or up to --max. */
async function pay({ wallet, args, given, context }: Act): Promise<number> {
  const { terminal, words } = context;
  const most = given.max === undefined ? null : parseSats(given.max);
  const isAgreed = given.yes === true || most !== null;
  if (!isAgreed && process.stdin.isTTY !== true) throw new Failure('usage', { reason: 'pay-unasked' });
  const offer = await wallet.offer(args[0] ?? (await readLine(terminal, words.askInvoice)));
  const asked = isAgreed ? null : await wallet.costOf(offer);
  if (asked !== null && !(await askYes(terminal, words.payNow(offer.amount, asked - offer.amount)))) throw new Failure('cancelled');
  const begun = await wallet.pay(offer, given.memo, most ?? asked);
  const entry = begun.state === 'waiting' ? await wallet.wait(begun.id, paymentWaitMs, terminal.interrupted) : begun;
  return tellEnd(entry, given, context);
}

/** Whoever has the token of a payment has what it is owed. */
async function refund({ wallet, args, given, context: { terminal, words } }: Act): Promise<number> {
  const owed = await wallet.owedFor(args[0] ?? (await askSecret(terminal, words.askProof)));
  const entry = await wallet.drawRefund(owed, given.memo);
  if (given.json) terminal.print(JSON.stringify(entryJson(entry)));
  else if (given.quiet !== true) terminal.say(`${words.refundDrawn(entry.amount)}\n`);
  return exitCodes.done;
}

async function history({ wallet, given, context: { terminal, words } }: Act): Promise<number> {
  const failure = await settled(wallet);
  const entries = await wallet.history();
  if (given.json) terminal.print(JSON.stringify({ history: entries.map(entryJson), ...settledJson(failure) }));
  else if (given.csv) terminal.print(formatCsv(entries).trimEnd());
  else for (const entry of entries) terminal.print(lineOf(entry, words));
  if (failure) terminal.say(`${words.error} ${failureText(words, failure)}\n`);
  return failure ? exitCodeOf(failure.code) : exitCodes.done;
}

async function takeBack({ wallet, args, given, context }: Act): Promise<number> {
  const [id] = args;
  if (id === undefined) throw new Failure('usage', { reason: 'wallet-entry' });
  const entry = await wallet.takeBack(id);
  if (entry.state !== 'arrived' && entry.reason !== 'taken-back') return tellEnd(entry, given, context);
  const { terminal, words } = context;
  if (given.json) terminal.print(JSON.stringify(entryJson(entry)));
  else if (given.quiet !== true) terminal.say(`${entry.state === 'arrived' ? words.tokenTaken : words.tokenBack(entry.amount)}\n`);
  return exitCodes.done;
}

async function restore({ wallet, given, context: { terminal, words } }: Act): Promise<number> {
  const { amount, coins } = await wallet.restore();
  if (given.json) terminal.print(JSON.stringify({ restored: Number(amount), coins, ...balanceJson(await wallet.balance()) }));
  else if (given.quiet !== true) terminal.say(`${words.walletRestored(amount)}\n`);
  return exitCodes.done;
}

async function rehearse({ wallet, given, context: { terminal, words } }: Act): Promise<number> {
  const { found, missing, out, atMs } = await wallet.rehearse();
  if (given.json) terminal.print(JSON.stringify({ found: Number(found), missing: Number(missing), out: Number(out), at: isoTime(atMs) }));
  else if (given.quiet !== true) terminal.say(`${words.walletRehearsed(found, missing)}\n`);
  return missing > 0n ? exitCodes.partly : exitCodes.done;
}

async function showWords({ words: twelve, given, context: { terminal, words } }: Act): Promise<number> {
  if (given.json) terminal.print(JSON.stringify({ words: twelve }));
  else if (twelve) terminal.print(twelve.join(' '));
  if (given.quiet !== true && !given.json) terminal.say(`${twelve ? words.walletWordsAre : words.walletOfAccount}\n`);
  return exitCodes.done;
}

/** @returns what kept it from asking the mint */
async function settled(wallet: Wallet): Promise<Failure | null> {
  try {
    await wallet.settleAll();
    return null;
  } catch (error) {
    if (error instanceof Failure && error.code !== 'cancelled') return error;
    throw error;
  }
}

function tellEnd(entry: HistoryEntry, given: Given, { terminal, words }: CommandContext): number {
  if (given.json) terminal.print(JSON.stringify(entryJson(entry)));
  else if (given.quiet !== true) terminal.say(`${words.walletEnd(entry)}\n`);
  if (entry.state === 'arrived') return exitCodes.done;
  return entry.state === 'failed' ? exitCodes.failed : exitCodes.partly;
}

function lineOf(entry: HistoryEntry, words: CommandContext['words']): string {
  const sign = entry.kind === 'send' || entry.kind === 'pay' ? '-' : '+';
  const cells = [
    formatDate(entry.startedMs),
    entry.id,
    words.walletKinds[entry.kind].padEnd(12),
    words.walletStates[entry.state].padEnd(14),
  ];
  return `${cells.join('  ')}  ${`${sign}${entry.amount}`.padStart(10)}  ${visible(entry.memo)}`.trimEnd();
}

function entryJson({ amount, fee, startedMs, endedMs, ...others }: HistoryEntry): object {
  const endedAt = endedMs === null ? null : isoTime(endedMs);
  return { ...others, amount: Number(amount), fee: Number(fee), startedAt: isoTime(startedMs), endedAt };
}

function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

function settledJson(failure: Failure | null): object {
  return failure ? { settled: false, error: failureJson(failure) } : { settled: true };
}

function balanceJson({ free, held, out, expired, elsewhere, rehearsal }: Balance): object {
  const rehearsed = rehearsal && { at: isoTime(rehearsal.atMs), found: Number(rehearsal.found), missing: Number(rehearsal.missing) };
  return { free: Number(free), held: Number(held), out: Number(out), expired: Number(expired), elsewhere: Number(elsewhere), rehearsed };
}

/** Whole satoshis. @throws Failure usage */
function parseSats(text: string | undefined): bigint {
  if (text === undefined || !/^[1-9]\d{0,14}$/.test(text)) throw new Failure('usage', { reason: 'sats', value: text ?? '' });
  return BigInt(text);
}

async function readText({ terminal, words }: CommandContext, file: string): Promise<string> {
  if (file === '-') return askSecret(terminal, words.askWords);
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Failure('source-vanished', { path: file, reason: (cause as NodeJS.ErrnoException).code ?? 'unreadable' }, { cause });
  }
}
