// The operator's commands about cases of rights holders: what is open, what was said, how it is decided, and the record of all of it.
// docs/guide/cases.md.
import type { Database } from '@reprise/database';
import {
  addCase,
  type CaseEvent,
  type CaseRecord,
  type CaseRow,
  drawCode,
  drawReference,
  exportCases,
  findCase,
  hashOfCode,
  offerOfLink,
  openCases,
  takeStep,
} from '@reprise/drive';
import { systemClock, systemRandom } from '@reprise/kit';
import { Failure, type LinkId } from '@reprise/protocol';
import { readClaim, sellerOf, ServiceFailure } from '@reprise/service';
import { type Command, fail, printable } from './admin-command.ts';
import { openCaseDesk } from './cases.ts';
import { parseConfig } from './config.ts';
import { inSat } from './money-text.ts';
import { linkIdIn } from './notice.ts';

export const caseCommands: Readonly<Record<string, Command>> = {
  async cases(database) {
    const rows = await openCases(database, 1_000);
    if (rows.length === 0) return 'No open cases.';
    const now = Date.now();
    return rows
      .map((row) => `${row.id}  ${row.state.padEnd(9)}  ${dueOf(row, now)}\n  link     ${row.link}\n  holder   ${printable(row.holder)}`)
      .join('\n\n');
  },

  async case(database, words) {
    const found = await readCase(database, words[0]);
    const head = [
      `${found.id}  ${found.state}${found.remedy ? `, ${remedies[found.remedy]}` : ''}  ${dueOf(found, Date.now())}`,
      `  link     ${found.link}`,
      `  holder   ${printable(found.holder)}`,
      `  contact  ${printable(found.contact)}`,
      ...(await sold(database, found.link)),
      ...(await claimed(database, found)),
    ];
    return [
      ...head,
      ...found.steps.map(({ at, actor, act, words: said }) => `\n${timeOf(at)}  ${actor} ${act}\n  ${printable(said) || '–'}`),
    ].join('\n');
  },

  async uphold(database, words) {
    const remedy = readOption(words, '--to');
    if (remedy !== 'holder' && remedy !== 'buyers') fail('uphold needs --to holder or --to buyers: where what was held goes');
    const event = {
      actor: 'operator',
      act: 'uphold',
      remedy: remedy === 'holder' ? 'claim' : 'refund',
      urgent: words.includes('--now'),
    } as const;
    const ground = readOption(words, '--ground') ?? fail('uphold needs --ground TEXT: visitors are told');
    return decide(database, words[0], event, ground);
  },

  async reject(database, words) {
    const ground = readOption(words, '--ground') ?? fail('reject needs --ground TEXT for a case: both sides are told');
    return decide(database, words[0], { actor: 'operator', act: 'dismiss' }, ground);
  },

  async hold(database, words) {
    const link = (words[0] === undefined ? undefined : linkIdIn(words[0])) ?? fail('hold needs a link, or its id of 32 hex digits');
    const ground = readOption(words, '--ground') ?? fail('hold needs --ground TEXT: the maker is told');
    const [id, code, openedAt] = [drawReference(systemRandom), hashOfCode(drawCode(systemRandom)), Date.now()];
    if (!code) throw new Error('a code that was drawn is one');
    const { answerMs } = parseConfig(process.env).drive.cases;
    const said = { holder: 'The operator of this server', contact: 'the operator', words: ground };
    await addCase(database, { id, link, codeHash: code, ...said, openedAt, answerBy: openedAt + answerMs });
    await openCaseDesk(database, systemClock, rethrow).carryOut(id);
    return `Opened ${id} about ${link}. What it earned and still waits is held until you decide: uphold ${id}, or reject ${id}.`;
  },

  async note(database, words) {
    const text = words[1] ?? fail('note needs a case and a TEXT: both sides read it');
    const found = await readCase(database, words[0]);
    await step(database, found, { actor: 'operator', act: 'say' }, text);
    return `Added to ${found.id}.`;
  },

  async record(database) {
    const lines: string[] = [];
    for await (const { code_hash: _, carried: __, broken, steps, ...row } of exportCases(database)) {
      lines.push(JSON.stringify({ ...row, broken, steps }));
    }
    return lines.length === 0 ? 'No cases.' : lines.join('\n');
  },
};

const remedies = { claim: 'to the rights holder', refund: 'to buyers' } as const;

/** @returns whether an argument names a case, as in `reject`, which is also about payouts */
export function isCaseId(text: string | undefined): boolean {
  return text !== undefined && /^N-[2-9A-HJKMNP-Z]{10}$/.test(text);
}

async function decide(database: Database, id: string | undefined, event: CaseEvent, ground: string): Promise<string> {
  const found = await readCase(database, id);
  const { remedy } = await step(database, found, event, ground);
  await openCaseDesk(database, systemClock, rethrow).carryOut(found.id);
  if (remedy === null) return `Rejected ${found.id}. What was held goes back to the seller.`;
  const money = remedy === 'claim' ? 'The rights holder takes what was held with the code of the case' : 'Buyers get their price back';
  return `Upheld ${found.id}. The link is down. ${money}.`;
}

function rethrow(_: string, cause: unknown): never {
  throw cause;
}

/** @returns the case as it is then */
async function step(database: Database, { id }: CaseRecord, event: CaseEvent, words: string): Promise<CaseRow> {
  const { cases } = parseConfig(process.env).drive;
  return takeStep(database, { id, event, words, now: Date.now(), times: cases }).catch((error: unknown) => {
    if (error instanceof Failure && error.code === 'too-late')
      fail(refusals[String(error.facts['reason'])] ?? 'that cannot happen in this case now');
    throw error;
  });
}

const refusals: Readonly<Record<string, string>> = {
  decided: 'this case is decided',
  'too-early': 'the maker, or whoever filed it, still has time to answer: wait, or add --now if a law or a court asks for it',
};

async function readCase(database: Database, text: string | undefined): Promise<CaseRecord> {
  const id = text?.toUpperCase();
  if (id === undefined || !isCaseId(id)) fail('the reference of a case is missing, such as N-2B7KQ4M9XD');
  const found = await findCase(database, id);
  if (!found) throw new Failure('not-found');
  return found;
}

/** Of an offer that is not whose link it is nothing is held: whoever made the link wrote its id. */
async function sold(database: Database, link: LinkId): Promise<readonly string[]> {
  const found = await offerOfLink(database, link);
  if (!found) return [];
  const seller = await sellerOf({ database }, found.offer);
  const whose = seller === found.owner ? '' : `\n  maker    ${found.owner}: not the seller, nothing of this offer is held`;
  return [`  offer    ${found.offer}`, `  seller   ${seller ?? 'nobody: it was never listed'}${whose}`];
}

async function claimed(database: Database, { id, remedy }: CaseRecord): Promise<readonly string[]> {
  if (remedy !== 'claim') return [];
  try {
    const { waiting, taken } = await readClaim({ database }, id);
    return [`  claim    ${inSat(waiting)} sat wait, ${inSat(taken)} sat were taken`];
  } catch (error) {
    if (error instanceof ServiceFailure && error.code === 'no-claim') return [];
    throw error;
  }
}

type Due = Pick<CaseRecord, 'state' | 'answer_by' | 'stand_by' | 'decided_at'>;

/** What is waited for, and since when nobody else need be. */
function dueOf({ state, answer_by: answerBy, stand_by: standBy, decided_at: decidedAt }: Due, now: number): string {
  const by = (at: number | null) => `${timeOf(at ?? 0)}${(at ?? 0) <= now ? ' (over: yours to decide)' : ''}`;
  if (state === 'open') return `the maker answers until ${by(answerBy)}`;
  if (state === 'countered') return `answered; whoever filed it stands by it until ${timeOf(standBy ?? 0)}, or it is dismissed`;
  if (state === 'contested') return 'both sides were heard: yours to decide';
  return `decided ${timeOf(decidedAt ?? 0)}`;
}

const timeOf = (at: number): string => new Date(at).toISOString();

function readOption(words: readonly string[], name: string): string | undefined {
  const at = words.indexOf(name);
  return at < 0 ? undefined : (words[at + 1] ?? fail(`${name} needs a text`));
}
