// Which invoices are this node's own: those for coins, and those of whoever else makes some here (a sale). spec/mint.md "Melt".
import { AccountsOf } from '@reprise/ledger';
import type { PaymentHash } from '@reprise/lightning';
import type { MintParts, OwnInvoice } from './ports.ts';
import { creditReceived } from './receipts.ts';

export async function ownInvoiceOf(mint: MintParts, hash: PaymentHash): Promise<OwnInvoice | undefined> {
  const quote = await mint.database.db
    .selectFrom('mint_quotes')
    .select(['id', 'shard', 'amount', 'amount_paid'])
    .where('payment_hash', '=', hash)
    .executeTakeFirst();
  if (!quote) return mint.ownInvoice(hash);
  const purpose = new AccountsOf(quote.shard).code('minting');
  return {
    isPaid: quote.amount_paid > 0,
    received: (received) => creditReceived(mint, hash, received),
    retire: async () => {
      const endedAt = mint.clock.now() - 1;
      const open = mint.database.db.updateTable('mint_quotes').set({ expires_at: endedAt }).where('id', '=', quote.id);
      await open.where('amount_paid', '=', 0).where('expires_at', '>', endedAt).execute();
    },
    prepare: async () => ({
      purposes: [purpose],
      settle: async (queries) => {
        const { numUpdatedRows } = await queries
          .updateTable('mint_quotes')
          .set({ amount_paid: quote.amount, updated_at: mint.clock.now() })
          .where('id', '=', quote.id)
          .where('amount_paid', '=', 0)
          .executeTakeFirstOrThrow();
        return numUpdatedRows === 1n ? purpose : undefined;
      },
    }),
  };
}
