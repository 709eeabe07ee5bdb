// `reprise signup`: opens an account, makes this machine its first device, and hands over the recovery kit.
import { Failure } from '@reprise/protocol/formats';
import { systemRandom } from '@reprise/kit';
import { AccountChanges, signUp } from '@reprise/sdk/account';
import { drawPhrase } from '@reprise/vault/account';
import { parseArguments, parseServer, defaultServer } from './arguments.ts';
import { portsFor } from './account.ts';
import type { CommandContext } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { kitText, writeKit } from './kit-file.ts';
import { askPassword } from './prompt.ts';

export async function signup(args: readonly string[], { terminal, words }: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, {
    server: { type: 'string', short: 's' },
    user: { type: 'string', short: 'u' },
    kit: { type: 'string' },
  });
  if (positionals.length > 0) throw new Failure('usage', { reason: 'no-more', value: positionals[0] ?? '' });
  const server = parseServer(values.server ?? (terminal.env['REPRISE_SERVER'] || defaultServer));
  const given = await askPassword(terminal, words.askNewAccountPassword);
  const phrase = given ? null : drawPhrase(systemRandom);
  using ports = portsFor(server, terminal);
  const account = await signUp(ports, { name: values.user ?? null, password: given || (phrase as string), signal: terminal.interrupted });
  const changes = new AccountChanges(ports, account);
  const kit = {
    server: account.record.origin,
    name: account.record.name,
    code: changes.code,
    words: await changes.makeKit(terminal.interrupted),
  };
  if (values.kit !== undefined) writeKit(values.kit, kit);
  const { userId } = account.session;
  if (values.json) {
    terminal.print(
      JSON.stringify({ user: kit.name, userId, server: kit.server, code: kit.code, phrase, kit: values.kit ?? null, words: kit.words }),
    );
    return exitCodes.done;
  }
  terminal.say(`${words.signedUp(kit.name)}\n`);
  if (phrase !== null) terminal.print(phrase);
  if (phrase !== null) terminal.say(`${words.phraseIs}\n`);
  if (values.kit === undefined) terminal.say(`${words.kitIs}\n\n${kitText(kit)}`);
  else terminal.say(`${words.kitWritten(values.kit)}\n`);
  return exitCodes.done;
}
