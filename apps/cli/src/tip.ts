// `reprise tip`: thanks whoever made a link with money, as much as somebody likes. What was begun is finished by the next run, and nothing is
// given twice because a run was killed. docs/guide/cli.md "Tips".
import { Failure } from '@reprise/protocol/formats';
import { inlinePool } from '@reprise/sdk';
import { nodeTransport } from '@reprise/sdk/node';
import { openTipJar } from '@reprise/sdk/paid';
import { nodeEngine } from '@reprise/vault/node';
import { parseArguments } from './arguments.ts';
import { openOffer, pay, readWay, resumeOffer } from './buy.ts';
import type { CommandContext } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { formatSats, parsePrice } from './price-text.ts';
import { State } from './state.ts';

export async function tip(args: readonly string[], context: CommandContext): Promise<number> {
  const { terminal, words } = context;
  const { values, positionals } = parseArguments(args, { pay: { type: 'string' }, server: { type: 'string', short: 's' } });
  const [link, text, ...more] = positionals;
  if (link === undefined || more.length > 0) throw new Failure('usage', { reason: link === undefined ? 'no-link' : 'one-link' });
  const given = parsePrice(text ?? '');
  if (given.currency !== 'SAT') throw new Failure('usage', { reason: 'tip-amount', value: text ?? '' });
  using transport = nodeTransport();
  const wishes = { pay: values.pay ?? 'lightning', maxPrice: undefined, amount: text, isJson: values.json === true };
  const state = State.open(terminal.stateFolder);
  const request = { link, server: values.server, transport, pool: inlinePool(nodeEngine), state, wishes };
  const way = await readWay(wishes.pay, context);
  const jar = await openOffer(request, context, openTipJar);
  if (!jar) throw new Failure('payment-refused', { reason: 'no-jar' });
  const isEarlier = (await resumeOffer(jar, context)) === 'bought';
  if (!isEarlier) {
    const agreed = await jar.quote(terminal.interrupted, given.amount);
    await pay(jar, { agreed, most: null, way, request, opening: null }, context);
  }
  const sats = jar.bought?.sats ?? given.amount;
  if (values.json) terminal.print(JSON.stringify({ tip: sats, title: jar.facts.title, isEarlier }));
  else if (!values.quiet)
    terminal.say(
      `${isEarlier ? words.tippedBefore(formatSats(sats, terminal.language)) : words.tipped(formatSats(sats, terminal.language))}\n`,
    );
  // Told: the next run gives another.
  await jar.tipAgain(terminal.interrupted);
  return exitCodes.done;
}
