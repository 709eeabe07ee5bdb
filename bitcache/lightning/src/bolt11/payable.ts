// What we pay: the border that every invoice of somebody else passes before money is set aside. spec/lightning.md "Invoices".
import type { Msat } from '@reprise/ledger';
import { LightningFailure } from '../failures.ts';
import type { Network } from '../port.ts';
import { type ParsedInvoice, parseInvoice } from './parse.ts';

export type PayableInvoice = ParsedInvoice & { readonly amount: Msat };

/**
 * An invoice with an amount, of this network, that has not expired.
 * @throws LightningFailure invoice-malformed, invoice-feature, invoice-network, invoice-amountless, invoice-expired
 */
export function payable(text: string, network: Network, now: number): PayableInvoice {
  const invoice = parseInvoice(text);
  if (invoice.network !== network) throw new LightningFailure('invoice-network', { invoice: invoice.network, backend: network });
  const { amount } = invoice;
  if (amount === null) throw new LightningFailure('invoice-amountless');
  if (invoice.expiresAt <= now) throw new LightningFailure('invoice-expired', { expiredAt: invoice.expiresAt });
  return { ...invoice, amount };
}
