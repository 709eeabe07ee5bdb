// Links whose time ends while a test runs: the server says when, not the clock of the test.
import { connect, openLink } from '@reprise/sdk';
import { nodeTransport } from '@reprise/sdk/node';
import { nodeEngine } from '@reprise/vault/node';
import { until } from './until.ts';

/** For `REPRISE_LINK_LIFE_DEFAULT`: longer than a busy machine needs to make a link, short enough to wait for. */
export const briefLife = '8s';

/** Resolves once the server answers visitors that the link's time is over. */
export async function untilExpired(link: string): Promise<void> {
  using transport = nodeTransport();
  const connection = connect({ server: new URL(link).origin, transport });
  let seen: unknown = 'nothing';
  const ask = () =>
    openLink({ connection, link, engine: nodeEngine }).then(
      () => ({ opened: true }),
      ({ code, facts }: { readonly code?: string; readonly facts?: { readonly reason?: string } }) => ({ code, reason: facts?.reason }),
    );
  await until(
    'the time of the link is over',
    async () => {
      const answer = await ask();
      seen = answer;
      return 'reason' in answer && answer.reason === 'expired';
    },
    () => seen,
  );
}
