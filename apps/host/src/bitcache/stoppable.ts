// A backend that makes no invoice and pays nothing while money is stopped, and takes in nothing for balances and coins while the node could not
// pay what is owed already. What was handed over before is looked up as ever.
import { LightningFailure, type LightningBackend } from '@reprise/lightning';

export type Stops = {
  readonly isStopped: () => boolean;
  readonly isShort: () => boolean;
};

export function stoppable(backend: LightningBackend, { isStopped, isShort }: Stops): LightningBackend {
  return {
    ...backend,
    createInvoice: async (request) => {
      if (isStopped()) throw new LightningFailure('unavailable', { what: 'money is stopped' });
      if (isShort() && isTakenIn(request.label)) throw new LightningFailure('unavailable', { what: 'the node could not pay what is owed' });
      return backend.createInvoice(request);
    },
    // Not `failed`: whoever asks may ask about what is under way already.
    pay: async (request) => (isStopped() ? { state: 'unknown', why: 'money is stopped' } : backend.pay(request)),
  };
}

/** Deposits, and quotes of the mint, whose labels are UUIDs; what is bought is paid for as ever. */
function isTakenIn(label: string): boolean {
  return /^(deposit-|[0-9a-f]{8}-)/.test(label);
}
