import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Together } from './together.ts';

const bad = new Error('a bad item');

/** Keeps the groups that it was given, and refuses any in which one is below zero. */
function keeping(groupMax = 8) {
  const groups: (readonly number[])[] = [];
  const work = async (items: readonly number[]) => {
    groups.push(items);
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (items.some((item) => item < 0)) throw bad;
    return items.map((item) => item * 10);
  };
  return { groups, together: new Together<number, number>({ work, isOfOne: (error) => error === bad, groupMax }) };
}

describe('what is done together', () => {
  it('shares a transaction with what came meanwhile, in order, and no more than a group takes', async () => {
    const { groups, together } = keeping(4);
    const first = together.add(0);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    const others = [1, 2, 3, 4, 5].map((item) => together.add(item));
    assert.deepEqual(await Promise.all([first, ...others]), [0, 10, 20, 30, 40, 50]);
    assert.deepEqual(groups, [[0], [1, 2, 3, 4], [5]]);
    assert.equal(await together.add(6), 60);
    assert.deepEqual(groups.at(-1), [6]);
  });

  it('loses only the one that cannot be done', async () => {
    const { groups, together } = keeping();
    const outcomes = await Promise.allSettled([1, 2, -3, 4, 5, 6, 7, -8].map((item) => together.add(item)));
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : outcome.reason)),
      [10, 20, bad, 40, 50, 60, 70, bad],
    );
    assert.deepEqual(
      groups.filter((items) => items.every((item) => item > 0)),
      [[1, 2], [4], [5, 6], [7]],
    );
  });

  it('fails all of a group, once, for a reason that is nobody’s', async () => {
    const lost = new Error('the connection broke');
    let count = 0;
    const work = async () => {
      count++;
      throw lost;
    };
    const together = new Together<number, number>({ work, isOfOne: () => false, groupMax: 8 });
    const outcomes = await Promise.allSettled([1, 2, 3].map((item) => together.add(item)));
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason),
      [lost, lost, lost],
    );
    assert.equal(count, 1);
  });
});
