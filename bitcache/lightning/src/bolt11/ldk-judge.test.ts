// Another reader of BOLT 11, LDK's, held against ours: what both read says the same, and where one refuses what the other reads is told.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { formatHex } from '@reprise/kit';
import { msat } from '@reprise/ledger';
import fc from 'fast-check';
import { Bolt11Invoice, Option_u64Z_Some, Result_Bolt11InvoiceParseOrSemanticErrorZ_OK } from 'lightningdevkit';
import { loadLdk } from '../sandbox/pair.ts';
import type { PaymentHash } from '../port.ts';
import vectors from '../testing/bolt11-vectors.json' with { type: 'json' };
import { type Bech32, formatBech32, parseBech32 } from './bech32.ts';
import { formatInvoice } from './format.ts';
import { parseInvoice } from './parse.ts';

type Reading = {
  readonly amount: bigint | null;
  readonly hash: string;
  readonly payee: string;
  readonly madeAt: bigint;
  readonly seconds: bigint;
  readonly finalDelta: bigint;
  /** Hints for a route, as nodes and channels. */
  readonly routes: readonly (readonly string[])[];
};

/** undefined where it is refused. */
function readByLdk(bolt11: string): Reading | undefined {
  const result = Bolt11Invoice.constructor_from_str(bolt11);
  if (!(result instanceof Result_Bolt11InvoiceParseOrSemanticErrorZ_OK)) return undefined;
  const invoice = result.res;
  const amount = invoice.amount_milli_satoshis();
  return {
    amount: amount instanceof Option_u64Z_Some ? amount.some : null,
    hash: formatHex(invoice.payment_hash()),
    payee: formatHex(invoice.get_payee_pub_key()),
    madeAt: invoice.duration_since_epoch(),
    seconds: invoice.expiry_time(),
    finalDelta: invoice.min_final_cltv_expiry_delta(),
    routes: invoice
      .route_hints()
      .map((hint) => hint.get_a().map((hop) => `${formatHex(hop.get_src_node_id())}/${channelOf(hop.get_short_channel_id())}`)),
  };
}

function readByUs(bolt11: string): Reading | undefined {
  try {
    const { amount, hash, payee, madeAt, expiresAt, finalDelta, routes } = parseInvoice(bolt11);
    return {
      amount,
      hash,
      payee,
      madeAt: BigInt(madeAt / 1_000),
      seconds: BigInt((expiresAt - madeAt) / 1_000),
      finalDelta: BigInt(finalDelta),
      routes: routes.map((hops) => hops.map(({ node, channel }) => `${node}/${channel}`)),
    };
  } catch {
    return undefined;
  }
}

/** The invoice as it would write it. */
function writtenByLdk(bolt11: string): string | undefined {
  const result = Bolt11Invoice.constructor_from_str(bolt11);
  return result instanceof Result_Bolt11InvoiceParseOrSemanticErrorZ_OK ? result.res.to_str() : undefined;
}

function channelOf(id: bigint): string {
  return id.toString(16).padStart(16, '0');
}

/** It counts pico-bitcoin in 64 bits: of the 21 million bitcoin there can be, 18.4. */
const ldkAmountMax = (2n ** 64n - 1n) / 10n;
const nodeKey = new Uint8Array(32).fill(7);
const plain = {
  network: 'regtest',
  amount: msat(21_000n),
  hash: '00'.repeat(32) as PaymentHash,
  secret: new Uint8Array(32),
  description: { text: 'a drink' },
  madeAt: 0,
  expirySeconds: 3_600,
} as const;
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const hex32 = bytes32.map((bytes) => formatHex(bytes));
const invoices = fc
  .record({
    network: fc.constantFrom('mainnet' as const, 'testnet' as const, 'signet' as const, 'regtest' as const),
    amount: fc.option(fc.bigInt({ min: 1n, max: ldkAmountMax }).map(msat)),
    hash: hex32,
    secret: bytes32,
    description: fc.oneof(
      fc.record({ text: fc.string({ unit: 'grapheme', maxLength: 40 }) }, { noNullPrototype: true }),
      fc.record({ hash: hex32 }, { noNullPrototype: true }),
    ),
    madeAt: fc.integer({ min: 0, max: 2 ** 35 - 1 }).map((seconds) => 1_000 * seconds),
    expirySeconds: fc.integer({ min: 1, max: 31_536_000 }),
  })
  .map((fields) => formatInvoice(fields as never, nodeKey));

describe('LDK beside our reader of invoices', () => {
  before(loadLdk);

  /** Of the vectors that are read, the one that it refuses: its signature lies in the upper half, and BOLT 11 would have it read. */
  const highS = 'Public-key recovery with high-S signature';
  it(`refuses alone: ${highS}`, () => {
    const bolt11 = vectors.accepted.find(({ name }) => name === highS)?.bolt11 ?? '';
    assert.ok(readByUs(bolt11));
    assert.equal(readByLdk(bolt11), undefined);
  });
  for (const { name, bolt11 } of vectors.accepted.filter(({ name }) => name !== highS))
    it(`reads the same: ${name}`, () => {
      const ours = readByUs(bolt11);
      assert.ok(ours);
      assert.deepEqual(readByLdk(bolt11), ours);
    });
  for (const { name, bolt11 } of vectors.refused)
    it(`refuses the same: ${name}`, () => {
      assert.equal(readByUs(bolt11), undefined);
      assert.equal(readByLdk(bolt11), undefined);
    });

  it('reads a thousand invoices that we wrote as we do', () =>
    fc.assert(
      fc.property(invoices, (bolt11) => {
        const ours = readByUs(bolt11);
        assert.ok(ours);
        assert.deepEqual(readByLdk(bolt11), ours);
      }),
      { numRuns: 1_000 },
    ));

  it('agrees with us, where both read, on what is paid to whom, in two thousand invoices of which one word was changed and the checksum mended', () => {
    let both = 0;
    fc.assert(
      fc.property(invoices, fc.nat(), fc.integer({ min: 1, max: 31 }), (bolt11, at, by) => {
        const { prefix, words } = parseBech32(bolt11) as Bech32;
        const damaged = formatBech32({ prefix, words: words.map((word, i) => (i === at % words.length ? word ^ by : word)) });
        const [ours, theirs] = [readByUs(damaged), readByLdk(damaged)];
        if (!ours || !theirs) return;
        both++;
        // It asks for the signer of what it would have written, we for that of what is written: not the same where padding is not zero.
        const payee = writtenByLdk(damaged) === damaged ? ours.payee : theirs.payee;
        assert.deepEqual(theirs, { ...ours, payee }, damaged);
      }),
      { numRuns: 2_000 },
    );
    assert.ok(both > 500, `${both} were read by both`);
  });

  it('reads a number with leading zeros, which BOLT 11 forbids and we refuse', () => {
    const { prefix, words } = parseBech32(formatInvoice(plain, nodeKey)) as Bech32;
    // The first word of the expiry, which has two: 3,600 is 3 · 32² + 16 · 32.
    const at = 135;
    assert.deepEqual(words.slice(at - 3, at + 3), [6, 0, 3, 3, 16, 16]);
    const damaged = formatBech32({ prefix, words: words.with(at, 0) });
    assert.equal(readByUs(damaged), undefined);
    assert.ok(readByLdk(damaged));
  });
});
