// A backend that makes no invoice and pays nothing while money is stopped. What was handed over before is looked up as ever.
import { LightningFailure, type LightningBackend } from '@reprise/lightning';

export function stoppable(backend: LightningBackend, isStopped: () => boolean): LightningBackend {
  return {
    ...backend,
    createInvoice: async (request) => {
      if (isStopped()) throw new LightningFailure('unavailable', { what: 'money is stopped' });
      return backend.createInvoice(request);
    },
    // Not `failed`: whoever asks may ask about what is under way already.
    pay: async (request) => (isStopped() ? { state: 'unknown', why: 'money is stopped' } : backend.pay(request)),
  };
}
