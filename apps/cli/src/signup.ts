// `reprise signup`: opens an account, makes this machine its first device, and hands over the recovery kit.
import { Failure } from '@reprise/protocol/formats';
import { systemRandom } from '@reprise/kit';
import { AccountChanges, signUp } from '@reprise/sdk/account';
import { drawPhrase } from '@reprise/vault/account';
import { parseArguments, parseServer, defaultServer } from './arguments.ts';
import { portsFor } from './account.ts';
import type { CommandContext } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { type KitFile, type KitText, kitText, openKitFile } from './kit-file.ts';
import { askPassword } from './prompt.ts';
import { failureText } from './words.ts';

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
  using kitFile = values.kit === undefined ? null : openKitFile(values.kit);
  using ports = portsFor(server, terminal);
  const account = await signUp(ports, { name: values.user ?? null, password: given || (phrase as string), signal: terminal.interrupted });
  const changes = new AccountChanges(ports, account);
  const opened = { server: account.record.origin, name: account.record.name, code: changes.code };
  // From here on the account is there: its password is told before anything else can fail.
  if (!values.json) {
    terminal.say(`${words.signedUp(opened.name)}\n`);
    if (phrase !== null) terminal.print(phrase);
    if (phrase !== null) terminal.say(`${words.phraseIs}\n`);
  }
  const made = await makeKit(changes, opened, kitFile, terminal.interrupted);
  if (made.failure) terminal.say(`${words.kitFailed(failureText(words, made.failure), opened.server)}\n`);
  if (values.json) {
    const { name: user, server: origin, code } = opened;
    const kit = made.isWritten ? (values.kit ?? null) : null;
    terminal.print(
      JSON.stringify({ user, userId: account.session.userId, server: origin, code, phrase, kit, words: made.kit?.words ?? null }),
    );
  } else if (made.isWritten) terminal.say(`${words.kitWritten(values.kit ?? '')}\n`);
  else if (made.kit) terminal.say(`${words.kitIs}\n\n${kitText(made.kit)}`);
  return made.failure ? exitCodes.partly : exitCodes.done;
}

type MadeKit = { readonly kit: KitText | null; readonly isWritten: boolean; readonly failure: Failure | null };

/** An account without a kit is still an account: what failed is told, not thrown. A kit that could not be written can be shown. */
async function makeKit(
  changes: AccountChanges,
  opened: Omit<KitText, 'words'>,
  file: KitFile | null,
  signal: AbortSignal,
): Promise<MadeKit> {
  let kit: KitText | null = null;
  try {
    kit = { ...opened, words: await changes.makeKit(signal) };
    file?.write(kit);
    return { kit, isWritten: file !== null, failure: null };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { kit, isWritten: false, failure: error };
  }
}
