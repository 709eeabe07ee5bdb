// Cases over real HTTP; src/routes.test.ts runs it on every engine.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sql, violationOf } from '@reprise/database';
import { formatBase64url, formatHex, systemRandom } from '@reprise/kit';
import { contract, type LinkId } from '@reprise/protocol';
import { caseContract } from '@reprise/protocol/cases';
import { encodeDcbor } from '@reprise/protocol/formats';
import { defaultSettings } from '../settings.ts';
import { AccountOwner } from '../testing/account.ts';
import { drawLink, Owner, sealedLike, send } from '../testing/owner.ts';
import type { TestEngine, TestService } from '../testing/service.ts';
import { drawReference } from '../reports/rules.ts';
import { drawCode } from './code.ts';
import { firstBroken } from './record.ts';
import type { CaseEvent, Remedy } from './rules.ts';
import { addCase, exportCases, findCase, offerOfLink, openCases, removeUpheld, take, uncarriedCases } from './store.ts';

const filing = {
  holder: 'Éditions du Quai',
  contact: 'droits@quai.example',
  words: 'Our film, sold here without our leave.',
  statement: true,
} as const;
const dayMs = 86_400_000;
const { answerMs, standMs } = defaultSettings.cases;

export function describeCases(engine: TestEngine): void {
  describe(`cases on ${engine.name}`, { concurrency: false }, () => {
    describeFollowing(engine);
    describeMany(engine);
    describeEnds(engine);
    describeRecord(engine);
  });
}

async function file(service: TestService, link: string) {
  const answer = await send(service.url, caseContract['cases.file'], { link }, filing);
  assert.equal(answer.status, 201);
  return answer.json;
}

const open = ({ url }: TestService, code: string) => send(url, caseContract['cases.open'], {}, { code });
const say = ({ url }: TestService, code: string, act: 'say' | 'stand' | 'withdraw', words = 'I stand by it.') =>
  send(url, caseContract['cases.say'], {}, { code, act, words });

/** A link of an account's home. */
async function publish(owner: AccountOwner, record?: Uint8Array): Promise<string> {
  const { id, body } = drawLink();
  const content = record ? { ...body, record: formatBase64url(new Uint8Array(record)) } : body;
  assert.equal((await owner.call(contract['links.create'], { space: owner.homeSpace }, content)).status, 201);
  return id;
}

function describeFollowing({ start }: TestEngine): void {
  test('a notice is answered alike for a link that exists and one that does not, and its code opens the case', async () => {
    await using service = await start();
    const owner = await Owner.open(service);
    for (const { id } of [await owner.publish(), drawLink()]) {
      const filed = await file(service, id);
      assert.match(filed.case, /^N-[2-9A-HJKMNP-Z]{10}$/);
      assert.equal(Math.abs(filed.answerBy - service.clock.now() - answerMs) < dayMs, true);
      const seen = await open(service, filed.code.toLowerCase().replaceAll('-', ' '));
      assert.deepEqual([seen.status, seen.json.case, seen.json.link, seen.json.state], [200, filed.case, id, 'open']);
      assert.ok(!JSON.stringify(seen.json).includes(filing.contact));
    }
    assert.equal((await openCases(service.database, 10)).length, 2);
    assert.deepEqual(
      service.events.filter(({ name }) => name === 'case').map(({ facts }) => Object.keys(facts)),
      [
        ['case', 'act'],
        ['case', 'act'],
      ],
      'the log has no code',
    );
  });

  test('who guesses codes learns nothing and is slowed; who has one is not', async () => {
    await using service = await start({
      settings: { rates: { ...defaultSettings.rates, requests: null, reports: { perMinute: 1, burst: 3 } } },
    });
    const { case: id, code } = await file(service, drawLink().id);
    const guesses = [drawCode(systemRandom), 'C-AAAAA', id];
    for (const guess of guesses) {
      const answer = await open(service, guess);
      assert.deepEqual([answer.status, answer.error], [404, { code: 'not-found', facts: {} }]);
    }
    assert.equal((await open(service, drawCode(systemRandom))).error?.code, 'rate-limited');
    assert.equal((await say(service, drawCode(systemRandom), 'withdraw')).error?.code, 'rate-limited');
    assert.equal((await open(service, code)).status, 200);
    const { rows } = await sql<{
      found: number;
    }>`select count(*) as found from cases where cast(code_hash as text) like ${`%${code}%`}`.execute(service.database.db);
    assert.equal(Number(rows[0]?.found), 0);
  });

  test('the maker sees the case and answers; nobody else does', async () => {
    await using service = await start();
    const [maker, stranger] = [await AccountOwner.open(service), await AccountOwner.open(service)];
    const link = await publish(maker);
    const filed = await file(service, link);
    const { cases } = (await maker.call(caseContract['account.cases'], {})).json;
    assert.deepEqual(
      cases.map((one) => [one.case, one.holder]),
      [[filed.case, filing.holder]],
    );
    const whole = await maker.call(caseContract['account.case'], { case: filed.case });
    assert.equal(whole.json.steps[0]?.words, filing.words);
    assert.equal((await stranger.call(caseContract['account.case'], { case: filed.case })).error?.code, 'not-found');
    assert.deepEqual((await stranger.call(caseContract['account.cases'], {})).json.cases, []);
    const answer = { words: 'I made it myself, in 2029.', statement: true };
    const foreign = await stranger.call(caseContract['account.answerCase'], { case: filed.case }, answer);
    assert.equal(foreign.error?.code, 'not-found');
    const early = await say(service, filed.code, 'stand');
    assert.deepEqual(early.error, { code: 'too-late', facts: { reason: 'unanswered' } });
    const countered = await maker.call(caseContract['account.answerCase'], { case: filed.case }, answer);
    assert.equal(countered.json.state, 'countered');
    assert.ok((countered.json.standBy ?? 0) >= service.clock.now() + standMs - dayMs);
    const again = await maker.call(caseContract['account.answerCase'], { case: filed.case }, answer);
    assert.equal(again.json.steps.length, 2, 'sent again, it is the same answer');
    const stood = await say(service, filed.code, 'stand');
    assert.deepEqual([stood.status, stood.json.state], [200, 'contested']);
    assert.deepEqual(
      stood.json.steps.map(({ actor, act }) => `${actor} ${act}`),
      ['holder file', 'maker counter', 'holder stand'],
    );
  });

  test('what lacks a statement, a name or a way to be reached is refused; many notices about one link wait', async () => {
    await using service = await start({ settings: { rates: { ...defaultSettings.rates, requests: null, reports: null } } });
    const { id } = drawLink();
    for (const bad of [{ statement: false }, { holder: '' }, { contact: '' }, { words: '' }, { words: 'x'.repeat(10_001) }])
      assert.equal((await send(service.url, caseContract['cases.file'], { link: id }, { ...filing, ...bad })).error?.code, 'bad-request');
    for (let i = 0; i < 50; i++) await file(service, id);
    assert.equal((await send(service.url, caseContract['cases.file'], { link: id }, filing)).error?.code, 'rate-limited');
    await file(service, drawLink().id);
  });
}

/** Many notices of strangers, past every rate. */
async function fileMany(service: TestService, links: readonly string[], openedAt: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const link of links) {
    const id = drawReference(systemRandom);
    const { holder, contact, words } = filing;
    const row = { id, link: link as LinkId, codeHash: systemRandom(32), holder, contact, words, openedAt, answerBy: openedAt + answerMs };
    await addCase(service.database, row);
    ids.push(id);
  }
  return ids;
}

function describeMany({ start }: TestEngine): void {
  test('whatever one side has said, the other may speak, both may act, and the operator decides', async () => {
    await using service = await start();
    const [{ id: link }, now] = [drawLink(), service.clock.now()];
    const [id] = (await fileMany(service, [link], now)) as [string];
    const act = (event: CaseEvent, words: string) => take(service.database, { id, event, words, now, times: { standMs } });
    const fill = async (actor: 'holder' | 'maker') => {
      for (let i = 0; i < 100; i++) await act({ actor, act: 'say' }, `${actor} ${i}`);
      await assert.rejects(act({ actor, act: 'say' }, 'and another'), { code: 'bad-request' });
    };
    await fill('holder');
    assert.equal((await act({ actor: 'maker', act: 'counter' }, 'Mine.')).state, 'countered');
    await fill('maker');
    await act({ actor: 'operator', act: 'say' }, 'Which film?');
    assert.equal((await act({ actor: 'holder', act: 'stand' }, 'Ours.')).state, 'contested');
    await act({ actor: 'operator', act: 'say' }, 'I see.');
    const uphold = (remedy: Remedy) => act({ actor: 'operator', act: 'uphold', remedy, urgent: false }, 'copyright');
    assert.deepEqual([(await uphold('refund')).remedy, (await uphold('refund')).remedy], ['refund', 'refund']);
    await assert.rejects(uphold('claim'), { code: 'too-late', facts: { reason: 'decided' } }, 'another remedy is another decision');
    assert.equal(firstBroken((await findCase(service.database, id))?.steps ?? []), null);
  });

  test('who has a code is held to the rate of notices', async () => {
    await using service = await start({
      settings: { rates: { ...defaultSettings.rates, requests: null, reports: { perMinute: 1, burst: 3 } } },
    });
    const { code } = await file(service, drawLink().id);
    for (const words of ['One.', 'Two.']) assert.equal((await say(service, code, 'say', words)).status, 200);
    assert.equal((await say(service, code, 'say', 'Three.')).error?.code, 'rate-limited');
  });

  test('hundreds of newer notices hide no case from its maker, who reads the undecided first', async () => {
    await using service = await start();
    const maker = await AccountOwner.open(service);
    const links: string[] = [];
    for (let i = 0; i < 5; i++) links.push(await publish(maker));
    const now = service.clock.now();
    const [old] = (await fileMany(service, links.slice(0, 1), now - 2)) as [string];
    const many = await fileMany(
      service,
      links.flatMap((link) => Array.from({ length: 41 }, () => link)),
      now - 1,
    );
    const list = async () => (await maker.call(caseContract['account.cases'], {})).json.cases.map((one) => one.case);
    assert.deepEqual([(await list()).length, (await list()).includes(old)], [200, false]);
    const answer = { words: 'Mine.', statement: true };
    assert.equal((await maker.call(caseContract['account.answerCase'], { case: old }, answer)).json.state, 'countered');
    const dismiss = { event: { actor: 'operator', act: 'dismiss' }, words: 'Nothing.', now, times: { standMs } } as const;
    for (const id of many.slice(0, 10)) await take(service.database, { id, ...dismiss });
    assert.equal((await list())[195], old, 'before what is decided');
    assert.equal((await maker.call(caseContract['account.case'], { case: old })).json.steps.length, 2);
  });

  test('a case about what was never here ends by itself, and no pass reads it before', async () => {
    await using service = await start();
    const maker = await AccountOwner.open(service);
    const here = await publish(maker);
    const now = service.clock.now();
    const [real] = (await fileMany(service, [here], now)) as [string];
    const nothing = await fileMany(
      service,
      Array.from({ length: 210 }, () => drawLink().id),
      now + 1,
    );
    const uncarried = async () => (await Array.fromAsync(uncarriedCases(service.database))).map(({ id }) => id);
    assert.deepEqual(await uncarried(), [real]);
    await service.drive.sweep();
    assert.equal((await findCase(service.database, nothing[0] ?? ''))?.state, 'open');
    service.clock.move(answerMs + dayMs);
    await service.drive.sweep();
    const ended = await findCase(service.database, nothing[0] ?? '');
    assert.deepEqual([ended?.state, ended?.steps.at(-1)?.actor], ['dismissed', 'time']);
    assert.equal((await findCase(service.database, real))?.state, 'open', 'somebody may answer for what is here');
    assert.deepEqual(new Set(await uncarried()), new Set([real, ...nothing]), 'in pages, each once');
    assert.equal((await uncarried()).length, 211);
  });
}

function describeEnds({ start }: TestEngine): void {
  test('answered and not stood by in time, a case ends by itself; withdrawn, it ends at once', async () => {
    await using service = await start();
    const maker = await AccountOwner.open(service);
    const [first, second] = [await file(service, await publish(maker)), await file(service, await publish(maker))];
    await maker.call(caseContract['account.answerCase'], { case: first.case }, { words: 'Mine.', statement: true });
    await service.drive.sweep();
    assert.equal((await findCase(service.database, first.case))?.state, 'countered');
    service.clock.move(standMs + dayMs);
    await service.drive.sweep();
    await service.drive.sweep();
    const ended = await open(service, first.code);
    assert.deepEqual([ended.json.state, ended.json.steps.at(-1)?.actor], ['dismissed', 'time']);
    assert.deepEqual((await say(service, first.code, 'stand')).error, { code: 'too-late', facts: { reason: 'decided' } });
    const withdrawn = await say(service, second.code, 'withdraw', 'A mistake.');
    assert.equal(withdrawn.json.state, 'withdrawn');
    assert.equal((await say(service, second.code, 'withdraw', 'A mistake.')).status, 200, 'asked again');
  });

  test('upheld, the link says so to who opens it, with the case and the ground', async () => {
    await using service = await start();
    const owner = await Owner.open(service);
    const link = await owner.share([sealedLike()]);
    const filed = await file(service, link.id);
    const event = { actor: 'operator', act: 'uphold', remedy: 'refund', urgent: false } as const;
    const decide = (urgent: boolean) =>
      take(service.database, {
        id: filed.case,
        event: { ...event, urgent },
        words: 'copyright',
        now: service.clock.now(),
        times: { standMs },
      });
    await assert.rejects(decide(false), { code: 'too-late', facts: { reason: 'too-early' } });
    const row = await decide(true);
    await removeUpheld(service.database, row);
    await removeUpheld(service.database, row);
    const opened = await send(service.url, contract['links.open'], { link: link.id }, link.proof);
    assert.deepEqual(
      [opened.status, opened.error],
      [451, { code: 'link-removed', facts: { reference: filed.case, ground: 'copyright', removedAt: row.decided_at } }],
    );
    assert.deepEqual(
      (await Array.fromAsync(uncarriedCases(service.database))).map(({ id }) => id),
      [filed.case],
    );
  });

  test('the offer of a link is read from its record, with whose link it is; a link that is not sold has none', async () => {
    await using service = await start();
    const owner = await AccountOwner.open(service);
    const offer = systemRandom(16);
    const sold = await publish(owner, encodeDcbor([1, offer, systemRandom(300), systemRandom(200)]));
    assert.deepEqual(await offerOfLink(service.database, sold as LinkId), { offer: formatHex(offer), owner: owner.userId });
    const odd = [encodeDcbor([1, systemRandom(15), systemRandom(300), systemRandom(200)]), Uint8Array.of(0x84, 1, 2)];
    for (const record of odd) assert.equal(await offerOfLink(service.database, (await publish(owner, record)) as LinkId), null);
    assert.equal(await offerOfLink(service.database, (await publish(owner)) as LinkId), null);
    assert.equal(await offerOfLink(service.database, drawLink().id as LinkId), null);
  });
}

function describeRecord({ start }: TestEngine): void {
  test('the record holds every step, each bound to the one before, and the database lets nobody change it', async () => {
    await using service = await start();
    const filed = await file(service, drawLink().id);
    await say(service, filed.code, 'say', 'See also our registration.');
    await say(service, filed.code, 'withdraw', 'Settled.');
    const [exported, ...more] = await Array.fromAsync(exportCases(service.database));
    assert.deepEqual([exported?.steps.length, exported?.broken, more.length], [3, null, 0]);
    const steps = exported?.steps ?? [];
    assert.equal(firstBroken(steps.map((step) => (step.seq === 2 ? { ...step, words: 'See nothing.' } : step))), 2);
    assert.equal(firstBroken(steps.filter(({ seq }) => seq !== 2)), 2);
    for (const text of [
      `update case_steps set words = 'x' where case_id = '${filed.case}'`,
      `delete from case_steps where case_id = '${filed.case}'`,
      `delete from cases where id = '${filed.case}'`,
      `update cases set state = 'open', decided_at = null where id = '${filed.case}'`,
      `update cases set holder = 'x' where id = '${filed.case}'`,
      `update cases set state = 'upheld', remedy = 'claim' where id = '${filed.case}'`,
    ])
      await assert.rejects(sql.raw(text).execute(service.database.db), (error) => violationOf(error) === 'check', text);
  });

  test('of many that act at a time each is one step, and one decides', async () => {
    await using service = await start({ settings: { rates: { ...defaultSettings.rates, reports: null } } });
    const filed = await file(service, drawLink().id);
    const acts = [
      ...Array.from({ length: 8 }, (_, i) => say(service, filed.code, 'say', `Note ${i}.`)),
      say(service, filed.code, 'withdraw', 'Enough.'),
    ];
    const statuses = (await Promise.all(acts)).map(({ status }) => status);
    const found = await findCase(service.database, filed.case);
    assert.equal(found?.state, 'withdrawn');
    assert.equal(firstBroken(found?.steps ?? []), null);
    assert.equal(found?.steps.length, 1 + statuses.filter((status) => status === 200).length);
    assert.ok(statuses.every((status) => status === 200 || status === 409));
  });
}
