import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sheetFor } from './pasted.ts';

test('what is pasted is recognised: a token, an invoice, nothing', () => {
  assert.deepEqual(sheetFor(' cashuBo2F0gaJhaUg '), { kind: 'receive', token: 'cashuBo2F0gaJhaUg' });
  assert.deepEqual(sheetFor('cashu:cashuAeyJ0b2tlbiI6'), { kind: 'receive', token: 'cashuAeyJ0b2tlbiI6' });
  assert.deepEqual(sheetFor(`lightning:LNBC20U1${'q'.repeat(30)}`), { kind: 'pay', invoice: `LNBC20U1${'q'.repeat(30)}` });
  assert.deepEqual(sheetFor(`lnbcrt1${'q'.repeat(30)}`), { kind: 'pay', invoice: `lnbcrt1${'q'.repeat(30)}` });
  for (const text of ['', 'hello', 'cashu', 'ln', 'https://example.org', 'lnurl1dp68gurn8ghj7ampd3kx2ar0veekzar0wd5xjtnrdakj7'])
    assert.equal(sheetFor(text), null);
});
