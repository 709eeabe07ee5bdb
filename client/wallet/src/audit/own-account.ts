// Looks for the lines of an account in the total, and whether the balance of now follows from them. spec/liabilities.md "Lines".
import { isCounted, type OwnLine, type ReadEpoch, type Sha256 } from '@reprise/protocol/liabilities';
import type { Finding } from './findings.ts';

/** As the server answers an account. Amounts are thousandths of a satoshi. */
export type OwnAccount = {
  readonly account: string;
  readonly epoch: number;
  readonly balance: bigint;
  readonly lines: readonly OwnLine[];
  readonly moves: readonly { readonly at: number; readonly kind: string; readonly amount: bigint }[];
  readonly owed: readonly { readonly name: string; readonly amount: bigint }[];
};

/** A movement so near to an epoch may stand on either side of it. */
const marginMs = 60_000;
const movesMax = 10_000;

export type AccountChecked = { readonly counted: number; readonly areMovesMany: boolean; readonly findings: readonly Finding[] };

export function checkAccount(sha256: Sha256, own: OwnAccount, epochs: readonly ReadEpoch[]): AccountChecked {
  const epoch = epochs[own.epoch - 1];
  const latest = epochs.length;
  // Another one may have been closed between both questions.
  if (!epoch || own.epoch < latest - 1)
    return { counted: 0, areMovesMany: false, findings: [{ code: 'lines-old', facts: { epoch: own.epoch, latest } }] };
  const findings: Finding[] = [];
  const counted = own.lines.filter((line) => isCounted(sha256, epoch, line));
  for (const { name } of own.lines.filter((line) => !counted.includes(line)))
    findings.push({ code: 'line-uncounted', facts: { name, epoch: own.epoch } });
  const amountOf = (name: string) => counted.find((line) => line.name === name)?.amount ?? 0n;
  for (const { name, amount } of own.owed)
    if (amountOf(name) < amount)
      findings.push({ code: 'line-hidden', facts: { name, amount: String(amount), listed: String(amountOf(name)) } });
  const areMovesMany = own.moves.length >= movesMax;
  const listed = amountOf(`account:${own.account}`);
  if (!areMovesMany && !isExplained(listed, own, epoch.at))
    findings.push({ code: 'balance-unexplained', facts: { balance: String(own.balance), listed: String(listed), epoch: own.epoch } });
  return { counted: counted.length, areMovesMany, findings };
}

/** Whether what moved after the epoch leads from the line to the balance, wherever near it the line was drawn. */
function isExplained(listed: bigint, { balance, moves }: OwnAccount, at: number): boolean {
  const sorted = moves.toSorted((a, b) => a.at - b.at);
  let moved = sorted.reduce((sum, { amount }) => sum + amount, 0n);
  if (listed + moved === balance) return true;
  for (const move of sorted) {
    if (move.at > at + marginMs) return false;
    moved -= move.amount;
    if (listed + moved === balance) return true;
  }
  return false;
}
