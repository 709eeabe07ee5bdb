// A backend that tells when it is first really asked: the sandbox sleeps until then, and so does whoever reads its events.
import type { LightningBackend } from '@reprise/lightning';

/** @param wake called before everything that may move money, or may have; often */
export function waking(backend: LightningBackend, wake: () => void): LightningBackend {
  const first = <Parameter, Result>(ask: (parameter: Parameter) => Result) => {
    return (parameter: Parameter): Result => {
      wake();
      return ask(parameter);
    };
  };
  return {
    name: backend.name,
    capabilities: backend.capabilities,
    info: () => backend.info(),
    balance: () => backend.balance(),
    createInvoice: first((request) => backend.createInvoice(request)),
    lookupInvoice: first((hash) => backend.lookupInvoice(hash)),
    ...(backend.cancelInvoice && { cancelInvoice: first(backend.cancelInvoice.bind(backend)) }),
    pay: first((request) => backend.pay(request)),
    lookupPayment: first((hash) => backend.lookupPayment(hash)),
    events: (from, signal) => backend.events(from, signal),
    close: () => backend.close(),
    [Symbol.asyncDispose]: () => backend.close(),
  };
}
