// `reprise login`: makes this machine a device of an account, by password or by the recovery kit.
import { Failure } from '@reprise/protocol/formats';
import { recover, signIn } from '@reprise/sdk/account';
import { parseArguments, parseServer, defaultServer } from './arguments.ts';
import { portsFor } from './account.ts';
import type { CommandContext } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { readKit } from './kit-file.ts';
import { askPassword } from './prompt.ts';

export async function login(args: readonly string[], { terminal, words }: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, {
    server: { type: 'string', short: 's' },
    user: { type: 'string', short: 'u' },
    kit: { type: 'string' },
  });
  if (positionals.length > 0) throw new Failure('usage', { reason: 'no-more', value: positionals[0] ?? '' });
  const kit = values.kit === undefined ? { code: '', words: '' } : readKit(values.kit);
  const identifier = kit.code || values.user;
  if (identifier === undefined && kit.words === '') throw new Failure('usage', { reason: 'no-user' });
  const server = parseServer(values.server ?? (terminal.env['REPRISE_SERVER'] || defaultServer));
  const password = identifier === undefined ? undefined : await askPassword(terminal, words.askAccountPassword);
  if (!password && kit.words === '') throw new Failure('usage', { reason: 'no-password' });
  using ports = portsFor(server, terminal);
  const { interrupted } = terminal;
  // The words alone open the account; with the password, the kit only lends the secret of the account code.
  const account = password
    ? await signIn(ports, { identifier: identifier as string, password, signal: interrupted })
    : await recover(ports, kit.words, interrupted);
  const { name, origin } = account.record;
  if (values.json)
    terminal.print(JSON.stringify({ user: name, userId: account.session.userId, server: origin, device: account.session.deviceId }));
  else if (values.quiet !== true) terminal.say(`${words.signedIn(name, origin)}\n`);
  return exitCodes.done;
}
