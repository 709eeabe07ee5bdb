// Which mint a server has, and whether its coins are worth anything: as the server says, and as it last said where it cannot be reached.
import { createHash } from 'node:crypto';
import path from 'node:path';
import { decodeUtf8, encodeUtf8 } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import { connect, type Transport } from '@reprise/sdk';
import { nodeTransport, recordFiles } from '@reprise/sdk/node';
import { firstRate, type KnownRate } from './known-rate.ts';
import type { Terminal } from './terminal.ts';

export type MintFacts = {
  readonly mint: string;
  /** Worthless coins: that is said wherever they are shown. null where nobody is known who could say. */
  readonly isSandbox: boolean | null;
  /** What a bitcoin is worth, as the server says now; null where it knows nothing, or could not be asked. */
  readonly rate: KnownRate | null;
};

/**
 * @param server its origin
 * @param transport of who speaks to it already
 * @throws Failure usage where links cannot be sold and there is no mint; network …
 */
export async function mintAt(terminal: Terminal, server: string, transport?: Transport): Promise<MintFacts> {
  const records = recordFiles(path.join(terminal.stateFolder, 'wallet'));
  const name = `mint-${createHash('sha256').update(server).digest('hex').slice(0, 16)}`;
  const kept = records.load(name);
  let facts: MintFacts;
  try {
    facts = await ask(terminal, server, transport);
  } catch (error) {
    if (!kept || !(error instanceof Failure) || error.code === 'usage' || error.code === 'cancelled') throw error;
    return { ...(JSON.parse(decodeUtf8(kept)) as Omit<MintFacts, 'rate'>), rate: null };
  }
  const record = encodeUtf8(JSON.stringify({ mint: facts.mint, isSandbox: facts.isSandbox }));
  // Who loses a race here has read the same.
  if (!kept || decodeUtf8(kept) !== decodeUtf8(record)) records.save(name, record, kept);
  return facts;
}

async function ask(terminal: Terminal, server: string, open?: Transport): Promise<MintFacts> {
  using own = open ? undefined : nodeTransport();
  const { payments } = await connect({ server, transport: (open ?? own) as Transport }).call('server.get', {
    params: {},
    signal: terminal.interrupted,
  });
  if (!payments) throw new Failure('usage', { reason: 'no-mint', value: server });
  return { mint: payments.mint, isSandbox: payments.sandbox, rate: firstRate(payments.rates) };
}
