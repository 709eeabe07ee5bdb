// What goes on beside requests: events are read from where they were left, and open attempts are looked up. spec/lightning.md "The reconciler".
import type { Database } from '@reprise/database';
import { type Clock, sleep } from '@reprise/kit';
import type { LightningEvent } from '../port.ts';
import type { Attempt } from './attempt.ts';
import { claimReader, keepReader, type Reader } from './cursor.ts';
import type { PaymentJournal } from './payment-journal.ts';

export type ReconcilerSettings = {
  readonly journal: PaymentJournal;
  readonly database: Database;
  readonly clock: Clock;
  /** Money came in: at least once for each, and the cursor moves on when it resolves. */
  readonly onReceived: (event: Extract<LightningEvent, { kind: 'received' }>) => Promise<void>;
  /** An attempt ended, as the node told or was asked here, and now and then as both: a hint, since whoever paid looks up as well. */
  readonly onEnded: (attempt: Attempt) => Promise<void>;
  /** A pass or a stream broke off and is tried again. */
  readonly onTrouble: (error: unknown) => void;
  readonly everyMs?: number;
  readonly leaseMs?: number;
};

const everyDefaultMs = 10_000;
const leaseDefaultMs = 30_000;

/** Runs until the signal aborts. */
export async function reconcile(settings: ReconcilerSettings, signal: AbortSignal): Promise<void> {
  const everyMs = settings.everyMs ?? everyDefaultMs;
  await Promise.all([
    again(() => lookUp(settings, everyMs), everyMs, settings, signal),
    again(() => listen(settings, signal), everyMs, settings, signal),
  ]);
}

async function lookUp({ journal, clock, onEnded }: ReconcilerSettings, everyMs: number): Promise<void> {
  for (const attempt of await journal.lookUpOpen(clock.now() - everyMs)) await onEnded(attempt);
}

/** Reads events as the one reader of the cluster, if nobody else does. */
async function listen(settings: ReconcilerSettings, signal: AbortSignal): Promise<void> {
  const { database, journal, clock } = settings;
  const leaseMs = settings.leaseMs ?? leaseDefaultMs;
  const reader = await claimReader(database, journal.backend, clock.now(), leaseMs);
  if (!reader) return;
  const stop = new AbortController();
  const stopped = AbortSignal.any([signal, stop.signal]);
  const keeping = keep(settings, reader, leaseMs, stop);
  try {
    for await (const { cursor, event, attempt, hasEnded } of journal.told(reader.position, stopped)) {
      if (event.kind === 'received') await settings.onReceived(event);
      else if (attempt && hasEnded) await settings.onEnded(attempt);
      if (!(await keepReader(database, reader, clock.now() + leaseMs, cursor))) break;
    }
  } finally {
    stop.abort();
    await keeping;
    // The lease ends with its reader, so that the next one need not wait for it.
    await keepReader(database, reader, 0);
  }
}

async function keep(
  { database, clock, onTrouble }: ReconcilerSettings,
  reader: Reader,
  leaseMs: number,
  stop: AbortController,
): Promise<void> {
  while (!stop.signal.aborted) {
    await sleep(leaseMs / 3, stop.signal).catch(() => undefined);
    if (stop.signal.aborted) return;
    const isMine = await keepReader(database, reader, clock.now() + leaseMs).catch((error: unknown) => {
      onTrouble(error);
      return false;
    });
    if (!isMine) stop.abort();
  }
}

async function again(work: () => Promise<void>, everyMs: number, { onTrouble }: ReconcilerSettings, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await work();
    } catch (error) {
      if (!signal.aborted) onTrouble(error);
    }
    await sleep(everyMs, signal).catch(() => undefined);
  }
}
