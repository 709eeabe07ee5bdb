// The server of a Lightning address that has one invoice for whoever asks. For tests only.
import type { AddressFetch } from '../lightning-address.ts';

export function answersWith(invoice: string): AddressFetch {
  return async (url) =>
    url.includes('amount=')
      ? { pr: invoice, routes: [] }
      : { tag: 'payRequest', callback: 'https://pay.example/cb', minSendable: 1_000, maxSendable: 1_000_000_000 };
}
