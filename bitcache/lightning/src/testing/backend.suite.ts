// What every backend must do: one suite, run on the one in memory, on each adapter before a stand-in of its daemon, and on the sandbox.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { msat, type Msat } from '@reprise/ledger';
import { parseInvoice } from '../bolt11/parse.ts';
import { LightningFailure } from '../failures.ts';
import type { Capabilities, InvoiceRequest, LightningBackend, LightningEvent, Outcome, PaymentHash } from '../port.ts';

/** How the way to a daemon fails during the next payment. */
export type PayFault = 'lost-before' | 'lost-after' | 'garbage-after' | 'zero-preimage';

/** Everybody else on the network. */
export interface Outside {
  /** @returns an invoice of a stranger whose payment ends so, at this fee */
  invoice(amount: bigint, fate: { readonly end: 'succeeds' | 'fails' | 'hangs'; readonly fee?: bigint }): Promise<string>;
  /** A stranger pays an invoice of ours. */
  pay(bolt11: string): Promise<void>;
  /** Ends a payment that hangs. */
  settle(hash: PaymentHash): Promise<void>;
  fail(hash: PaymentHash): Promise<void>;
  /** How often money left for this hash. */
  paid(hash: PaymentHash): number | Promise<number>;
}

export type BackendUnderTest = {
  readonly backend: LightningBackend;
  readonly outside: Outside;
  readonly breakNextPayment?: (fault: PayFault) => void;
  /** The node of the backend goes away and does not come back. */
  readonly vanish?: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** What there is to be tested; the rest is left out. */
export type Abilities = {
  readonly capabilities: Capabilities;
  /** Fees of 50,000 msat and more can be had, for the limit on them. */
  readonly routesCost: boolean;
  /** Something lies between the backend and its node, and can fail: `breakNextPayment` and `vanish` are there. */
  readonly remote: boolean;
};

const waitMs = 60_000;
let labels = 0;
const request = (amount: bigint, other: Partial<InvoiceRequest> = {}): InvoiceRequest => ({
  label: `suite-${process.pid}-${++labels}`,
  amount: msat(amount),
  description: { text: 'for the suite' },
  expirySeconds: 600,
  ...other,
});

export function describeBackend(name: string, abilities: Abilities, open: () => Promise<BackendUnderTest>): void {
  describe(name, () => {
    let under: BackendUnderTest;
    before(async () => {
      under = await open();
    });
    after(() => under.close());
    describeInvoices(() => under, abilities);
    describePayments(() => under, abilities);
    describeEvents(() => under);
    if (abilities.remote) describeFaults(() => under);
  });
}

type Under = () => BackendUnderTest;

function describeInvoices(under: Under, { capabilities }: Abilities): void {
  it('says its network, and what it could pay', async () => {
    const { backend } = under();
    assert.deepEqual(backend.capabilities, capabilities);
    assert.deepEqual(await backend.info(), { network: 'regtest', synced: true });
    assert.ok((await backend.balance()).spendable > 0n);
  });
  it('makes an invoice of exactly the amount, which is open until it is paid and then settled', async () => {
    const { backend, outside } = under();
    const invoice = await backend.createInvoice(request(21_000n));
    const parsed = parseInvoice(invoice.bolt11);
    assert.deepEqual(
      [parsed.network, parsed.amount, parsed.hash, parsed.description],
      ['regtest', 21_000n, invoice.hash, { text: 'for the suite' }],
    );
    assert.ok(Math.abs(parsed.expiresAt - invoice.expiresAt) <= 1_000);
    assert.deepEqual(await backend.lookupInvoice(invoice.hash), { state: 'open' });
    await outside.pay(invoice.bolt11);
    await until(async () => (await backend.lookupInvoice(invoice.hash)).state === 'settled');
    assert.deepEqual(await backend.lookupInvoice(invoice.hash), { state: 'settled', amount: 21_000n, kept: 0n });
  });
  it('knows nothing of an invoice that it never made', async () => {
    assert.deepEqual(await under().backend.lookupInvoice('ab'.repeat(32) as PaymentHash), { state: 'not-found' });
  });
  if (capabilities.labels)
    it('gives the same invoice for the same label', async () => {
      const { backend } = under();
      const asked = request(5_000n);
      assert.deepEqual(await backend.createInvoice(asked), await backend.createInvoice(asked));
    });
  if (capabilities.msat)
    it('asks for amounts below a satoshi', async () => {
      const { backend } = under();
      assert.equal(parseInvoice((await backend.createInvoice(request(1_234n))).bolt11).amount, 1_234n);
    });
  if (capabilities.descriptionHash)
    it('puts the hash of a long description into the invoice', async () => {
      const { backend } = under();
      const description = { hash: 'cd'.repeat(32) };
      assert.deepEqual(parseInvoice((await backend.createInvoice(request(1_000n, { description }))).bolt11).description, description);
    });
  if (capabilities.cancel)
    it('cancels an invoice unless it was paid', async () => {
      const { backend, outside } = under();
      assert.ok(backend.cancelInvoice);
      const [open, paid] = [await backend.createInvoice(request(2_000n)), await backend.createInvoice(request(3_000n))];
      assert.equal(await backend.cancelInvoice(open.hash), 'cancelled');
      assert.match((await backend.lookupInvoice(open.hash)).state, /^(cancelled|not-found)$/);
      await outside.pay(paid.bolt11);
      await until(async () => (await backend.lookupInvoice(paid.hash)).state === 'settled');
      assert.deepEqual(await backend.cancelInvoice(paid.hash), { state: 'settled', amount: 3_000n, kept: 0n });
    });
}

function describePayments(under: Under, { capabilities, routesCost }: Abilities): void {
  const pay = (bolt11: string, maxFee: bigint, attempt = 1): Promise<Outcome> =>
    under().backend.pay({ bolt11, maxFee: msat(maxFee), timeoutSeconds: 1, attempt });

  it('pays, and shows the preimage and the fee', async () => {
    const { backend, outside } = under();
    const bolt11 = await outside.invoice(40_000n, { end: 'succeeds' });
    const outcome = await ended(backend, hashOf(bolt11), await pay(bolt11, 10_000n));
    assertPaid(outcome, hashOf(bolt11), msat(10_000n));
    assert.equal(await outside.paid(hashOf(bolt11)), 1);
    assert.deepEqual(await backend.lookupPayment(hashOf(bolt11)), outcome);
  });
  it('does not pay twice, however often it is told, and never calls it failed', async () => {
    const { backend, outside } = under();
    const bolt11 = await outside.invoice(41_000n, { end: 'succeeds' });
    await ended(backend, hashOf(bolt11), await pay(bolt11, 10_000n));
    const again = await pay(bolt11, 10_000n, 2);
    assert.notEqual(again.state, 'failed');
    assert.equal(await outside.paid(hashOf(bolt11)), 1);
    assertPaid(await backend.lookupPayment(hashOf(bolt11)), hashOf(bolt11), msat(10_000n));
  });
  it('says that a payment failed, now and when it is looked up', async () => {
    const { backend, outside } = under();
    const bolt11 = await outside.invoice(42_000n, { end: 'fails' });
    const outcome = await ended(backend, hashOf(bolt11), await pay(bolt11, 10_000n));
    assert.equal(outcome.state, 'failed');
    const later = await backend.lookupPayment(hashOf(bolt11));
    assert.ok(later.state === 'failed' || later.state === 'not-found', later.state);
    assert.equal(await outside.paid(hashOf(bolt11)), 0);
  });
  for (const end of ['settle', 'fail'] as const) {
    it(`returns while a payment hangs, calls it in flight or unknown, and tells when others ${end} it`, async () => {
      const { backend, outside } = under();
      const bolt11 = await outside.invoice(43_000n, { end: 'hangs' });
      const hash = hashOf(bolt11);
      const first = await pay(bolt11, 10_000n);
      assert.ok(first.state === 'in-flight' || first.state === 'unknown', first.state);
      const looked = await backend.lookupPayment(hash);
      assert.ok(looked.state === 'in-flight' || looked.state === 'unknown', looked.state);
      await outside[end](hash);
      const last = await ended(backend, hash, looked);
      if (end === 'settle') assertPaid(last, hash, msat(10_000n));
      else assert.equal(last.state, 'failed');
    });
  }
  if (capabilities.feeLimit === 'hard' && routesCost)
    it('does not pay more for the way than it may', async () => {
      const { backend, outside } = under();
      const before = await backend.balance();
      const bolt11 = await outside.invoice(100_000n, { end: 'succeeds', fee: 50_000n });
      assert.equal((await ended(backend, hashOf(bolt11), await pay(bolt11, 49_999n))).state, 'failed');
      assert.deepEqual([await outside.paid(hashOf(bolt11)), await backend.balance()], [0, before]);
    });
  it('has no trace of a payment that it was never given', async () => {
    assert.deepEqual(await under().backend.lookupPayment('ef'.repeat(32) as PaymentHash), { state: 'not-found' });
  });
}

function describeEvents(under: Under): void {
  it('tells of what came in, and again from a cursor', async () => {
    const { backend, outside } = under();
    const [first, second] = [await backend.createInvoice(request(6_000n)), await backend.createInvoice(request(7_000n))];
    await outside.pay(first.bolt11);
    const cursor = await cursorOf(backend, '', received(first.hash, msat(6_000n)));
    await outside.pay(second.bolt11);
    await cursorOf(backend, backend.capabilities.resumableEvents ? cursor : '', received(second.hash, msat(7_000n)));
  });
  it('stops telling when nobody listens any more', async () => {
    const control = new AbortController();
    const listening = (async () => {
      for await (const _ of under().backend.events('', control.signal)) void _;
    })();
    control.abort();
    await listening;
  });
}

function describeFaults(under: Under): void {
  const pay = (bolt11: string): Promise<Outcome> => under().backend.pay({ bolt11, maxFee: msat(10_000n), timeoutSeconds: 1, attempt: 1 });
  const expected: readonly (readonly [PayFault, 'not-found' | 'succeeded'])[] = [
    ['lost-before', 'not-found'],
    ['lost-after', 'succeeded'],
    ['garbage-after', 'succeeded'],
    ['zero-preimage', 'succeeded'],
  ];
  for (const [fault, after] of expected) {
    it(`calls a payment unknown, and looks it up as ${after}: ${fault}`, async () => {
      const { backend, outside, breakNextPayment } = under();
      assert.ok(breakNextPayment);
      const bolt11 = await outside.invoice(44_000n, { end: 'succeeds' });
      breakNextPayment(fault);
      // An adapter may ask again by itself: what it says must be the truth, or unknown.
      assert.match((await pay(bolt11)).state, after === 'succeeded' ? /^(unknown|succeeded)$/ : /^unknown$/);
      await until(async () => (await backend.lookupPayment(hashOf(bolt11))).state === after);
      assert.equal(await outside.paid(hashOf(bolt11)), after === 'succeeded' ? 1 : 0);
    });
  }
  it('knows nothing, and says so, once its node is gone', async () => {
    const { backend, outside, vanish } = under();
    assert.ok(vanish);
    const bolt11 = await outside.invoice(45_000n, { end: 'succeeds' });
    await vanish();
    assert.equal((await pay(bolt11)).state, 'unknown');
    assert.equal((await backend.lookupPayment(hashOf(bolt11))).state, 'unknown');
    for (const ask of [
      () => backend.info(),
      () => backend.balance(),
      () => backend.createInvoice(request(1_000n)),
      () => backend.lookupInvoice(hashOf(bolt11)),
    ])
      await assert.rejects(ask, (error: unknown) => error instanceof LightningFailure && error.code === 'unavailable');
  });
}

function hashOf(bolt11: string): PaymentHash {
  return parseInvoice(bolt11).hash;
}

function received(hash: PaymentHash, amount: Msat): LightningEvent {
  return { kind: 'received', hash, received: { state: 'settled', amount, kept: msat(0n) } };
}

/** Listens until the event comes. */
async function cursorOf(backend: LightningBackend, from: string, wanted: LightningEvent): Promise<string> {
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), waitMs);
  try {
    for await (const { cursor, event } of backend.events(from, control.signal)) {
      if (event.hash !== wanted.hash) continue;
      assert.deepEqual(event, wanted);
      return cursor;
    }
  } finally {
    clearTimeout(timer);
    control.abort();
  }
  return assert.fail('the event did not come');
}

function assertPaid(outcome: Outcome | { state: 'not-found' }, hash: PaymentHash, feeMax: Msat): void {
  assert.equal(outcome.state, 'succeeded');
  if (outcome.state !== 'succeeded') return;
  assert.equal(createHash('sha256').update(Buffer.from(outcome.preimage, 'hex')).digest('hex'), hash);
  assert.ok(outcome.fee >= 0n && outcome.fee <= feeMax, String(outcome.fee));
}

/** Looks a payment up until it has ended. */
async function ended(
  backend: LightningBackend,
  hash: PaymentHash,
  first: Outcome | { state: 'not-found' },
): Promise<Outcome | { state: 'not-found' }> {
  let outcome = first;
  await until(async () => {
    if (outcome.state === 'succeeded' || outcome.state === 'failed') return true;
    outcome = await backend.lookupPayment(hash);
    return false;
  });
  return outcome;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const endsAt = Date.now() + waitMs; ; ) {
    if (await isSo()) return;
    assert.ok(Date.now() < endsAt, 'it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
