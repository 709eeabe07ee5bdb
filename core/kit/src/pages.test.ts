import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isPaged, pageBytes, pageMemory, sharedPageMemory } from './pages.ts';

describe('paged memory', () => {
  it('counts only whole pages that begin at a page of the memory and of the file', () => {
    for (const memory of [pageMemory(4 * pageBytes), new Uint8Array(sharedPageMemory(4 * pageBytes))]) {
      assert.equal(isPaged(memory, 0), true);
      assert.equal(isPaged(memory.subarray(pageBytes, 2 * pageBytes), 7 * pageBytes), true);
      assert.equal(isPaged(memory, 1), false);
      assert.equal(isPaged(memory.subarray(1, pageBytes + 1), 0), false);
      assert.equal(isPaged(memory.subarray(0, pageBytes - 1), 0), false);
    }
  });

  it('is no memory of another kind', () => {
    assert.equal(isPaged(new Uint8Array(pageBytes), 0), false);
    assert.equal(isPaged(new Uint8Array(new SharedArrayBuffer(pageBytes)), 0), false);
  });
});
