// The rows of cases, their steps, and the links that they are about (spec/cases.md "Rows"). A step and what it changes are one transaction.
import { type Database, type ExpressionBuilder, type InTransaction, insertRows, type Row, type Schema, sql } from '@reprise/database';
import { type Bytes, formatHex } from '@reprise/kit';
import { Failure, type LinkId } from '@reprise/protocol';
import { decodeDcbor } from '@reprise/protocol/formats';
import { blockLink } from '../reports/store.ts';
import { firstBroken, hashOfStep } from './record.ts';
import { type CaseEvent, type CaseTimes, nextOf } from './rules.ts';

export type CaseRow = Row<'cases'>;
export type CaseRecord = CaseRow & { readonly steps: readonly Row<'case_steps'>[] };

/** Notices about one link that are not decided; above, its further ones wait for these. */
const openPerLinkMax = 50;
/** What each side may say beside its acts: nothing that one side says takes room from the other, or from an act. */
const saysMax = 100;

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
 * @throws Failure not-found; too-late with facts.reason; bad-request where this side has said its fill
 */
export async function take(database: Database, { id, event, words, now, times }: Said): Promise<CaseRow> {
  return database.transaction(async (queries) => {
    const row = await queries.selectFrom('cases').selectAll().where('id', '=', id).executeTakeFirst();
    if (!row) throw new Failure('not-found');
    const steps = queries.selectFrom('case_steps').selectAll().where('case_id', '=', id);
    const last = await steps.orderBy('seq', 'desc').limit(1).executeTakeFirstOrThrow();
    if (isAgain(row, last, event) && last.words === words) return row;
    const next = nextOf({ state: row.state, answerBy: row.answer_by, standBy: row.stand_by }, event, now, times);
    if (typeof next === 'string') throw new Failure('too-late', { reason: next });
    if (event.act === 'say' && event.actor !== 'operator') await checkSaid(queries, id, event.actor);
    await addStep(queries, { case_id: id, seq: last.seq + 1, at: now, actor: event.actor, act: event.act, words }, last.hash);
    const change = { state: next.state, remedy: next.remedy, stand_by: next.standBy, decided_at: next.decidedAt };
    await queries.updateTable('cases').set(change).where('id', '=', id).execute();
    return { ...row, ...change };
  });
}

function isAgain({ remedy }: CaseRow, last: Pick<Row<'case_steps'>, 'actor' | 'act'>, event: CaseEvent): boolean {
  if (last.actor !== event.actor || (event.act === 'uphold' && remedy !== event.remedy)) return false;
  return last.act === event.act || event.act === 'say';
}

async function checkSaid(queries: InTransaction, id: string, actor: 'holder' | 'maker'): Promise<void> {
  const { count } = await queries
    .selectFrom('case_steps')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('case_id', '=', id)
    .where('actor', '=', actor)
    .where('act', '=', 'say')
    .executeTakeFirstOrThrow();
  if (Number(count) >= saysMax) throw new Failure('bad-request', { field: 'words', reason: `at most ${saysMax} times beside the acts` });
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

/** Cases about links of this user's spaces: those that are not decided first, of each kind the latest first; at most 200, without what was said. */
export async function casesOfMaker(database: Database, userId: string): Promise<readonly CaseRow[]> {
  return ofMaker(database, userId)
    .orderBy(sql`case when cases.decided_at is null then 0 else 1 end`)
    .orderBy('cases.opened_at', 'desc')
    .orderBy('cases.id')
    .limit(madeMax)
    .execute();
}

const madeMax = 200;

/** One of them, however many others there are. */
export async function caseOfMaker(database: Database, userId: string, id: string): Promise<CaseRecord | undefined> {
  const row = await ofMaker(database, userId).where('cases.id', '=', id).executeTakeFirst();
  return row && { ...row, steps: await stepsOf(database.db, id) };
}

function ofMaker({ db }: Database, userId: string) {
  return db
    .selectFrom('cases')
    .innerJoin('links', 'links.link', 'cases.link')
    .innerJoin('spaces', 'spaces.space', 'links.space')
    .selectAll('cases')
    .where('spaces.user_id', '=', userId);
}

async function stepsOf(db: Database['db'], id: string): Promise<readonly Row<'case_steps'>[]> {
  return db.selectFrom('case_steps').selectAll().where('case_id', '=', id).orderBy('seq').execute();
}

/** Cases that are not decided, those that wait longest first; what the operator reads. */
export async function openCases({ db }: Database, rowsMax: number): Promise<readonly CaseRow[]> {
  return db.selectFrom('cases').selectAll().where('decided_at', 'is', null).orderBy('opened_at').orderBy('id').limit(rowsMax).execute();
}

const pageRows = 200;

/** What is not yet as it was decided; and what is not decided, of links that are here: only these may be put up for sale. Oldest first. */
export async function* uncarriedCases({ db }: Database): AsyncGenerator<CaseRow> {
  let last: Pick<CaseRow, 'opened_at' | 'id'> | undefined;
  for (;;) {
    const { opened_at: openedAt, id } = last ?? { opened_at: -1, id: '' };
    const page = await db
      .selectFrom('cases')
      .selectAll()
      .where('carried', '=', 0)
      .where((row) => row.or([row('decided_at', 'is not', null), row.exists(linkOf(row))]))
      .where((row) => row.or([row('opened_at', '>', openedAt), row.and([row('opened_at', '=', openedAt), row('id', '>', id)])]))
      .orderBy('opened_at')
      .orderBy('id')
      .limit(pageRows)
      .execute();
    yield* page;
    last = page.at(-1);
    if (page.length < pageRows) return;
  }
}

/** Rows of links are kept when a link ends: a case about one that was here once finds it. */
function linkOf(row: ExpressionBuilder<Schema, 'cases'>) {
  return row.selectFrom('links').select('links.link').whereRef('links.link', '=', 'cases.link');
}

export async function markCarried({ db }: Database, id: string): Promise<void> {
  await db.updateTable('cases').set({ carried: 1 }).where('id', '=', id).where('decided_at', 'is not', null).execute();
}

/** Cases that one round ends; the next goes on. */
const lapsesMax = 1_000;

/** Whoever stood by nothing in time has let it go; and nobody can answer for a link that was never here. @returns how many cases ended */
export async function lapseCases(database: Database, now: number, times: Pick<CaseTimes, 'standMs'>): Promise<number> {
  const due = await database.db
    .selectFrom('cases')
    .select(['id', 'state'])
    .where('carried', '=', 0)
    .where((row) =>
      row.or([
        row.and([row('state', '=', 'countered'), row('stand_by', '<=', now)]),
        row.and([row('state', '=', 'open'), row('answer_by', '<=', now), row.not(row.exists(linkOf(row)))]),
      ]),
    )
    .orderBy('opened_at')
    .orderBy('id')
    .limit(lapsesMax)
    .execute();
  let ended = 0;
  for (const { id, state } of due) {
    const about = state === 'open' ? 'nothing' : 'link';
    try {
      await take(database, { id, event: { actor: 'time', act: 'lapse', about }, words: '', now, times });
      ended++;
    } catch (error) {
      // Somebody stood by it, or decided it, at this moment.
      if (!(error instanceof Failure && error.code === 'too-late')) throw error;
    }
  }
  return ended;
}

export type SaleOfLink = {
  /** As the record says, which whoever made the link wrote: it may be somebody else's. */
  readonly offer: string;
  /** The account that the link's space belongs to; of an anonymous space, an identity without an account. */
  readonly owner: string;
};

/** The offer that a link is sold by now; null if it is not sold, or is no link here (spec/paid-links.md "The two halves"). */
export async function offerOfLink({ db }: Database, link: LinkId): Promise<SaleOfLink | null> {
  const row = await db
    .selectFrom('links')
    .innerJoin('spaces', 'spaces.space', 'links.space')
    .select(['record', 'spaces.user_id as owner'])
    .where('link', '=', link)
    .executeTakeFirst();
  if (!row || row.record[0] !== 0x84) return null;
  try {
    const [, offer] = decodeDcbor(row.record) as readonly unknown[];
    return offer instanceof Uint8Array && offer.length === 16 ? { offer: formatHex(offer as Bytes), owner: row.owner } : null;
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
