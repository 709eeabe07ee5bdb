// Coins offered for a quote to melt: what is checked before any of it is held, and what may go wrong when it is.
import { violationOf } from '@reprise/database';
import type { OperationId } from '@reprise/ledger';
import { checkBlanks } from './blanks.ts';
import { type Coins, refuseKnownCoins, unlockCoins } from './coins.ts';
import { MintFailure } from './failures.ts';
import type { MeltQuoteRow } from './melt-quotes.ts';
import { refuseLive } from './melt-quotes.ts';
import { collisionOf } from './once.ts';
import type { MintParts } from './ports.ts';
import type { Output } from './read-request.ts';

export type MeltRequest = { readonly quote: MeltQuoteRow; readonly coins: Coins; readonly blanks: readonly Output[] };

/** @throws MintFailure 20007, 11010, 11005, 11001, 11002, 12001, 12002, 10001 */
export async function checkMelt(mint: MintParts, { quote, coins, blanks }: MeltRequest): Promise<void> {
  if (quote.expires_at <= mint.clock.now()) throw new MintFailure(20007);
  if (quote.unit !== coins.unit) throw new MintFailure(11010);
  if (coins.sum < BigInt(quote.amount + quote.fee_reserve) + coins.fee) throw new MintFailure(11005);
  await refuseKnownCoins(mint, coins);
  await checkBlanks(mint, blanks, quote.unit);
  await unlockCoins(mint, coins, blanks, quote.id);
}

/** Another quote of the same invoice may have been faster. */
export async function meltCollision(
  mint: MintParts,
  error: unknown,
  op: OperationId,
  { coins, blanks, quote }: MeltRequest,
): Promise<unknown> {
  const brought = { op, ys: coins.proofs.map(({ y }) => y), bs: blanks.map(({ b }) => b), otherwise: 20005 } as const;
  const collision = await collisionOf(mint, error, brought);
  if (collision === error && violationOf(error) === 'unique') await refuseLive(mint, quote.payment_hash);
  return collision;
}
