// Opens a link for a command: finds its server, asks for the password if there is one.
import { Failure } from '@reprise/protocol/formats';
import { connect, openLink, type OpenedLink, parseLink, type SealPool, type Transport } from '@reprise/sdk';
import { nodeEngine } from '@reprise/vault/node';
import { parseServer, type takePassword } from './arguments.ts';
import type { CommandContext } from './command.ts';
import { askPassword } from './prompt.ts';

export type OpenWishes = {
  readonly link: string;
  readonly server: string | undefined;
  readonly password: ReturnType<typeof takePassword>['password'];
  readonly transport: Transport;
  readonly pool: SealPool;
};

/** @throws Failure bad-link, password-required, password-wrong, link-unavailable … */
export async function openFor(wishes: OpenWishes, { terminal, words }: CommandContext): Promise<OpenedLink> {
  const link = parseLink(wishes.link);
  const server = wishes.server === undefined ? link.origin : parseServer(wishes.server);
  if (server === null) throw new Failure('usage', { reason: 'no-origin' });
  const connection = connect({ server, transport: wishes.transport });
  const open = (password?: string) =>
    openLink({
      connection,
      link,
      pool: wishes.pool,
      engine: nodeEngine,
      signal: terminal.interrupted,
      ...(password !== undefined && { password }),
    });
  if (wishes.password !== undefined && wishes.password !== 'ask') return open(wishes.password.text);
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof Failure && error.code === 'password-required')) throw error;
    const password = await askPassword(terminal, words.askPassword);
    if (!password) throw error;
    return open(password);
  }
}
