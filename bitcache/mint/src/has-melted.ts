// Whether coins have paid an invoice: what comes for it from outside afterwards is nobody's.
import type { MintParts } from './ports.ts';

/** Whether coins have paid this invoice: if it is our own, then inside. */
export async function hasMelted(mint: MintParts, hash: string): Promise<boolean> {
  const { db } = mint.database;
  const paid = db.selectFrom('mint_melt_quotes').select('id').where('payment_hash', '=', hash).where('state', '=', 'PAID');
  return (await paid.executeTakeFirst()) !== undefined;
}
