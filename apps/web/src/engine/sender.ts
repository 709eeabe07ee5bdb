// Sending, as the landing page sees it: parcels whose state the engine worker tells, and calls that reach it. Small, because it is
// part of what the landing page starts with. spec/web.md "Threads".
import type { ParcelChange, ParcelFacts } from './calls.ts';
import { answerEngine, callEngine } from './engine.ts';
import { mayRead } from './file-handles.ts';
import { source, type Source } from './observable.ts';
import type { CreateSender, Parcel, ParcelOptions, ParcelState, Sender } from './port.ts';
import { type ToldRows, toldRows } from './told-rows.ts';
import { isUnderWay } from './under-way.ts';

type Held = {
  readonly parcel: Parcel;
  readonly state: Source<ParcelState>;
  readonly options: Source<ParcelOptions>;
  readonly told: ToldRows;
};

const held = new Map<string, Held>();
/** News of a parcel may come before the answer that makes it. */
const early = new Map<string, ParcelChange[]>();

export const createSender: CreateSender = async () => {
  answerEngine({ parcelChanged: takeChange });
  return sender;
};

const sender: Sender = {
  allowance: () => callEngine('allowance', null),
  start: async (items, options) => hold(await callEngine('startParcel', { items, options })),
  restore: async () => (await callEngine('restoreParcels', null)).map(hold),
  async forget(id) {
    await callEngine('forgetParcel', { id });
    held.delete(id);
  },
  wouldLose: () => [...held.values()].some(({ state }) => isUnderWay(state.value.phase)),
};

function takeChange(change: ParcelChange): void {
  const known = held.get(change.id);
  if (!known) return void early.set(change.id, [...(early.get(change.id) ?? []), change]);
  if (change.rows) known.told.take(change.rows);
  if (change.options) known.options.set(change.options);
  if (change.state) known.state.set(change.state);
}

function hold(facts: ParcelFacts): Parcel {
  const known = held.get(facts.id);
  if (known) return known.parcel;
  const { id, title, kind, createdAt, linkUrl, manageUrl } = facts;
  const state = source(facts.state);
  const options = source(facts.options);
  const told = toldRows(facts.files, facts.rows);
  const act = (verb: 'pause' | 'resume' | 'retry' | 'first', row?: string) =>
    void callEngine('actOnParcel', { id, verb, row: row === undefined ? null : Number(row) });
  const parcel: Parcel = {
    id,
    title,
    kind,
    createdAt,
    linkUrl,
    manageUrl,
    options,
    state,
    rows: told.rows,
    pause: (row) => act('pause', row),
    resume: (row) => act('resume', row),
    retry: (row) => act('retry', row),
    first: (row) => act('first', row),
    cancel: (row) => callEngine('cancelParcel', { id, row: row === undefined ? null : Number(row) }),
    changeOptions: (wishes) => callEngine('changeParcel', { id, options: wishes }),
    reattach: (items) => callEngine('reattach', { id, items }),
    reattachHandles: () => askHandles(id),
  };
  held.set(id, { parcel, state, options, told });
  for (const change of early.get(id) ?? []) takeChange(change);
  early.delete(id);
  return parcel;
}

/** Permission is the page's to ask, straight from a click. */
async function askHandles(id: string): Promise<boolean> {
  return (await mayRead(await callEngine('parcelHandles', { id }))) && callEngine('reattachHandles', { id });
}
