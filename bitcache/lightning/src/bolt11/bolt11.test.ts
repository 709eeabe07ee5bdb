import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { msat } from '@reprise/ledger';
import fc from 'fast-check';
import { LightningFailure, type LightningFailureCode } from '../failures.ts';
import type { PaymentHash } from '../port.ts';
import vectors from '../testing/bolt11-vectors.json' with { type: 'json' };
import { type Bech32, formatBech32, parseBech32 } from './bech32.ts';
import { formatInvoice } from './format.ts';
import { invoiceCharactersMax, parseInvoice } from './parse.ts';
import { payable } from './payable.ts';

const nodeKey = new Uint8Array(32).fill(7);
const hash = createHash('sha256').update('preimage').digest('hex') as PaymentHash;
const madeAt = 1_700_000_000_000;
const fields = { network: 'regtest', amount: msat(21_000n), hash, secret: new Uint8Array(32).fill(9), madeAt, expirySeconds: 600 } as const;
const made = formatInvoice({ ...fields, description: { text: 'une bière' } }, nodeKey);

describe('the invoices of BOLT 11', () => {
  for (const { name, bolt11, expected } of vectors.accepted) {
    it(`are read: ${name}`, () => {
      const parsed = parseInvoice(bolt11);
      assert.equal(parsed.bolt11, bolt11.toLowerCase());
      const { payee, routes, madeAtSeconds, expirySeconds, amount, ...rest } = expected;
      assert.deepEqual(pick(parsed, rest), rest);
      assert.equal(parsed.amount, amount === null ? null : BigInt(amount));
      assert.equal(parsed.madeAt, 1_000 * madeAtSeconds);
      assert.equal(parsed.expiresAt, parsed.madeAt + 1_000 * expirySeconds);
      assert.equal(parsed.routes.length, routes);
      if (payee !== null) assert.equal(parsed.payee, payee);
    });
  }
  for (const { name, bolt11, refusal } of vectors.refused) {
    it(`are refused: ${name}`, () =>
      assert.throws(
        () => parseInvoice(bolt11),
        (error: LightningFailure) => error.code === refusal || (error.code === 'invoice-malformed' && error.facts['what'] === refusal),
      ));
  }
  it('tell the hops of a route', () => {
    const hops = parseInvoice(vectors.accepted[5]?.bolt11 ?? '').routes[0];
    assert.deepEqual(hops, [
      {
        node: '029e03a901b85534ff1e92c43c74431f7ce72046060fcf7a95c37e148f78c77255',
        channel: '0102030405060708',
        baseFee: 1n,
        feePpm: 20,
        delta: 3,
      },
      {
        node: '039e03a901b85534ff1e92c43c74431f7ce72046060fcf7a95c37e148f78c77255',
        channel: '030405060708090a',
        baseFee: 2n,
        feePpm: 30,
        delta: 4,
      },
    ]);
  });
});

describe('an invoice of our own', () => {
  it('is read as it was written, whatever is in it', () => {
    const some = fc.record({
      network: fc.constantFrom('mainnet', 'testnet', 'signet', 'regtest'),
      amount: fc.option(fc.bigInt({ min: 1n, max: 2_100_000_000_000_000_000n }).map(msat)),
      secret: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      description: fc.oneof(
        fc.record({ text: fc.string({ unit: 'grapheme', maxLength: 12 }) }, { noNullPrototype: true }),
        fc.record(
          { hash: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex')) },
          { noNullPrototype: true },
        ),
      ),
      madeAt: fc.integer({ min: 0, max: 2 ** 35 - 1 }).map((seconds) => 1_000 * seconds),
      expirySeconds: fc.integer({ min: 1, max: 31_536_000 }),
    });
    const payee = parseInvoice(made).payee;
    fc.assert(
      fc.property(some, (one) => {
        const parsed = parseInvoice(formatInvoice({ ...one, hash }, nodeKey));
        assert.deepEqual(
          {
            ...pick(parsed, { network: 0, amount: 0, description: 0, madeAt: 0 }),
            hash: parsed.hash,
            expires: parsed.expiresAt - parsed.madeAt,
            payee: parsed.payee,
          },
          {
            network: one.network,
            amount: one.amount,
            description: one.description,
            madeAt: one.madeAt,
            hash,
            expires: 1_000 * one.expirySeconds,
            payee,
          },
        );
      }),
      { numRuns: 100 },
    );
  });
  it('belongs to another payee, or to nobody, once a letter of it was changed and its checksum mended', () => {
    const { prefix, words } = parseBech32(made) as Bech32;
    const changed = formatBech32({ prefix: prefix.replace('210n', '220n'), words });
    assert.notEqual(changed, made);
    const payee = payeeOf(changed);
    assert.notEqual(payee, payeeOf(made));
  });
  it('is refused when it is longer than any invoice', () =>
    refuses('invoice-malformed', () => parseInvoice(`${made}${'q'.repeat(invoiceCharactersMax)}`)));
});

describe('the border of what we pay', () => {
  it('lets an invoice through that has an amount, is of our network, and has not expired', () =>
    assert.equal(payable(made.toUpperCase(), 'regtest', madeAt + 599_999).amount, 21_000n));
  it('refuses an invoice of another network', () => refuses('invoice-network', () => payable(made, 'mainnet', madeAt)));
  it('refuses an invoice that leaves the amount to its payer', () =>
    refuses('invoice-amountless', () =>
      payable(formatInvoice({ ...fields, amount: null, description: { text: '' } }, nodeKey), 'regtest', madeAt),
    ));
  it('refuses an invoice from the moment it expires', () => refuses('invoice-expired', () => payable(made, 'regtest', madeAt + 600_000)));
  it('refuses what is no invoice', () => {
    for (const text of ['', 'lnbc', 'lightning:' + made, `${made} `, made.slice(0, -1), made.replace('1', 'l')])
      refuses('invoice-malformed', () => payable(text, 'regtest', madeAt));
  });
});

function refuses(code: LightningFailureCode, work: () => unknown): void {
  assert.throws(work, (error: unknown) => error instanceof LightningFailure && error.code === code);
}

/** @returns undefined if nobody signed it */
function payeeOf(bolt11: string): string | undefined {
  try {
    return parseInvoice(bolt11).payee;
  } catch (error) {
    assert.ok(error instanceof LightningFailure && error.facts['what'] === 'signature');
    return undefined;
  }
}

function pick(from: object, keys: object): object {
  return Object.fromEntries(Object.entries(from).filter(([key]) => key in keys));
}
