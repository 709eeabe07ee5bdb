// `reprise cases`: what rights holders say about links of the account, answers to it, and what a case gave to who filed it.
// docs/guide/cases.md.
import { caseContract } from '@reprise/protocol/cases';
import { Failure } from '@reprise/protocol/formats';
import { payContract } from '@reprise/protocol/pay';
import type { AnswerOf } from '@reprise/protocol';
import { openDriveFor } from './account.ts';
import { parseArguments } from './arguments.ts';
import type { CommandContext } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { formatSats } from './price-text.ts';
import { visible } from './visible.ts';

type Case = AnswerOf<(typeof caseContract)['account.answerCase']>;
type Held = AnswerOf<(typeof payContract)['pay.cases']>['cases'][number];

export async function cases(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, {});
  const [act, name, text, ...more] = positionals;
  const isJson = values.json === true;
  if (act === undefined) return list(isJson, context);
  if (act === 'answer' && name !== undefined && text !== undefined && more.length === 0) return answer(name, text, isJson, context);
  if (act === 'claim' && name !== undefined && text === undefined) return claim(name, isJson, context);
  throw new Failure('usage', { reason: 'cases' });
}

async function list(isJson: boolean, { terminal, words }: CommandContext): Promise<number> {
  await using opened = await openDriveFor(terminal);
  const { session, space } = opened.drive.parts;
  const call = { params: {}, device: space.tools.device, signal: terminal.interrupted };
  const { cases: heads } = await session.connection.ask(caseContract['account.cases'], call);
  const found: Case[] = [];
  for (const one of heads) found.push(await session.connection.ask(caseContract['account.case'], { ...call, params: { case: one.case } }));
  // Where nothing can be sold, nothing is held.
  const held = await session.connection.ask(payContract['pay.cases'], call).then(
    (answered) => answered.cases,
    (error: unknown): readonly Held[] => {
      if (error instanceof Failure && (error.code === 'payments-off' || error.code === 'not-found')) return [];
      throw error;
    },
  );
  const heldBy = (id: string) => held.filter((one) => one.case === id).reduce((sum, one) => sum + BigInt(one.held), 0n);
  if (isJson) terminal.print(JSON.stringify({ cases: found.map((one) => ({ ...one, held: String(heldBy(one.case)) })) }));
  else if (found.length === 0) terminal.print(words.noCases);
  else for (const one of found) show(one, heldBy(one.case), { terminal, words });
  return exitCodes.done;
}

function show(one: Case, held: bigint, { terminal, words }: CommandContext): void {
  const sats = formatSats(Number(held / 1_000n), terminal.language);
  terminal.print(`${one.case}  ${words.caseState(one.state, one.remedy)}${held > 0n ? `  ${words.caseHeld(sats)}` : ''}`);
  terminal.print(`  ${words.caseHolder(visible(one.holder))}`);
  const due = one.state === 'open' ? one.answerBy : one.state === 'countered' ? one.standBy : null;
  if (due !== null) terminal.print(`  ${words.caseDue(one.state === 'open', new Date(due))}`);
  for (const { at, actor, words: said } of one.steps)
    terminal.print(`  ${new Date(at).toISOString().slice(0, 10)}  ${words.caseActor[actor]}: ${visible(said)}`);
}

async function answer(id: string, text: string, isJson: boolean, { terminal, words }: CommandContext): Promise<number> {
  await using opened = await openDriveFor(terminal);
  const { session, space } = opened.drive.parts;
  const call = { params: { case: id.toUpperCase() }, device: space.tools.device, signal: terminal.interrupted };
  const answered = await session.connection.ask(caseContract['account.answerCase'], { ...call, body: { words: text, statement: true } });
  if (isJson) terminal.print(JSON.stringify(answered));
  else terminal.print(words.caseAnswered(answered.standBy === null ? null : new Date(answered.standBy)));
  return exitCodes.done;
}

async function claim(code: string, isJson: boolean, { terminal, words }: CommandContext): Promise<number> {
  await using opened = await openDriveFor(terminal);
  const { session, space } = opened.drive.parts;
  const call = { params: {}, device: space.tools.device, signal: terminal.interrupted };
  const taken = await session.connection.ask(payContract['pay.claim'], { ...call, body: { code } });
  if (isJson) terminal.print(JSON.stringify(taken));
  else terminal.print(words.claimed(formatSats(Number(BigInt(taken.taken) / 1_000n), terminal.language), taken.network !== 'mainnet'));
  return exitCodes.done;
}
