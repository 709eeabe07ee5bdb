// Cases of rights holders: filed about a link without an account, followed with a code, answered by whoever made the link (spec/cases.md).
import * as z from 'zod/mini';
import { endpoint, noBody } from '../endpoint.ts';
import { linkId, time } from '../fields.ts';

const caseId = z.string().check(z.regex(/^N-[2-9A-HJKMNP-Z]{10}$/), z.describe('reference of a case'));
/** As it was shown; spaces, hyphens and small letters do not matter. */
const code = z.string().check(z.minLength(1), z.maxLength(64), z.describe('code of a case'));
const words = z.string().check(z.minLength(1), z.maxLength(10_000));
/** Said by whoever acts: in good faith, and answerable for it. */
const statement = z.literal(true);

const step = z.object({
  at: time,
  actor: z.enum(['holder', 'maker', 'operator', 'time']),
  act: z.enum(['file', 'counter', 'stand', 'say', 'withdraw', 'uphold', 'dismiss', 'lapse']),
  words: z.string(),
});

const head = {
  case: caseId,
  link: linkId,
  /** Who says to hold the rights. */
  holder: z.string(),
  state: z.enum(['open', 'countered', 'contested', 'upheld', 'dismissed', 'withdrawn']),
  /** What becomes of what was held, of a case that was upheld. */
  remedy: z.nullable(z.enum(['claim', 'refund'])),
  openedAt: time,
  /** Until then the maker may answer before anything is decided. */
  answerBy: time,
  /** Until then whoever filed an answered case must stand by it, or it is dismissed. */
  standBy: z.nullable(time),
  decidedAt: z.nullable(time),
};
const view = z.object({ ...head, steps: z.array(step) });

const deviceFailures = ['signature-refused', 'clock-skew', 'device-revoked', 'role-refused', 'rate-limited', 'unavailable'] as const;

export const casesFile = endpoint({
  id: 'cases.file',
  method: 'POST',
  path: '/api/v1/links/:link/cases',
  summary: 'File a notice as a rights holder; the answer is the same whether the link exists or not',
  auth: 'none',
  params: { link: linkId },
  body: {
    kind: 'json',
    bytesMax: 32_768,
    schema: z.object({
      holder: z.string().check(z.minLength(1), z.maxLength(200)),
      contact: z.string().check(z.minLength(3), z.maxLength(320)),
      words,
      statement,
    }),
  },
  answer: { kind: 'json', status: 201, schema: z.object({ case: caseId, code: z.string(), answerBy: time }) },
  failures: ['bad-request', 'rate-limited', 'disk-full'],
});

export const casesOpen = endpoint({
  id: 'cases.open',
  method: 'POST',
  path: '/api/v1/cases/open',
  summary: 'How a case stands, to who has its code',
  auth: 'none',
  params: {},
  body: { kind: 'json', bytesMax: 1_024, schema: z.object({ code }) },
  answer: { kind: 'json', status: 200, schema: view },
  failures: ['bad-request', 'not-found', 'rate-limited'],
});

export const casesSay = endpoint({
  id: 'cases.say',
  method: 'POST',
  path: '/api/v1/cases/say',
  summary: 'Say something in a case, stand by it after it was answered, or withdraw it',
  auth: 'none',
  params: {},
  body: { kind: 'json', bytesMax: 32_768, schema: z.object({ code, act: z.enum(['say', 'stand', 'withdraw']), words }) },
  answer: { kind: 'json', status: 200, schema: view },
  failures: ['bad-request', 'not-found', 'rate-limited', 'too-late', 'disk-full'],
});

export const accountCases = endpoint({
  id: 'account.cases',
  method: 'GET',
  path: '/api/v1/account/cases',
  summary: 'Cases about links of this account, without what was said: the undecided first, then the latest; at most 200',
  auth: 'device',
  params: {},
  body: noBody,
  answer: { kind: 'json', status: 200, schema: z.object({ cases: z.array(z.object(head)) }) },
  failures: deviceFailures,
});

export const accountCase = endpoint({
  id: 'account.case',
  method: 'GET',
  path: '/api/v1/account/cases/:case',
  summary: 'A case about a link of this account, with all that was said',
  auth: 'device',
  params: { case: caseId },
  body: noBody,
  answer: { kind: 'json', status: 200, schema: view },
  failures: [...deviceFailures, 'not-found'],
});

export const accountAnswerCase = endpoint({
  id: 'account.answerCase',
  method: 'POST',
  path: '/api/v1/account/cases/:case/answer',
  summary: 'Answer a case: the first answer is the counter-notice, whatever follows is added to it',
  auth: 'device',
  params: { case: caseId },
  body: { kind: 'json', bytesMax: 32_768, schema: z.object({ words, statement }) },
  answer: { kind: 'json', status: 200, schema: view },
  failures: [...deviceFailures, 'bad-request', 'not-found', 'too-late', 'replayed', 'disk-full'],
});
