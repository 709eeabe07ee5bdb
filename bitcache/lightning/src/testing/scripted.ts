// A backend over a world in memory, which can be told to misbehave as nodes and networks do. For tests only: the host refuses to run on it.
import { msat } from '@reprise/ledger';
import { LightningFailure } from '../failures.ts';
import type {
  BackendInfo,
  Balance,
  Capabilities,
  Cursor,
  Invoice,
  InvoiceRequest,
  InvoiceState,
  LightningBackend,
  LightningEvent,
  Outcome,
  PaymentHash,
  PaymentRequest,
  Preimage,
  Received,
} from '../port.ts';
import { type OurInvoice, type OurPayment, World } from './world.ts';

/** How the next payment, or look-ups until told otherwise, go wrong. */
export type Trouble = 'lost-before' | 'lost-after' | 'throws' | 'zero-preimage' | 'stale-failed' | 'not-found' | 'unknown';

export const scriptedCapabilities: Capabilities = {
  feeLimit: 'hard',
  msat: true,
  labels: true,
  cancel: true,
  descriptionHash: true,
  resumableEvents: true,
};

export class ScriptedBackend implements LightningBackend {
  readonly name = 'scripted';
  readonly capabilities = scriptedCapabilities;
  readonly world: World;
  /** For one call of `pay`. */
  payTrouble: Trouble | null = null;
  lookupTrouble: Trouble | null = null;
  synced = true;
  /** For one call of `cancelInvoice`: what happens elsewhere meanwhile. */
  whileCancelled: (() => Promise<unknown>) | null = null;
  /** Every hand-over, as it came. */
  readonly handedOver: PaymentRequest[] = [];

  constructor(world = new World()) {
    this.world = world;
  }

  /** The next call of it waits for `answer`. */
  hold(call: 'lookupPayment' | 'pay'): { readonly asked: Promise<void>; readonly answer: () => void } {
    const [asked, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const real = this[call].bind(this) as (parameter: never) => Promise<never>;
    this[call] = async (parameter: never) => {
      this[call] = real;
      asked.resolve();
      await answered.promise;
      return real(parameter);
    };
    return { asked: asked.promise, answer: answered.resolve };
  }

  async info(): Promise<BackendInfo> {
    return { network: this.world.network, synced: this.synced };
  }

  async balance(): Promise<Balance> {
    return { spendable: msat(this.world.spendable), receivable: null };
  }

  async createInvoice(request: InvoiceRequest): Promise<Invoice> {
    const { bolt11, hash, amount, expiresAt } = this.world.create(request);
    return { bolt11, hash, amount, expiresAt };
  }

  async lookupInvoice(hash: PaymentHash): Promise<InvoiceState> {
    const invoice = this.world.ours.get(hash);
    if (invoice === undefined) return { state: 'not-found' };
    if (invoice.state === 'settled') return receivedOf(invoice);
    if (invoice.state === 'cancelled') return { state: 'cancelled' };
    return { state: invoice.expiresAt <= this.world.now() ? 'expired' : 'open' };
  }

  async cancelInvoice(hash: PaymentHash): Promise<'cancelled' | Received> {
    const meanwhile = this.whileCancelled;
    this.whileCancelled = null;
    await meanwhile?.();
    const invoice = this.world.cancel(hash);
    if (invoice === undefined) throw new LightningFailure('refused', { what: 'no such invoice' });
    return invoice.state === 'settled' ? receivedOf(invoice) : 'cancelled';
  }

  async pay(request: PaymentRequest): Promise<Outcome> {
    const trouble = this.payTrouble;
    this.payTrouble = null;
    if (trouble === 'lost-before') return { state: 'unknown', why: 'the connection was lost' };
    this.handedOver.push(request);
    const payment = this.world.send(request.bolt11, request.maxFee);
    if (trouble === 'lost-after') return { state: 'unknown', why: 'the connection was lost' };
    return this.#spoil(trouble, outcomeOf(payment)) as Outcome;
  }

  async lookupPayment(hash: PaymentHash): Promise<Outcome | { state: 'not-found' }> {
    const payment = this.world.payment(hash);
    return this.#spoil(this.lookupTrouble, payment ? outcomeOf(payment) : { state: 'not-found' });
  }

  async *events(from: Cursor, signal: AbortSignal): AsyncIterable<{ cursor: Cursor; event: LightningEvent }> {
    // The last event before the cursor comes again, as it may.
    for (let at = Math.max(0, Number(from || 0) - 1); !signal.aborted; ) {
      const change = this.world.changes[at];
      if (change === undefined) {
        await this.world.changed(signal);
        continue;
      }
      at++;
      const event = this.#eventOf(change);
      if (event) yield { cursor: String(at), event };
    }
  }

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}

  #eventOf({ kind, hash }: World['changes'][number]): LightningEvent | undefined {
    if (kind === 'received') return { kind, hash, received: receivedOf(this.world.ours.get(hash) as OurInvoice) };
    const outcome = outcomeOf(this.world.payment(hash) as OurPayment);
    return outcome.state === 'succeeded' || outcome.state === 'failed' ? { kind, hash, outcome } : undefined;
  }

  #spoil(trouble: Trouble | null, outcome: Outcome | { state: 'not-found' }): Outcome | { state: 'not-found' } {
    if (trouble === 'throws') throw new Error('a bug of the adapter');
    if (trouble === 'unknown') return { state: 'unknown', why: 'no answer' };
    if (trouble === 'not-found') return { state: 'not-found' };
    if (trouble === 'stale-failed') return { state: 'failed', reason: 'no-route', evidence: '0' };
    if (trouble === 'zero-preimage' && outcome.state === 'succeeded') return { ...outcome, preimage: '00'.repeat(32) as Preimage };
    return outcome;
  }
}

function receivedOf({ received }: OurInvoice): Received {
  return { state: 'settled', amount: received, kept: msat(0n) };
}

function outcomeOf({ state, preimage, fee, reason, id }: OurPayment): Outcome {
  if (state === 'in-flight') return { state };
  if (state === 'failed') return { state, reason: reason ?? 'other', evidence: String(id) };
  return { state, preimage: preimage as Preimage, fee };
}
