// Judges what a mint says it owes: trees, lines, epochs and their chain. Vector file liabilities.
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import type { Bytes } from '@reprise/kit';
import { parseHex } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import {
  chainProblem,
  isCounted,
  openEpoch,
  type ReadEpoch,
  type Sha256,
  SumList,
  type SumRoot,
  SumTree,
} from '@reprise/protocol/liabilities';
import type { Engine } from '../engine.ts';
import { type Case, expectField, hexField, listField, Mismatch, numberField, textField } from './case.ts';

const sha256: Sha256 = (bytes) => nobleSha256(bytes) as Bytes;

export function judgeLiabilities(_: Engine, one: Case): void {
  switch (textField(one, 'what')) {
    case 'tree':
      return judgeTree(one);
    case 'line':
      return judgeLine(one);
    case 'epoch':
      return judgeEpoch(one);
    case 'chain':
      return judgeChain(one);
    default:
      throw new Mismatch(`${one.name}: what is no kind of case`);
  }
}

type Pair = readonly [hex: string, amount: string];

function judgeTree(one: Case): void {
  const leaves = listField<Pair>(one, 'leaves').map(([key, amount]) => ({ key: parseHex(key) as Bytes, amount: BigInt(amount) }));
  const [tree, list] = [new SumTree(sha256, leaves), new SumList(sha256)];
  for (const leaf of leaves) list.add(leaf);
  expectField(one, 'root', rootOf(tree.root));
  expectField(one, 'root', rootOf(list.root));
  expectField(
    one,
    'paths',
    leaves.map((_, index) => tree.path(index).map(({ hash, sum }) => [hash, sum])),
  );
}

function judgeLine(one: Case): void {
  const [count, sum, hash] = listField<number | string>(one, 'root');
  const lines = { count: count as number, sum: BigInt(sum as string), hash: parseHex(hash as string) as Bytes };
  const path = listField<Pair>(one, 'path').map(([beside, amount]) => ({ hash: parseHex(beside) as Bytes, sum: BigInt(amount) }));
  const line = {
    name: textField(one, 'line'),
    salt: hexField(one, 'salt'),
    amount: BigInt(textField(one, 'amount')),
    index: numberField(one, 'index'),
    path,
  };
  if (!isCounted(sha256, { number: numberField(one, 'epoch'), lines }, line)) throw new Failure('bad-object', { reason: 'not counted' });
}

function judgeEpoch(one: Case): void {
  const epoch = opened(one, 'sealed');
  expectField(one, 'hash', epoch.hash);
  expectField(one, 'says', {
    ...{ number: epoch.number, at: epoch.at, previous: epoch.previous, network: epoch.network },
    keysets: epoch.keysets.map(({ id, promised, spent }) => [id, rootOf(promised), rootOf(spent)]),
    lines: rootOf(epoch.lines),
    reserves: epoch.reserves && [epoch.reserves.backend, epoch.reserves.spendable],
  });
}

function judgeChain(one: Case): void {
  const before = one['before'] === null ? null : opened(one, 'before');
  const problem = chainProblem(before, opened(one, 'sealed'));
  if (problem === undefined) return;
  if (problem !== one['step']) throw new Mismatch(`${one.name}: refused at ${problem}`);
  throw new Failure('bad-object', { reason: problem });
}

function opened(one: Case, field: string): ReadEpoch {
  const epoch = openEpoch(sha256, hexField(one, 'key'), hexField(one, field));
  if (epoch === 'signature') throw new Failure('signature-refused');
  return epoch;
}

function rootOf({ count, sum, hash }: SumRoot): readonly unknown[] {
  return [count, sum, hash];
}
