// A Merkle tree whose every node says what is below it in all: who finds his line in it knows that the total counts it. The tree is that of
// RFC 9162, so that a list which is only added to keeps what it said before. spec/liabilities.md "Sum trees".
import { assert, type Bytes, concatBytes, encodeUtf8, equalBytes, u64, u8 } from '@reprise/kit';
import { hashLabels } from '../labels.ts';

/** SHA-256 at once: trees of a million leaves wait for no promise. */
export type Sha256 = (bytes: Uint8Array) => Bytes;

export type SumLeaf = {
  /** A point of 33 bytes, or the hidden name of a line, 32. */
  readonly key: Uint8Array;
  readonly amount: bigint;
};
export type SumNode = { readonly hash: Bytes; readonly sum: bigint };
export type SumRoot = SumNode & { readonly count: number };

/** All bitcoin there can ever be, in thousandths of a satoshi: no sum is above it, so that none wraps round. */
export const liabilityMax = 2_100_000_000_000_000_000n;

const [leafPrefix, nodePrefix] = [hashLabels.liabilityLeaf, hashLabels.liabilityNode].map((label) =>
  concatBytes(encodeUtf8(label), u8(0)),
) as [Bytes, Bytes];

/** What of a list has been added up: the whole trees it consists of, largest first, of which no two are of one size. */
export class SumList {
  readonly #sha256: Sha256;
  readonly #peaks: SumRoot[];

  /** @param peaks of a list that is gone on with */
  constructor(sha256: Sha256, peaks: readonly SumRoot[] = []) {
    this.#sha256 = sha256;
    this.#peaks = [...peaks];
  }

  get peaks(): readonly SumRoot[] {
    return this.#peaks;
  }

  /** @throws AssertionFailure for a sum beyond all bitcoin */
  add(leaf: SumLeaf): void {
    let peak: SumRoot = { ...leafOf(this.#sha256, leaf), count: 1 };
    for (let last = this.#peaks.at(-1); last?.count === peak.count; last = this.#peaks.at(-1)) {
      this.#peaks.pop();
      peak = { ...above(this.#sha256, last, peak), count: 2 * peak.count };
    }
    this.#peaks.push(peak);
  }

  get count(): number {
    return this.#peaks.reduce((sum, peak) => sum + peak.count, 0);
  }

  get root(): SumRoot {
    const root = this.#peaks.reduceRight<SumNode | undefined>(
      (right, { hash, sum }) => (right ? above(this.#sha256, { hash, sum }, right) : { hash, sum }),
      undefined,
    );
    return { ...(root ?? { hash: this.#sha256(leafPrefix), sum: 0n }), count: this.count };
  }
}

/** A tree that shows the way to each of its leaves: a level of nodes above the other, the last without a neighbour as it is. */
export class SumTree {
  readonly #levels: readonly (readonly SumNode[])[];
  readonly root: SumRoot;

  constructor(sha256: Sha256, leaves: readonly SumLeaf[]) {
    const levels: SumNode[][] = [leaves.map((leaf) => leafOf(sha256, leaf))];
    for (let level = levels[0] as SumNode[]; level.length > 1; levels.push(level)) level = pairs(sha256, level);
    this.#levels = levels;
    this.root = { ...(levels.at(-1)?.[0] ?? { hash: sha256(leafPrefix), sum: 0n }), count: leaves.length };
  }

  /** What stands beside the way from a leaf to the root, from below. */
  path(index: number): readonly SumNode[] {
    return this.#levels.flatMap((level, height) => level[Math.floor(index / 2 ** height) ^ 1] ?? []);
  }
}

function pairs(sha256: Sha256, level: readonly SumNode[]): SumNode[] {
  const risen: SumNode[] = [];
  for (let i = 0; i < level.length; i += 2) {
    const [left, right] = [level[i] as SumNode, level[i + 1]];
    risen.push(right ? above(sha256, left, right) : left);
  }
  return risen;
}

export type SumPlace = { readonly leaf: SumLeaf; readonly index: number; readonly path: readonly SumNode[] };

/** Whether a leaf stands at its place in the tree of this root. Answers for any input. */
export function isUnder(sha256: Sha256, root: SumRoot, { leaf, index, path }: SumPlace): boolean {
  const amounts = [leaf.amount, ...path.map(({ sum }) => sum)];
  const isFormed =
    Number.isSafeInteger(index) &&
    index >= 0 &&
    index < root.count &&
    amounts.every((amount) => amount >= 0n && amount <= liabilityMax) &&
    amounts.reduce((sum, amount) => sum + amount, 0n) === root.sum &&
    root.sum <= liabilityMax;
  if (!isFormed) return false;
  let [at, last, node] = [index, root.count - 1, leafOf(sha256, leaf)];
  for (const beside of path) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      node = above(sha256, beside, node);
      // Without a neighbour a node rises as it is.
      while (at % 2 === 0 && at > 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else {
      node = above(sha256, node, beside);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 && node.sum === root.sum && equalBytes(node.hash, root.hash);
}

function leafOf(sha256: Sha256, { key, amount }: SumLeaf): SumNode {
  assert(amount >= 0n && amount <= liabilityMax, 'a leaf is an amount that can exist');
  return { hash: sha256(concatBytes(leafPrefix, key, u64(amount))), sum: amount };
}

function above(sha256: Sha256, left: SumNode, right: SumNode): SumNode {
  const sum = left.sum + right.sum;
  assert(sum <= liabilityMax, 'a sum beyond all bitcoin');
  return { hash: sha256(concatBytes(nodePrefix, left.hash, u64(left.sum), right.hash, u64(right.sum))), sum };
}
