// The rows of cases, their steps, and the links that they are about (spec/cases.md "Rows"). A step and what it changes are one transaction.
import { type Database, type InTransaction, insertRows, type Row } from '@reprise/database';
import { type Bytes, formatHex } from '@reprise/kit';
import { Failure, type LinkId } from '@reprise/protocol';
import { decodeDcbor } from '@reprise/protocol/formats';
import { blockLink } from '../reports/store.ts';
import { firstBroken, hashOfStep } from './record.ts';
import { type CaseEvent, type CaseTimes, isDecided, nextOf } from './rules.ts';

export type CaseRow = Row<'cases'>;
export type CaseRecord = CaseRow & { readonly steps: readonly Row<'case_steps'>[] };

/** Notices about one link that are not decided; above, its further ones wait for these. */
const openPerLinkMax = 50;
const stepsMax = 200;

export type NewCase = {
  readonly id: string;
  readonly link: LinkId;
  readonly codeHash: Bytes;
  readonly holder: string;
  readonly contact: string;
  readonly words: string;
  readonly openedAt: number;
  readonly answerBy: number;
};

/** @throws Failure rate-limited where a link has its fill of open cases, whether it exists or not */
export async function addCase(
  database: Database,
  { id, link, codeHash, holder, contact, words, openedAt, answerBy }: NewCase,
): Promise<void> {
  await database.transaction(async (queries) => {
    const { count } = await queries
      .selectFrom('cases')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('link', '=', link)
      .where('decided_at', 'is', null)
      .executeTakeFirstOrThrow();
    if (Number(count) >= openPerLinkMax) throw new Failure('rate-limited', { retryAfterMs: 86_400_000 });
    const row = { id, link, code_hash: codeHash, holder, contact, state: 'open' as const, opened_at: openedAt, answer_by: answerBy };
    await insertRows(queries, 'cases', [row]);
    await addStep(queries, { case_id: id, seq: 1, at: openedAt, actor: 'holder', act: 'file', words }, '');
  });
}

async function addStep(queries: InTransaction, step: Parameters<typeof hashOfStep>[1], before: string): Promise<void> {
  await insertRows(queries, 'case_steps', [{ ...step, hash: hashOfStep(before, step) }]);
}

export type Said = {
  readonly id: string;
  readonly event: CaseEvent;
  readonly words: string;
  readonly now: number;
  readonly times: Pick<CaseTimes, 'standMs'>;
};

/**
 * One step, by whoever may take it. The same words by the same side as the last step change nothing: an answer may have been lost.
 * @throws Failure not-found; too-late with facts.reason; bad-request where a case has its fill of steps
 */
export async function take(database: Database, { id, event, words, now, times }: Said): Promise<CaseRow> {
  return database.transaction(async (queries) => {
    const row = await queries.selectFrom('cases').selectAll().where('id', '=', id).executeTakeFirst();
    if (!row) throw new Failure('not-found');
    const steps = queries.selectFrom('case_steps').selectAll().where('case_id', '=', id);
    const last = await steps.orderBy('seq', 'desc').limit(1).executeTakeFirstOrThrow();
    const isAgain = last.act === event.act || event.act === 'say';
    if (isAgain && last.actor === event.actor && last.words === words) return row;
    const next = nextOf({ state: row.state, answerBy: row.answer_by, standBy: row.stand_by }, event, now, times);
    if (typeof next === 'string') throw new Failure('too-late', { reason: next });
    if (last.seq >= stepsMax && !isDecided(next.state))
      throw new Failure('bad-request', { field: 'words', reason: `at most ${stepsMax} steps` });
    await addStep(queries, { case_id: id, seq: last.seq + 1, at: now, actor: event.actor, act: event.act, words }, last.hash);
    const change = { state: next.state, remedy: next.remedy, stand_by: next.standBy, decided_at: next.decidedAt };
    await queries.updateTable('cases').set(change).where('id', '=', id).execute();
    return { ...row, ...change };
  });
}

export async function findCase({ db }: Database, id: string): Promise<CaseRecord | undefined> {
  const row = await db.selectFrom('cases').selectAll().where('id', '=', id).executeTakeFirst();
  return row && { ...row, steps: await stepsOf(db, id) };
}

/** @param codeHash of the code that was shown */
export async function findByCode(database: Database, codeHash: Bytes): Promise<CaseRecord | undefined> {
  const row = await database.db.selectFrom('cases').select('id').where('code_hash', '=', codeHash).executeTakeFirst();
  return row && findCase(database, row.id);
}

/** Cases about links of this user's spaces, the latest first. */
export async function casesOfMaker(database: Database, userId: string): Promise<readonly CaseRecord[]> {
  const rows = await database.db
    .selectFrom('cases')
    .innerJoin('links', 'links.link', 'cases.link')
    .innerJoin('spaces', 'spaces.space', 'links.space')
    .selectAll('cases')
    .where('spaces.user_id', '=', userId)
    .orderBy('cases.opened_at', 'desc')
    .orderBy('cases.id')
    .limit(madeMax)
    .execute();
  return Promise.all(rows.map(async (row) => ({ ...row, steps: await stepsOf(database.db, row.id) })));
}

const madeMax = 200;

async function stepsOf(db: Database['db'], id: string): Promise<readonly Row<'case_steps'>[]> {
  return db.selectFrom('case_steps').selectAll().where('case_id', '=', id).orderBy('seq').execute();
}

/** Cases that are not decided, those that wait longest first; what the operator reads. */
export async function openCases({ db }: Database, rowsMax: number): Promise<readonly CaseRow[]> {
  return db.selectFrom('cases').selectAll().where('decided_at', 'is', null).orderBy('opened_at').orderBy('id').limit(rowsMax).execute();
}

/** What is not yet as it was decided, or is not decided. */
export async function uncarriedCases({ db }: Database): Promise<readonly CaseRow[]> {
  return db.selectFrom('cases').selectAll().where('carried', '=', 0).orderBy('opened_at').orderBy('id').execute();
}

export async function markCarried({ db }: Database, id: string): Promise<void> {
  await db.updateTable('cases').set({ carried: 1 }).where('id', '=', id).where('decided_at', 'is not', null).execute();
}

/** Whoever stood by nothing in time has let it go. @returns how many cases ended */
export async function lapseCases(database: Database, now: number, times: Pick<CaseTimes, 'standMs'>): Promise<number> {
  const due = database.db.selectFrom('cases').select('id').where('state', '=', 'countered').where('stand_by', '<=', now);
  let ended = 0;
  for (const { id } of await due.execute()) {
    try {
      await take(database, { id, event: { actor: 'time', act: 'lapse' }, words: '', now, times });
      ended++;
    } catch (error) {
      // Somebody stood by it, or decided it, at this moment.
      if (!(error instanceof Failure && error.code === 'too-late')) throw error;
    }
  }
  return ended;
}

/** The offer that a link is sold by now; null if it is not sold, or is no link here (spec/paid-links.md "The two halves"). */
export async function offerOfLink({ db }: Database, link: LinkId): Promise<string | null> {
  const row = await db.selectFrom('links').select('record').where('link', '=', link).executeTakeFirst();
  if (!row || row.record[0] !== 0x84) return null;
  try {
    const [, offer] = decodeDcbor(row.record) as readonly unknown[];
    return offer instanceof Uint8Array && offer.length === 16 ? formatHex(offer as Bytes) : null;
  } catch {
    return null;
  }
}

/** Takes the link of an upheld case down, with its objects, unless it is down or was never here. */
export async function removeUpheld(database: Database, { id, link, decided_at: removedAt }: CaseRow): Promise<void> {
  const row = await database.db.selectFrom('links').select('removed_at').where('link', '=', link).executeTakeFirst();
  if (!row || row.removed_at !== null || removedAt === null) return;
  const steps = database.db.selectFrom('case_steps').select('words').where('case_id', '=', id).where('act', '=', 'uphold');
  const { words } = await steps.executeTakeFirstOrThrow();
  await blockLink(database, link, { reference: id, ground: words, removedAt });
}

/** Every case, with all its steps, for whoever has to show what was done: read in order of opening. */
export async function* exportCases(database: Database): AsyncGenerator<CaseRecord & { readonly broken: number | null }> {
  const ids = await database.db.selectFrom('cases').select('id').orderBy('opened_at').orderBy('id').execute();
  for (const { id } of ids) {
    const found = await findCase(database, id);
    if (found) yield { ...found, broken: firstBroken(found.steps) };
  }
}
