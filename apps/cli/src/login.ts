// `reprise login`: makes this machine a device of an account, by password, by the recovery kit, or by a machine that is one already.
import { Failure } from '@reprise/protocol/formats';
import { type OpenedAccount, recover, signIn } from '@reprise/sdk/account';
import { parseArguments, parseServer, defaultServer } from './arguments.ts';
import { type Ports, portsFor } from './account.ts';
import type { CommandContext } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { readKit } from './kit-file.ts';
import { askPassword } from './prompt.ts';

export async function login(args: readonly string[], context: CommandContext): Promise<number> {
  const { terminal, words } = context;
  const { values, positionals } = parseArguments(args, {
    server: { type: 'string', short: 's' },
    user: { type: 'string', short: 'u' },
    kit: { type: 'string' },
    pair: { type: 'boolean' },
  });
  if (positionals.length > 0) throw new Failure('usage', { reason: 'no-more', value: positionals[0] ?? '' });
  const server = parseServer(values.server ?? (terminal.env['REPRISE_SERVER'] || defaultServer));
  const enter = await wayIn(values, context);
  using ports = portsFor(server, terminal);
  const account = await enter(ports);
  const { name, origin } = account.record;
  if (values.json)
    terminal.print(JSON.stringify({ user: name, userId: account.session.userId, server: origin, device: account.session.deviceId }));
  else if (values.quiet !== true) terminal.say(`${words.signedIn(name, origin)}\n`);
  return exitCodes.done;
}

type WayIn = (ports: Ports) => Promise<OpenedAccount>;
type Choice = Readonly<Partial<Record<'user' | 'kit', string | undefined> & Record<'pair' | 'json', boolean | undefined>>>;

/** By password, by kit or by a machine that is in, whichever was asked for. @throws Failure usage, bad-kit */
async function wayIn({ user, kit: file, pair, json }: Choice, context: CommandContext): Promise<WayIn> {
  const { terminal, words } = context;
  if (pair && (user !== undefined || file !== undefined)) throw new Failure('usage', { reason: 'pair-alone' });
  if (pair) {
    const { joinByCode } = await import('./pairing.ts');
    return (ports) => joinByCode(ports, json === true, context);
  }
  const kit = file === undefined ? { code: '', words: '' } : readKit(file);
  const identifier = kit.code || user;
  if (identifier === undefined && kit.words === '') throw new Failure('usage', { reason: 'no-user' });
  const password = identifier === undefined ? undefined : await askPassword(terminal, words.askAccountPassword);
  if (!password && kit.words === '') throw new Failure('usage', { reason: 'no-password' });
  const signal = terminal.interrupted;
  // The words alone open the account; with the password, the kit only lends the secret of the account code.
  if (!password) return (ports) => recover(ports, kit.words, signal);
  return (ports) => signIn(ports, { identifier: identifier as string, password, signal });
}
