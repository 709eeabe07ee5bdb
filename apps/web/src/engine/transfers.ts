// Transfers into the drive, as the dock sees them: what the drive worker tells, and calls that reach it.
import type { Transfer, TransferState } from '../app/port.ts';
import type { DriveCalls, TransferChange, TransferFacts, TransferVerb } from './drive-calls.ts';
import { mayRead } from './file-handles.ts';
import { source, type Source } from './observable.ts';
import type { Call } from './rpc.ts';
import { type ToldRows, toldRows } from './told-rows.ts';
import { isUnderWay } from './under-way.ts';

export type TransferCalls = Pick<
  DriveCalls,
  'actOnTransfer' | 'cancelTransfer' | 'forgetTransfer' | 'reattachTransfer' | 'transferHandles' | 'reattachTransferHandles'
>;
type Held = {
  readonly transfer: Transfer;
  readonly state: Source<TransferState>;
  /** This tab sends it. */
  isHere: boolean;
  readonly told: ToldRows;
};

const held = new Map<string, Held>();
/** News of a transfer may come before the answer that makes it. */
const early = new Map<string, TransferChange[]>();
/** Newest first. */
export const transfers = source<readonly Transfer[]>([]);

export function isBusy(): boolean {
  return [...held.values()].some(({ state, isHere }) => isHere && isUnderWay(state.value.phase));
}

export function takeTransfer(change: TransferChange): void {
  const known = held.get(change.id);
  if (!known) return void early.set(change.id, [...(early.get(change.id) ?? []), change]);
  known.isHere = change.isHere;
  known.told.take(change.rows);
  known.state.set(change.state);
}

/** The drive was locked or left: its worker finds again what is to be shown. */
export function clearTransfers(): void {
  held.clear();
  early.clear();
  publish();
}

export async function forgetTransfer(call: Call<TransferCalls>, id: string): Promise<void> {
  await call('forgetTransfer', { id });
  held.delete(id);
  publish();
}

export function holdTransfer(call: Call<TransferCalls>, facts: TransferFacts): Transfer {
  const { id, title, kind, createdAt, folderId, files, parcel } = facts;
  const known = held.get(id);
  if (known) return known.transfer;
  const state = source(facts.state);
  const told = toldRows(files, facts.rows);
  const act = (verb: TransferVerb, row?: string) => void call('actOnTransfer', { id, verb, row: row === undefined ? null : Number(row) });
  const transfer: Transfer = {
    id,
    title,
    kind,
    createdAt,
    folderId,
    parcel,
    rows: told.rows,
    state,
    pause: (row) => act('pause', row),
    resume: (row) => act('resume', row),
    retry: (row) => act('retry', row),
    first: (row) => act('first', row),
    cancel: (row) => call('cancelTransfer', { id, row: row === undefined ? null : Number(row) }),
    reattach: (items) => call('reattachTransfer', { id, items }),
    reattachHandles: async () => (await mayRead(await call('transferHandles', { id }))) && (await call('reattachTransferHandles', { id })),
  };
  held.set(id, { transfer, state, isHere: facts.isHere, told });
  for (const change of early.get(id) ?? []) takeTransfer(change);
  early.delete(id);
  publish();
  return transfer;
}

function publish(): void {
  transfers.set([...held.values()].map(({ transfer }) => transfer).sort((a, b) => b.createdAt - a.createdAt));
}
