import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from './failures.ts';
import { readInvoice } from './invoice-text.ts';

type Vector = {
  readonly name: string;
  readonly bolt11: string;
  readonly expected: {
    readonly hash: string;
    readonly amount: string | null;
    readonly madeAtSeconds: number;
    readonly expirySeconds: number;
  };
};
const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../bitcache/lightning/src/testing/bolt11-vectors.json'), 'utf8'),
) as { readonly accepted: readonly Vector[] };

for (const { name, bolt11, expected } of vectors.accepted)
  test(`reads amount, end and hash of: ${name.slice(0, 60)}`, () => {
    const { msat, hash, expiresAt } = readInvoice(bolt11);
    assert.deepEqual(
      [msat === null ? null : String(msat), hash, expiresAt],
      [expected.amount, expected.hash, 1_000 * (expected.madeAtSeconds + expected.expirySeconds)],
    );
  });

test('refuses what is no invoice', () => {
  for (const text of ['', 'lnbc1', 'lnbc1qqqq', 'hello', `lnbc0n1${'q'.repeat(200)}`])
    assert.throws(
      () => readInvoice(text),
      (error) => error instanceof Failure && error.code === 'bad-answer',
      text,
    );
});
