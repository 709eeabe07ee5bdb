// Cases over HTTP: filed and followed without an account, answered by the account whose link it is. spec/cases.md "Over HTTP".
import { Failure, type LinkId } from '@reprise/protocol';
import { caseContract } from '@reprise/protocol/cases';
import { isAppDevice } from '@reprise/protocol/formats';
import type { Service } from '../http.ts';
import type { DrivePorts } from '../ports.ts';
import type { RateLimiter } from '../rates.ts';
import { drawReference } from '../reports/rules.ts';
import { drawCode, hashOfCode } from './code.ts';
import type { CaseEvent } from './rules.ts';
import { addCase, caseOfMaker, type CaseRecord, type CaseRow, casesOfMaker, findByCode, findCase, take } from './store.ts';

/** What a rights holder says. */
export type Filing = { readonly link: LinkId; readonly holder: string; readonly contact: string; readonly words: string };
/** The reference anybody may know, and the code that opens the case. */
export type Filed = { readonly case: string; readonly code: string; readonly answerBy: number };

export type CaseParts = {
  readonly ports: DrivePorts;
  /** Filing; and codes that open nothing. */
  readonly filings: RateLimiter;
  readonly guesses: RateLimiter;
  /** Told before whoever acted is answered: from then on nothing of the link is paid out. */
  readonly changed: (id: string) => Promise<void>;
};

/** @throws Failure rate-limited */
export async function fileCase(parts: CaseParts, address: string, { link, holder, contact, words }: Filing): Promise<Filed> {
  const { database, clock, random, watch, settings } = parts.ports;
  parts.filings.take(address);
  const [id, code, openedAt] = [drawReference(random), drawCode(random), clock.now()];
  const answerBy = openedAt + settings.cases.answerMs;
  const codeHash = hashOfCode(code);
  if (!codeHash) throw new Error('a code that was drawn is one');
  await addCase(database, { id, link, codeHash, holder, contact, words, openedAt, answerBy });
  watch.event('case', { case: id, act: 'file' });
  await parts.changed(id);
  return { case: id, code, answerBy };
}

/** @throws Failure not-found, alike for a code that opens nothing and for what is no code; rate-limited for who tries many */
export async function openCase({ ports, guesses }: CaseParts, address: string, code: string): Promise<CaseRecord> {
  const hash = hashOfCode(code);
  const found = hash && (await findByCode(ports.database, hash));
  if (found) return found;
  guesses.take(address);
  throw new Failure('not-found');
}

export type Saying = { readonly code: string; readonly act: 'say' | 'stand' | 'withdraw'; readonly words: string };

/** @throws Failure as `openCase`; too-late with facts.reason */
export async function sayInCase(parts: CaseParts, address: string, { code, act, words }: Saying): Promise<CaseRecord> {
  const { id } = await openCase(parts, address, code);
  parts.filings.take(address);
  return carryStep(parts, { id, event: { actor: 'holder', act }, words });
}

type Acting = { readonly id: string; readonly event: CaseEvent; readonly words: string };

async function carryStep({ ports, changed }: CaseParts, { id, event, words }: Acting): Promise<CaseRecord> {
  const { database, clock, settings, watch } = ports;
  await take(database, { id, event, words, now: clock.now(), times: settings.cases });
  watch.event('case', { case: id, act: event.act });
  await changed(id);
  return (await findCase(database, id)) as CaseRecord;
}

export function serveCases(service: Service, parts: CaseParts): void {
  const { database } = parts.ports;
  service.serve(caseContract['cases.file'], async ({ params, body, address }) => {
    const { holder, contact, words } = body;
    return fileCase(parts, address, { link: params.link as LinkId, holder, contact, words });
  });
  service.serve(caseContract['cases.open'], async ({ body, address }) => viewOf(await openCase(parts, address, body.code)));
  service.serve(caseContract['cases.say'], async ({ body, address }) => viewOf(await sayInCase(parts, address, body)));
  service.serve(caseContract['account.cases'], async ({ account }) => {
    if (isAppDevice(account.caps)) throw new Failure('role-refused');
    return { cases: (await casesOfMaker(database, account.userId)).map(headOf) };
  });
  service.serve(caseContract['account.case'], async ({ account, params }) => viewOf(await ownCase(parts, account, params.case)));
  service.serve(caseContract['account.answerCase'], async ({ account, params, body }) => {
    const mine = await ownCase(parts, account, params.case);
    const event: CaseEvent = { actor: 'maker', act: mine.state === 'open' ? 'counter' : 'say' };
    return viewOf(await carryStep(parts, { id: mine.id, event, words: body.words }));
  });
}

/** @throws Failure not-found, alike for another account's; role-refused for the credential of a tool */
async function ownCase({ ports }: CaseParts, { userId, caps }: Maker, id: string): Promise<CaseRecord> {
  if (isAppDevice(caps)) throw new Failure('role-refused');
  const mine = await caseOfMaker(ports.database, userId, id);
  if (!mine) throw new Failure('not-found');
  return mine;
}

type Maker = { readonly userId: string; readonly caps: number };

/** Without how to reach who filed it: that stays with the operator. */
function headOf({ id, link, holder, state, remedy, opened_at, answer_by, stand_by, decided_at }: CaseRow) {
  return { case: id, link, holder, state, remedy, openedAt: opened_at, answerBy: answer_by, standBy: stand_by, decidedAt: decided_at };
}

function viewOf({ steps, ...row }: CaseRecord) {
  return {
    ...headOf(row),
    steps: steps.map(({ at, actor, act, words }) => ({ at, actor, act: act as 'file', words })),
  };
}
