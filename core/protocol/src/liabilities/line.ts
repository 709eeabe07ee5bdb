// Whose a line of an epoch is: hidden from all but its owner, and under another name in each epoch. spec/liabilities.md "Lines".
import { type Bytes, concatBytes, encodeUtf8, u64, u8 } from '@reprise/kit';
import { hashLabels } from '../labels.ts';
import { isUnder, type Sha256, type SumNode, type SumRoot } from './sum-tree.ts';

export type OwnLine = {
  /** `account:…`, `pending:…`, `payout:…`, `escrow:…`, `refund:…` */
  readonly name: string;
  /** Thousandths of a satoshi. */
  readonly amount: bigint;
  /** 32 bytes, which make the name one that nobody guesses. */
  readonly salt: Uint8Array;
  readonly index: number;
  readonly path: readonly SumNode[];
};

/** The key of a line in its tree: two lines never share one, since it says the name. */
export function lineKey(sha256: Sha256, epoch: number, { name, salt }: Pick<OwnLine, 'name' | 'salt'>): Bytes {
  return sha256(concatBytes(encodeUtf8(hashLabels.liabilityLine), u8(0), salt, u64(epoch), encodeUtf8(name)));
}

/** Whether the total of an epoch counts this line. Answers for any input. */
export function isCounted(sha256: Sha256, epoch: { readonly number: number; readonly lines: SumRoot }, line: OwnLine): boolean {
  if (line.salt.length !== 32) return false;
  const leaf = { key: lineKey(sha256, epoch.number, line), amount: line.amount };
  return isUnder(sha256, epoch.lines, { leaf, index: line.index, path: line.path });
}
