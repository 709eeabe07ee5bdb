// What a backend, an invoice or the sandbox refuses. spec/lightning.md.
import { CodedFailure } from '@reprise/kit';

export type LightningFailureCode =
  /** No answer came. It says nothing about what happened. */
  | 'unavailable'
  /** The backend said no, and nothing happened. */
  | 'refused'
  /** The text is no invoice, or its signature or checksum is wrong. */
  | 'invoice-malformed'
  /** The invoice belongs to another network than the backend. */
  | 'invoice-network'
  /** The invoice leaves the amount to its payer. */
  | 'invoice-amountless'
  | 'invoice-expired'
  /** The invoice asks for something that a payer must know and we do not. */
  | 'invoice-feature'
  /** The database was used on another network. */
  | 'network-differs'
  /** The sandbox was asked to run where its worthless coins could be taken for money. */
  | 'sandbox-refused';

export class LightningFailure extends CodedFailure<LightningFailureCode> {}
