import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Coin, emptyState, endedMax, type Operation, withOperation } from './state.ts';

const coin: Coin = { keyset: 'k', amount: 8n, secret: 's', c: '02', dleq: null };
const ended = (id: string, coins: readonly Coin[] = []): Operation => ({
  ...{ id, mint: 'https://m.example/mint', startedMs: 1, endedMs: 2, amount: 8n, fee: 0n, memo: '' },
  ...{ kind: 'receive', step: 'failed', reason: 'coin-held', coins },
});

test('the oldest entries that are over are forgotten, and none that holds coins which may still be good', () => {
  let state = withOperation(withOperation(emptyState, ended('holds', [coin])), ended('old'));
  const others = Array.from({ length: endedMax }, (_, at) => ended(`${at}`));
  state = withOperation({ ...state, operations: [...state.operations, ...others.slice(1)] }, others[0] as Operation);
  const ids = state.operations.map(({ id }) => id);
  assert.deepEqual([ids.includes('holds'), ids.includes('old'), ids.length], [true, false, endedMax + 1]);
});
