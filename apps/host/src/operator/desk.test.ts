// The operator's page over real requests: who gets in, what is shown, and that each act does once what the commands do.
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { type Database, insertRows, migrate, openDatabase, sql } from '@reprise/database';
import { sendReply } from '@reprise/drive';
import { formatHex, systemRandom } from '@reprise/kit';
import { sat } from '@reprise/ledger';
import { PaymentJournal } from '@reprise/lightning';
import type { DeviceId, LinkId, SpaceId, UserId } from '@reprise/protocol';
import { defaultPayoutSettings, openPayouts, type Payouts } from '@reprise/service';
import { Shop } from '../../../../bitcache/service/src/testing/shop.ts';
import { compareAndStop, readStop } from '../bitcache/breaker.ts';
import { OperatorDesk } from './desk.ts';
import { sessionMs } from './session.ts';

const token = 'a token for the operator';

describe('the operator’s page', () => {
  let database: Database;
  let shop: Shop;
  let server: Server;
  let url: string;
  let trustProxy = false;
  let publicUrl: string | undefined;
  const events: string[] = [];

  before(async () => {
    database = await openDatabase({ path: ':memory:' });
    await migrate(database);
    shop = await Shop.open(database);
    const { clock } = shop.sandbox;
    const watch = { event: (name: string, facts: object) => void events.push([name, ...Object.values(facts)].join(' ')) };
    const parts = { database, clock, watch, token, isSandbox: true };
    const desks = new Map<string, OperatorDesk>();
    server = createServer((incoming, outgoing) => {
      const key = `${publicUrl} ${trustProxy}`;
      const desk = desks.get(key) ?? new OperatorDesk({ ...parts, publicUrl, trustProxy });
      desks.set(key, desk);
      const path = (incoming.url ?? '').split('?')[0] ?? '';
      void desk.answer(incoming, path).then((reply) => {
        const headers = { 'Content-Type': 'text/plain' };
        return sendReply({ incoming, outgoing, readerStallMs: 10_000 }, reply ?? { status: 404, headers, body: 'nothing' });
      });
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/operator`;
  });
  afterEach(() => {
    [trustProxy, publicUrl] = [false, undefined];
    events.length = 0;
  });
  after(async () => {
    server?.closeAllConnections();
    await new Promise((resolve) => void server?.close(resolve));
    await shop?.[Symbol.asyncDispose]();
  });

  const post = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(url, { method: 'POST', redirect: 'manual', body: new URLSearchParams(fields), headers });
  const enter = async (headers: Record<string, string> = {}) => {
    const entered = await post({ act: 'enter', token }, headers);
    return {
      status: entered.status,
      set: entered.headers.get('set-cookie') ?? '',
      cookie: entered.headers.get('set-cookie')?.split(';')[0] ?? '',
    };
  };
  const look = async (cookie: string, query = '', language = 'en') =>
    (await fetch(`${url}${query}`, { headers: { cookie, 'accept-language': language } })).text();
  const markIn = (page: string) => /name="mark" value="([0-9a-f]{64})"/.exec(page)?.[1] ?? assert.fail('no form on the page');
  /** Presses a button of the page that was looked at. @returns where the browser is sent */
  const press = async (cookie: string, fields: Record<string, string>) => {
    const answer = await post({ ...fields, mark: markIn(await look(cookie)) }, { cookie });
    assert.equal(answer.status, 303);
    return answer.headers.get('location');
  };

  async function heldPayouts(
    count: number,
  ): Promise<{ readonly payouts: Payouts; readonly ids: readonly string[]; readonly account: string }> {
    const { ledger, clock, backend, mint, coins } = { ...shop.sandbox, coins: await shop.sandbox.coins(5_000n) };
    const account = formatHex(systemRandom(32));
    await shop.service.bringCoins(account, coins);
    const { network } = backend.world;
    const journal = new PaymentJournal({ backend, database, network, clock, onAlarm: ({ kind }) => assert.fail(kind) });
    const fetchAddress = () => assert.fail('no address is asked');
    const ports = {
      database,
      ledger,
      network,
      clock,
      backend: journal.for('payout'),
      fetch: fetchAddress,
      isOwnInvoice: mint.isOwnInvoice,
    };
    const payouts = openPayouts(ports, { ...defaultPayoutSettings, payoutMax: sat(500n) });
    const ids: string[] = [];
    for (let number = 0; number < count; number++) {
      const order = { account, request: formatHex(systemRandom(16)), to: backend.world.invoice(600_000n), amount: null, feeMax: null };
      const { id, state } = await payouts.order(order);
      assert.equal(state, 'waiting');
      ids.push(id);
    }
    return { payouts, ids, account };
  }

  it('is not there without a token in the settings, and opens with it alone', async () => {
    const { clock } = shop.sandbox;
    const none = new OperatorDesk({
      database,
      clock,
      watch: { event: () => undefined },
      token: undefined,
      publicUrl,
      trustProxy,
      isSandbox: true,
    });
    assert.equal(await none.answer({ method: 'GET', headers: {} } as never, '/operator'), undefined);
    const entry = await fetch(url);
    const text = await entry.text();
    assert.equal(entry.status, 200);
    assert.match(text, /type="password"/);
    assert.doesNotMatch(text, /balances of accounts|name="mark"/);
    assert.match(entry.headers.get('content-security-policy') ?? '', /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'/);
    assert.equal(entry.headers.get('cache-control'), 'no-store');
    const wrong = await post({ act: 'enter', token: 'a token for the operatos' });
    assert.deepEqual([wrong.status, wrong.headers.get('set-cookie')], [403, null]);
    const { status, set, cookie } = await enter();
    assert.equal(status, 303);
    assert.match(set, /Path=\/operator; HttpOnly; SameSite=Strict; Max-Age=28800$/);
    assert.match(await look(cookie), /Money of the house[^]*Nothing is stopped, the books balance/);
    assert.match(await look(cookie, '', 'fr'), /lang="fr"[^]*Rien n’est arrêté/);
    assert.deepEqual(events, ['operator-refused', 'operator-entered']);
  });

  it('a session ends by its time, by leaving, and cannot be made up', async () => {
    const { cookie } = await enter();
    const [name, value = ''] = cookie.split('=');
    const [endsAt, signature = ''] = value.split('.');
    for (const forged of [
      `${name}=${Number(endsAt) + 1}.${signature}`,
      `${name}=${endsAt}.${'0'.repeat(64)}`,
      `${name}=`,
      `${name}=${endsAt}`,
    ])
      assert.match(await look(forged), /type="password"/, forged);
    assert.equal((await fetch(`${url}/books.csv`)).status, 403);
    const left = await post({ act: 'leave', mark: markIn(await look(cookie)) }, { cookie });
    assert.match(left.headers.get('set-cookie') ?? '', /reprise-operator=; .*Max-Age=0/);
    shop.sandbox.clock.pass(sessionMs);
    assert.match(await look(cookie), /type="password"/);
  });

  it('gives its token to nobody on the way: https, or this machine itself', async () => {
    assert.equal((await enter({ 'x-forwarded-for': '192.0.2.1' })).status, 403);
    publicUrl = 'http://drive.example';
    assert.equal((await enter({ 'x-forwarded-for': '192.0.2.1' })).status, 403);
    publicUrl = 'https://drive.example';
    assert.match((await enter({ 'x-forwarded-for': '192.0.2.1' })).set, /; Secure$/);
    publicUrl = undefined;
    assert.equal(
      (await enter({ 'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.1' })).status,
      403,
      'whoever says so is not believed',
    );
    trustProxy = true;
    assert.match((await enter({ 'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.1' })).set, /; Secure$/);
  });

  it('payouts go or come back once, and only by a form of the page itself', async () => {
    const { payouts, ids, account } = await heldPayouts(2);
    const [go, back] = ids as [string, string];
    const { cookie } = await enter();
    const page = await look(cookie);
    for (const id of ids) assert.ok(page.includes(id));
    assert.match(page, /600 sat, since/);
    // Another page's form, in the same browser, has no mark; and a mark without the session is none.
    const stale = await post({ act: 'approve', id: go, mark: '0'.repeat(64) }, { cookie });
    assert.equal(stale.headers.get('location'), '/operator?told=stale');
    assert.equal((await post({ act: 'approve', id: go, mark: markIn(page) })).status, 403);
    assert.equal((await payouts.read(account, go))?.state, 'waiting');
    assert.equal(await press(cookie, { act: 'approve', id: go }), '/operator?told=approved');
    assert.equal(await press(cookie, { act: 'approve', id: go }), '/operator?told=gone');
    assert.equal(await press(cookie, { act: 'reject', id: back }), '/operator?told=rejected');
    assert.equal(await press(cookie, { act: 'reject', id: back }), '/operator?told=gone');
    await payouts.resume();
    assert.deepEqual([(await payouts.read(account, go))?.state, (await payouts.read(account, back))?.state], ['paid', 'cancelled']);
    assert.match(await look(cookie, '?told=approved'), /role="status">The payout leaves within ten seconds/);
    assert.doesNotMatch(await look(cookie, '?told=constructor'), /role="status"/);
    assert.deepEqual(events.slice(1), [`operator-act approve ${go}`, `operator-act reject ${back}`]);
    await shop.assertWhole();
  });

  it('an account is frozen with a reason that it reads, and freed again, each once', async () => {
    const { account } = await heldPayouts(0);
    const space = { space: account as SpaceId, kind: 1, user_id: account, device_id: account as DeviceId, created_at: 1, bytes_max: 1 };
    await insertRows(database.db, 'spaces', [{ ...space, device_public: systemRandom(32), genesis: systemRandom(8) }]);
    await insertRows(database.db, 'accounts', [
      {
        user_id: account as UserId,
        home_space: account as SpaceId,
        identity_key: systemRandom(32),
        opaque_record: systemRandom(32),
        plan: 'default',
        created_at: 1,
      },
    ]);
    const { cookie } = await enter();
    const isFrozen = async () => (await shop.service.readFreeze(account)) !== undefined;
    assert.match(await look(cookie), /id="frozen">Frozen accounts<[^]*None\./);
    assert.equal(await press(cookie, { act: 'freeze', account: 'nobody at all', ground: 'x' }), '/operator?told=nobody');
    assert.equal(await press(cookie, { act: 'freeze', account, ground: ' ' }), '/operator?told=groundless');
    assert.equal((await post({ act: 'freeze', account, ground: 'x', mark: '0'.repeat(64) }, { cookie })).status, 303);
    assert.equal(await isFrozen(), false);
    assert.equal(await press(cookie, { act: 'freeze', account, ground: '<b>stolen</b> coins' }), '/operator?told=frozen');
    const page = await look(cookie);
    const [, id = ''] = /(F-[2-9A-Z]{10}), since/.exec(page) ?? [];
    assert.match(page, /Balance 5,000 sat · sales held 0 sat · payouts that wait 0 sat[^]*&#60;b&#62;stolen/);
    assert.match(await look(cookie, '', 'fr'), /Comptes gelés/);
    assert.deepEqual([await isFrozen(), (await shop.service.readFreeze(account))?.ground], [true, '<b>stolen</b> coins']);
    assert.equal(await press(cookie, { act: 'unfreeze', id }), '/operator?told=unfrozen');
    assert.equal(await press(cookie, { act: 'unfreeze', id }), '/operator?told=gone');
    assert.equal(await isFrozen(), false);
    assert.deepEqual(events.slice(1), [`operator-act freeze ${id}`, `operator-act unfreeze ${id}`]);
  });

  it('a payment to look at is shown until it was looked at', async () => {
    const { payouts, ids } = await heldPayouts(1);
    const { cookie } = await enter();
    assert.equal(await press(cookie, { act: 'approve', id: ids[0] as string }), '/operator?told=approved');
    await payouts.resume();
    // Another one, as a node without a hard cap may leave it: it took more than was set aside.
    const hash = 'ee'.repeat(32);
    const paid = await database.db.selectFrom('lightning_attempts').selectAll().limit(1).executeTakeFirstOrThrow();
    await insertRows(database.db, 'lightning_attempts', [{ ...paid, payment_hash: hash, backend: 'lnd', fee: paid.max_fee + 1 }]);
    assert.match(await look(cookie), new RegExp(`nothing more is paid out until then[^]*${hash}`));
    assert.equal(await press(cookie, { act: 'acknowledge', hash }), '/operator?told=acknowledged');
    assert.equal(await press(cookie, { act: 'acknowledge', hash }), '/operator?told=gone');
    assert.doesNotMatch(await look(cookie), /class="alarm"/);
  });

  it('a stop is lifted by whoever saw that very one', async () => {
    const { quote } = await shop.sandbox.mint.makeMintQuote({ amount: 5n, unit: 'sat' });
    await sql.raw(`update mint_quotes set amount_paid = 5 where id = '${quote}'`).execute(database.db);
    const stop = await compareAndStop(database, 'quick', 1_700_000_000_000);
    assert.ok(stop);
    const { cookie } = await enter();
    assert.match(await look(cookie), /Money is stopped since 14 Nov 2023, 22:13 UTC: minting# 0 in the books, 5000 in rows/);
    assert.equal(await press(cookie, { act: 'lift', at: '1699999999999' }), '/operator?told=gone');
    assert.ok(await readStop(database));
    assert.equal(await press(cookie, { act: 'lift', at: String(stop.at) }), '/operator?told=lifted');
    assert.equal(await readStop(database), undefined);
  });

  it('what strangers wrote stays text, and the books can be taken away', async () => {
    const row = {
      link: '0'.repeat(32) as LinkId,
      code_hash: new Uint8Array(32),
      holder: 'x',
      contact: 'y',
      state: 'open' as const,
      opened_at: 1,
      answer_by: 2,
    };
    await insertRows(database.db, 'cases', [{ ...row, id: '<script>alert(1)</script>' }]);
    const { cookie } = await enter();
    const page = await look(cookie);
    assert.ok(page.includes('&#60;script&#62;alert(1)') && !page.includes('<script'));
    const books = await (await fetch(`${url}/books.csv`, { headers: { cookie } })).text();
    assert.match(books, /^account,kind,msat\r\n[^]*ecash[^,]*,liability,\d+\r\n/);
  });

  it('bears requests of any kind', async () => {
    const { cookie } = await enter();
    assert.equal((await fetch(url, { method: 'PUT' })).status, 404);
    assert.equal((await post({ act: 'approve', id: 'x'.repeat(5_000) }, { cookie })).status, 413);
    assert.equal(await press(cookie, { act: 'no such act' }), '/operator?told=stale');
    assert.equal((await fetch(url, { method: 'POST', body: new Uint8Array([0xff, 0xfe]) })).status, 400);
    let refused = 0;
    for (let count = 0; count < 12; count++) if ((await post({ act: 'enter', token: 'guess' })).status === 429) refused++;
    assert.ok(refused > 0, 'guessing is slowed');
    assert.equal((await fetch(url, { headers: { cookie } })).status, 200, 'and whoever is in stays in');
  });
});
