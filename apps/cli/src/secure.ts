// `reprise secure`: new keys for the account, for whoever fears that somebody else has its password, its kit or one of its devices.
import { Failure } from '@reprise/protocol/formats';
import { systemRandom } from '@reprise/kit';
import { AccountChanges, planSecuring, secureAccount } from '@reprise/sdk/account';
import { drawPhrase } from '@reprise/vault/account';
import { openEnrolled } from './account.ts';
import { parseArguments } from './arguments.ts';
import type { CommandContext } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { type KitText, kitText, openKitFile, readKit } from './kit-file.ts';
import { askPassword, askYes } from './prompt.ts';
import { failureText } from './words.ts';

export async function secure(args: readonly string[], { terminal, words }: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, { kit: { type: 'string' } });
  if (positionals.length > 0) throw new Failure('usage', { reason: 'no-more', value: positionals[0] ?? '' });
  using enrolled = await openEnrolled(terminal);
  const { ports, account } = enrolled;
  const given = await askPassword(terminal, words.askNewAccountPassword);
  const phrase = given ? null : drawPhrase(systemRandom);
  const signal = terminal.interrupted;
  const plan = await planSecuring(ports, account, signal);
  const { origin: server, name } = account.record;
  const kit: KitText = { server, name, code: plan.code, words: plan.kit };
  // Password and kit are in the person's hands before the former ones end.
  if (values.kit !== undefined) keepKit(values.kit, kit);
  if (!values.json) {
    if (phrase !== null) terminal.print(phrase);
    if (phrase !== null) terminal.say(`${words.phraseIs}\n`);
    terminal.say(values.kit === undefined ? `${words.kitIs}\n\n${kitText(kit)}\n` : `${words.kitWritten(values.kit)}\n`);
  }
  if (process.stdin.isTTY === true && !(await askYes(terminal, words.secureNow))) throw new Failure('cancelled');
  const secured = await secureAccount(ports, account, plan, { password: given || (phrase as string), signal });
  const failure = await rehearse(
    new AccountChanges(ports, secured),
    values.kit === undefined ? plan.kit.join(' ') : readKit(values.kit).words,
  );
  if (values.json) {
    const facts = { user: name, userId: secured.session.userId, server, code: plan.code, phrase, kit: values.kit ?? null, words: plan.kit };
    terminal.print(JSON.stringify({ ...facts, rehearsed: failure === null }));
  } else if (failure === null) terminal.say(`${words.secured}\n`);
  if (failure) terminal.say(`${words.kitFailed(failureText(words, failure), server)}\n`);
  return failure ? exitCodes.partly : exitCodes.done;
}

function keepKit(path: string, kit: KitText): void {
  using file = openKitFile(path);
  file.write(kit);
}

/** Runs the restore itself on the kit as it was kept. */
async function rehearse(changes: AccountChanges, kit: string): Promise<Failure | null> {
  try {
    return (await changes.tryKit(kit)) ? null : new Failure('bad-kit', { reason: 'another account' });
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}
