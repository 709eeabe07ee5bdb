import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { type Bytes, systemRandom } from '@reprise/kit';
import type { UserId } from '@reprise/protocol';
import { type DcborValue, encodeDcbor } from '@reprise/protocol/formats';
import { sealLocal } from '@reprise/vault';
import { nodeEngine } from '@reprise/vault/node';
import { purchaseFolder } from '../node/purchase-folder.ts';
import { type Attempt, assertRoom, type KeptPurchase, Purchases, withAttempt, withoutUnpaid } from './kept-purchase.ts';

const day = 24 * 3_600_000;
const key = systemRandom(32);
const name = '0'.repeat(32);
const purchase: KeptPurchase = {
  link: { flags: 4, secret: systemRandom(32), fingerprint: systemRandom(16) },
  origin: 'https://reprise.example',
  title: 'A recording',
  seed: systemRandom(32),
  records: [systemRandom(300)],
  attempts: [],
  bought: null,
};

function kept(saved = new Map<string, Bytes>()) {
  const store = {
    load: async (id: string) => saved.get(id) ?? null,
    save: async (id: string, sealed: Bytes, expected: Bytes | null) => {
      if ((saved.get(id) ?? null) !== expected) return false;
      saved.set(id, sealed);
      return true;
    },
    names: async () => [...saved.keys()],
    remove: async (id: string) => void saved.delete(id),
  };
  return new Purchases({ store, key, engine: nodeEngine, random: systemRandom });
}

const invoice = (expiresAt: number): Attempt => ({ way: 'lightning', token: `token-${expiresAt}`, bolt11: 'lnbcrt1', sats: 21, expiresAt });

test('a purchase reads back, with the account whose balance pays', async () => {
  const userId = 'ab'.repeat(32) as UserId;
  const attempts: Attempt[] = [
    invoice(5),
    { way: 'coins', coins: 'cashuBabc', quote: 'q', sats: 21 },
    { way: 'balance', request: systemRandom(16), userId, quote: 'q', sats: 21 },
  ];
  const purchases = kept();
  await purchases.change(name, () => ({ ...purchase, attempts }));
  assert.deepEqual(await purchases.get(name), { ...purchase, attempts });
});

test('what is no purchase is refused: another version, and a balance of nobody', async () => {
  const { link, origin, title, seed, records } = purchase;
  const attempt = new Map<number, DcborValue>([
    [1, 3],
    [3, 21],
    [6, 'q'],
    [7, systemRandom(16)],
  ]);
  const place = { table: 'purchase', row: new TextEncoder().encode(name) };
  for (const [version, attempts] of [
    [1, []],
    [3, []],
    [2, [attempt]],
  ] as const) {
    const other = encodeDcbor([version, [link.flags, link.secret, link.fingerprint], origin, title, seed, records, [...attempts], null]);
    const saved = new Map([[name, await sealLocal(nodeEngine, key, place, other, systemRandom)]]);
    await assert.rejects(kept(saved).get(name), { code: 'bad-journal' });
  }
});

test('nothing is left out to make room: what cannot be kept is refused, and what was kept stays', async () => {
  const purchases = kept();
  const full = { ...purchase, attempts: Array.from({ length: 64 }, (_, i) => invoice(i)) };
  await purchases.change(name, () => full);
  assert.throws(() => assertRoom(full), { code: 'limit-exceeded' });
  for (const more of [
    { ...full, attempts: [...full.attempts, invoice(64)] },
    { ...full, records: Array.from({ length: 17 }, () => systemRandom(9)) },
  ])
    await assert.rejects(
      purchases.change(name, () => more),
      { code: 'limit-exceeded' },
    );
  assert.deepEqual(await purchases.get(name), full);
});

test('what was never paid and has long ended makes room, and nothing else does', () => {
  const coins: Attempt = { way: 'coins', coins: 'cashuBabc', quote: 'q', sats: 21 };
  const [long, just, paid] = [invoice(1), invoice(2 * day), invoice(2)];
  const others = Array.from({ length: 60 }, (_, i) => invoice(3 * day + i));
  const full = { ...purchase, attempts: [long, just, paid, coins, ...others] };
  const unpaid = [long, just, coins, ...others];
  assert.deepEqual(withoutUnpaid(full, unpaid, 2.5 * day).attempts, [just, paid, coins, ...others]);
  const roomy = { ...purchase, attempts: [long] };
  assert.equal(withoutUnpaid(roomy, [long], 2.5 * day), roomy);
  const records = Array.from({ length: 16 }, () => systemRandom(9));
  assert.deepEqual(withoutUnpaid({ ...roomy, records }, [long], 2.5 * day), { ...purchase, attempts: [], records: [] });
  assert.deepEqual(withoutUnpaid({ ...full, records }, [], 9 * day), { ...full, records });
});

test('programs that change one purchase at once lose nothing of each other, and agree on its key', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'reprise-purchases-'));
  const programs = Array.from(
    { length: 4 },
    () => new Purchases({ store: purchaseFolder(folder), key, engine: nodeEngine, random: systemRandom }),
  );
  const begin = () => ({ ...purchase, seed: systemRandom(32) });
  await Promise.all(
    programs.map(async (purchases, of) => {
      for (let i = 0; i < 8; i++) await purchases.change(name, (now) => withAttempt(now ?? begin(), invoice(of * 8 + i)));
    }),
  );
  const [one, other] = programs as [Purchases, Purchases];
  const shared = await one.get(name);
  const ends = shared?.attempts.map((attempt) => (attempt.way === 'lightning' ? attempt.expiresAt : -1));
  assert.deepEqual(
    ends?.sort((a, b) => a - b),
    [...Array(32).keys()],
  );
  assert.deepEqual(await Array.fromAsync(other.all()), [shared]);
  const before = fs.readdirSync(folder);
  assert.deepEqual(await one.change(name, (now) => withAttempt(now ?? begin(), invoice(5))), shared);
  const refuse = () => {
    throw new Error('no');
  };
  await assert.rejects(one.change(name, refuse), /no/);
  assert.deepEqual(fs.readdirSync(folder), before, 'what stays as it is is not written');
  await one.remove(name);
  assert.deepEqual([await other.get(name), await Array.fromAsync(other.all()), fs.readdirSync(folder)], [null, [], []]);
  fs.rmSync(folder, { recursive: true });
});
