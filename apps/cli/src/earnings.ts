// `reprise earnings`: what sales have earned, what of it is held and why. docs/guide/cli.md "Links that are sold".
import type { AnswerOf } from '@reprise/protocol';
import { payContract } from '@reprise/protocol/pay';
import { openDriveFor } from './account.ts';
import { parseArguments } from './arguments.ts';
import type { CommandContext } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { rateJson, readRate, sayWorth } from './known-rate.ts';
import { formatSats } from './price-text.ts';
import { settle } from './settled-links.ts';
import { visible } from './visible.ts';

type Statement = Omit<AnswerOf<(typeof payContract)['pay.earnings']>, 'network'>;
type Line = Statement['lines'][number];
type Held = AnswerOf<(typeof payContract)['pay.cases']>['cases'][number];
type Frozen = AnswerOf<(typeof payContract)['pay.balance']>['frozen'];

export async function earnings(args: readonly string[], context: CommandContext): Promise<number> {
  const { terminal, words } = context;
  const { values } = parseArguments(args, { csv: { type: 'boolean' } });
  await using opened = await openDriveFor(terminal);
  const { drive } = opened;
  const { session, space } = drive.parts;
  const { connection } = session;
  const call = { params: {}, device: space.tools.device, signal: terminal.interrupted };
  await settle(drive.links, terminal.interrupted);
  if (values.csv) {
    const csv = await connection.ask(payContract['pay.earningsCsv'], call);
    terminal.print(new TextDecoder().decode(csv).trimEnd());
    return exitCodes.done;
  }
  const { network, lines } = await connection.ask(payContract['pay.earnings'], call);
  const { frozen } = await connection.ask(payContract['pay.balance'], call);
  const { cases } = await connection.ask(payContract['pay.cases'], call);
  const holding = cases.filter(({ held }) => held !== '0');
  const rate = values.json || values.quiet !== true ? await readRate(connection, terminal.interrupted) : null;
  const titles = new Map(
    (await drive.links.list(terminal.interrupted)).flatMap(({ title, sale, jar }) =>
      [sale, jar].flatMap((offer) => (offer ? [[offer.offerId, title] as const] : [])),
    ),
  );
  if (values.json) {
    const titled = <Of extends { readonly offer: string }>(one: Of) => ({ ...one, title: titles.get(one.offer) ?? null });
    terminal.print(JSON.stringify({ network, lines: lines.map(titled), held: holding.map(titled), frozen, rate: rateJson(rate) }));
    return exitCodes.done;
  }
  printLines(lines, titles, context);
  if (values.quiet) return exitCodes.done;
  const sum = (field: 'net' | 'waiting') => lines.reduce((total, line) => total + BigInt(line[field]), 0n);
  const { language } = terminal;
  terminal.say(`${words.earningsSum(inSats(sum('net'), language), inSats(sum('waiting'), language), network !== 'mainnet')}\n`);
  sayWorth(sum('net') / 1_000n, rate, context);
  sayHeld(holding, frozen, titles, context);
  return exitCodes.done;
}

type Titles = ReadonlyMap<string, string>;

function printLines(lines: readonly Line[], titles: Titles, { terminal, words }: CommandContext): void {
  const sats = (msat: string) => inSats(BigInt(msat), terminal.language);
  const isHeld = lines.some(({ held }) => held !== '0');
  const titleOf = ({ kind, offer }: Line) => {
    const title = visible(titles.get(offer) ?? offer);
    return kind === 'tip' ? words.tipsFor(title) : title;
  };
  const rows = lines.map((line) => [
    ...[line.day, String(line.sales), sats(line.net), sats(line.waiting)],
    ...(isHeld ? [sats(line.held)] : []),
    titleOf(line),
  ]);
  const head = words.earningsHead;
  const table = [isHeld ? [...head.slice(0, -1), words.earningsHeldHead, ...head.slice(-1)] : head, ...rows];
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => [...(row[column] ?? '')].length)));
  for (const row of table)
    terminal.print(row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  '));
}

/** Who holds what, and whom to ask. */
function sayHeld(holding: readonly Held[], frozen: Frozen, titles: Titles, { terminal, words }: CommandContext): void {
  const { language } = terminal;
  const onDay = (at: number) => new Date(at).toISOString().slice(0, 10);
  if (frozen) terminal.say(`${words.earningsFrozen(frozen.freeze, onDay(frozen.since), visible(frozen.ground))}\n`);
  const open = holding.filter((one) => one.case !== frozen?.freeze && one.outcome === 'open');
  for (const [id, of] of Map.groupBy(open, (one) => one.case)) {
    const held = of.reduce((total, one) => total + BigInt(one.held), 0n);
    const named = of.map(({ offer }) => visible(titles.get(offer) ?? offer)).join(', ');
    terminal.say(`${words.earningsHeld(id, inSats(held, language), named, onDay(of[0]?.openedAt ?? 0))}\n`);
  }
}

function inSats(msat: bigint, language: 'en' | 'fr'): string {
  return formatSats(Number(msat / 1_000n), language);
}
