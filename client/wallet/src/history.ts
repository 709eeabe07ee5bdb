// The history as people read it: newest first, each entry in one of four states. spec/wallet.md "History".
import { formatToken } from './coins.ts';
import type { Kind, Operation, Sat, WalletState } from './state.ts';

export type HistoryState =
  /** Somebody else has to do something: pay the invoice, take the token, deliver the payment. */
  | 'waiting'
  | 'arrived'
  | 'failed'
  /** What was asked of the mint was not answered, and is asked again at the next start. */
  | 'to-recover';

export type HistoryEntry = {
  readonly id: string;
  readonly kind: Kind;
  readonly state: HistoryState;
  readonly amount: Sat;
  readonly fee: Sat;
  readonly startedMs: number;
  readonly endedMs: number | null;
  readonly memo: string;
  /** Why it failed. */
  readonly reason: string | null;
  /** An invoice to be paid to us, or the one we pay. */
  readonly request: string | null;
  /** A token that is out; or, of one that failed to be taken and may still be good, that. */
  readonly token: string | null;
  readonly preimage: string | null;
};

export function history({ operations }: Pick<WalletState, 'operations'>): readonly HistoryEntry[] {
  return operations.map(entryOf).reverse();
}

function entryOf(operation: Operation): HistoryEntry {
  const { id, kind, amount, fee, startedMs, endedMs, memo } = operation;
  return {
    id,
    kind,
    state: stateOf(operation),
    amount,
    fee,
    startedMs,
    endedMs,
    memo,
    reason: operation.step === 'failed' ? operation.reason : null,
    request: 'request' in operation ? operation.request : null,
    token: 'coins' in operation && operation.coins.length > 0 ? formatToken(operation.mint, operation.coins, memo) : null,
    preimage: operation.step === 'done' ? operation.preimage : null,
  };
}

function stateOf({ kind, step }: Operation): HistoryState {
  if (step === 'done') return 'arrived';
  if (step === 'failed') return 'failed';
  return step === 'asked' && kind !== 'pay' ? 'to-recover' : 'waiting';
}

/** For a spreadsheet: RFC 4180, times in ISO 8601, amounts in satoshis, what left us negative. */
export function formatCsv(entries: readonly HistoryEntry[]): string {
  const rows = entries.map((entry) => [
    new Date(entry.startedMs).toISOString(),
    entry.kind,
    entry.state,
    `${entry.kind === 'send' || entry.kind === 'pay' ? '-' : ''}${entry.amount}`,
    `${entry.fee}`,
    entry.reason ?? '',
    entry.memo,
    entry.id,
  ]);
  const head = ['time', 'kind', 'state', 'sat', 'fee_sat', 'reason', 'memo', 'id'];
  return [head, ...rows].map((row) => `${row.map(csvField).join(',')}\r\n`).join('');
}

/** A memo that begins like a formula is text, whatever opens the file. */
function csvField(text: string, column: number): string {
  const safe = column >= 5 && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
