import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodePaymentRequest, getDecodedToken, getEncodedToken } from '@cashu/cashu-ts';
import { encode } from 'cborg';
import { paymentRequest, readCashuToken } from './cashu-text.ts';

const mint = 'https://mint.example';
const id = '009a1f293253e41e';
const C = `02${'ab'.repeat(32)}`;
const proof = { a: 8, s: 'a secret', c: Buffer.from(C, 'hex') };
const tokenOf = (...parts: readonly Uint8Array[]) => `cashuB${Buffer.concat(parts).toString('base64url')}`;
const bytesOf = (over: Readonly<Record<string, unknown>> = {}) =>
  encode({ m: mint, u: 'sat', t: [{ i: Buffer.from(id, 'hex'), p: [{ ...proof, ...over }] }] });

describe('the text of coins', () => {
  test('is read as a foreign wallet wrote it', () => {
    const plain = [
      { id, amount: 8n, secret: 'a secret', C },
      { id, amount: 2n ** 40n, secret: 'another', C },
    ] as const;
    const locked = { ...plain[0], secret: 'a third', witness: { signatures: [] } };
    const written = getEncodedToken({ mint, unit: 'sat', proofs: [...plain, locked] as never });
    const proofs = [...plain, { ...locked, witness: '{"signatures":[]}' }];
    assert.deepEqual(readCashuToken(written), { mint, unit: 'sat', proofs });
    assert.equal(getDecodedToken(written, [id]).proofs.length, 3);
  });

  const refused: Readonly<Record<string, string>> = {
    'another version': `cashuA${Buffer.from('{}').toString('base64url')}`,
    'bytes after the end': tokenOf(bytesOf(), Uint8Array.of(0)),
    'bytes cut off': tokenOf(bytesOf().subarray(0, -1)),
    'no amount': tokenOf(bytesOf({ a: 'eight' })),
    'an amount of nothing': tokenOf(bytesOf({ a: 0 })),
    'an amount below nothing': tokenOf(bytesOf({ a: -8 })),
    'a part of an amount': tokenOf(bytesOf({ a: 1.5 })),
    'a point as text': tokenOf(bytesOf({ c: C })),
    'a key twice': tokenOf(Uint8Array.of(0xa2, 0x61, 0x6d, 0x60, 0x61, 0x6d, 0x60)),
    'a list without a length': tokenOf(Uint8Array.of(0xa1, 0x61, 0x74, 0x9f, 0xff)),
    'lists in lists without end': tokenOf(new Uint8Array(12_000).fill(0x81)),
    'a length that is not there': tokenOf(Uint8Array.of(0xa1, 0x61, 0x74, 0x9b, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)),
  };
  for (const [what, text] of Object.entries(refused))
    test(`is refused: ${what}`, () => {
      assert.equal(readCashuToken(text), undefined);
    });

  test('asks for a payment that a foreign wallet understands', () => {
    const { amount, unit, mints } = decodePaymentRequest(paymentRequest(4_294_967_297n, mint));
    assert.deepEqual([BigInt(String(amount)), unit, mints], [4_294_967_297n, 'sat', [mint]]);
  });
});
