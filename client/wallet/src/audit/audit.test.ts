// Every cheat that spec/liabilities.md names, at a mint that is nothing but what it publishes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importSigningKey } from '@reprise/protocol/formats';
import { coin, dayMs, type PaperCoin, PaperMint, sha256 } from '../testing/paper-mint.ts';
import { audit, type AuditPorts, type AuditReport } from './audit.ts';
import type { AuditCoin } from './coins.ts';
import { decodeMemory, encodeMemory } from './memory.ts';
import type { OwnAccount } from './own-account.ts';

const start = Date.UTC(2030, 0, 1, 3);
const account = 'ab'.repeat(32);

function look(mint: PaperMint, ports: Partial<AuditPorts> = {}): Promise<AuditReport> {
  const clock = { now: () => start + mint.epochs.length * dayMs };
  return audit({
    url: 'https://mint.example/pay/liabilities',
    fetch: mint.fetch,
    sha256,
    clock,
    coins: [],
    account: null,
    memory: null,
    ...ports,
  });
}

const codes = ({ findings }: AuditReport) => findings.map(({ code }) => code);
const held = ({ point, amount }: PaperCoin, mint: PaperMint, unspent = coin().point): AuditCoin => ({
  ...{ keyset: mint.keyset, amount, promised: point, unspent },
});

/** Three days: eight coins a day, two of which come back the day after. */
async function honest() {
  const mint = await PaperMint.open(start);
  const lines = [
    { name: `account:${account}`, amount: 21_000n },
    { name: 'pending:00', amount: 5_000n },
    { name: 'account:other', amount: 1n },
  ];
  const days = [0, 1, 2].map(() => Array.from({ length: 8 }, (_, i) => coin(1n << BigInt(i))));
  for (const [day, promised] of days.entries()) {
    const spent = day === 0 ? [] : [coin(1n), coin(2n)];
    await mint.day({ promised, spent, lines });
  }
  const [first] = days[0] as [PaperCoin];
  return { mint, lines, days, first };
}

function owner(mint: PaperMint, change: Partial<OwnAccount> = {}): OwnAccount {
  const lines = [`account:${account}`, 'pending:00'].map((name) => mint.line(name));
  const owed = [{ name: 'pending:00', amount: 5_000n }];
  return { account, epoch: mint.epochs.length, balance: 21_000n, lines, moves: [], owed, ...change };
}

test('an honest mint is found to be one, and the report says what nobody can check', async () => {
  const { mint, first } = await honest();
  const report = await look(mint, { coins: [held(first, mint)], account: owner(mint) });
  assert.deepEqual(report.findings, []);
  assert.deepEqual([report.coinsCounted, report.linesCounted], [1, 2]);
  assert.deepEqual([report.latest?.number, report.latest?.coins, report.latest?.lines], [3, 3n * 255n - 6n, 26_001n]);
  assert.deepEqual(report.unchecked, ['others', 'spent-sums', 'reserves']);
  const memory = report.memory && decodeMemory(encodeMemory(report.memory));
  await mint.day();
  assert.deepEqual(codes(await look(mint, { memory })), []);
});

test('before the first epoch there is nothing to find, and that is said', async () => {
  const mint = await PaperMint.open(start);
  const report = await look(mint, { coins: [held(coin(), mint)] });
  assert.deepEqual([report.findings, report.latest, report.memory], [[], null, null]);
  assert.deepEqual(report.unchecked, ['no-epoch', 'others', 'spent-sums', 'reserves', 'coins-young', 'no-account']);
});

test('a coin that was left out is found once two epochs have passed, also when it is spent meanwhile', async () => {
  const { mint } = await honest();
  const hidden = coin();
  const first = await look(mint, { coins: [held(hidden, mint)] });
  assert.deepEqual([codes(first), first.unchecked.includes('coins-young')], [[], true]);
  await mint.day();
  const second = await look(mint, { memory: first.memory });
  assert.deepEqual(codes(second), []);
  await mint.day();
  assert.deepEqual(codes(await look(mint, { memory: second.memory })), ['coin-missing']);
});

test('a young coin that is counted later raises no alarm', async () => {
  const { mint } = await honest();
  const young = coin();
  const { memory } = await look(mint, { coins: [held(young, mint)] });
  await mint.day();
  await mint.day({ promised: [young] });
  const report = await look(mint, { coins: [held(young, mint)], memory });
  assert.deepEqual([report.findings, report.coinsCounted, report.memory?.waiting], [[], 1, []]);
});

type Cheat = (world: Awaited<ReturnType<typeof honest>>) => Promise<Partial<AuditPorts>> | Partial<AuditPorts>;

const cheats: Readonly<Record<string, readonly [found: string, cheat: Cheat]>> = {
  'a coin listed for less': ['coin-amount', ({ mint, first }) => ({ coins: [held({ ...first, amount: 2n }, mint)] })],
  'a coin in our hands listed as spent': ['coin-spent', ({ mint, first }) => ({ coins: [held(first, mint, mint.lists.spent[0]?.point)] })],
  'a coin listed as spent twice': [
    'coin-twice',
    async ({ mint }) => {
      await mint.day({ spent: [mint.lists.spent[0] as PaperCoin] });
      return {};
    },
  ],
  'a coin of an amount that no key signs': [
    'coin-impossible',
    async ({ mint }) => {
      await mint.day({ spent: [coin(3n)] });
      return {};
    },
  ],
  'a list whose order says when': [
    'list-disordered',
    async ({ mint }) => {
      await mint.day({ promised: [coin(), coin()].reverse() });
      return {};
    },
  ],
  'a list that does not give its root': ['list-differs', ({ mint }) => (mint.lists.promised.splice(-1, 1, coin(16n)), {})],
  'a list that says less than its root': [
    'list-differs',
    ({ mint }) => (mint.lists.promised.splice(4, 1, { ...(mint.lists.promised[4] as PaperCoin), amount: 1n }), {}),
  ],
  'a list that is not shown': ['list-withheld', ({ mint }) => (mint.lists.promised.pop(), {})],
  'an epoch of another key': [
    'signature',
    async ({ mint }) => {
      const { key } = mint;
      mint.key = await importSigningKey(sha256(Uint8Array.of(2)));
      await mint.day();
      mint.key = key;
      return {};
    },
  ],
  'an epoch of no form': ['epoch-malformed', ({ mint }) => (mint.epochs.push(Uint8Array.of(0x80)), {})],
  'an epoch left out': ['chain', ({ mint }) => (mint.epochs.splice(1, 1), {})],
  'a sum that shrinks': [
    'chain',
    async ({ mint }) => {
      const removed = mint.lists.promised.splice(-4);
      await mint.day();
      mint.lists.promised.push(...removed);
      return {};
    },
  ],
  'a keyset that is forgotten': [
    'chain',
    async ({ mint }) => {
      await mint.day({ says: { keysets: [] } });
      return {};
    },
  ],
  'a mint of another network': ['other-network', ({ mint }) => ((mint.network = 'mainnet'), {})],
  'a mint that has ceased to say anything': ['stale', () => ({ clock: { now: () => start + 5 * dayMs } })],
  'a line that is not in the total': [
    'line-uncounted',
    ({ mint }) => {
      const line = { ...mint.line(`account:${account}`), index: 2 };
      return { account: owner(mint, { lines: [line, mint.line('pending:00')], balance: 0n }) };
    },
  ],
  'a line beside one below zero': [
    'line-uncounted',
    ({ mint }) => {
      const line = mint.line(`account:${account}`);
      const path = line.path.map((node, i) => (i === 0 ? { ...node, sum: node.sum - 1n } : i === 1 ? { ...node, sum: -1n } : node));
      return { account: owner(mint, { lines: [{ ...line, path }, mint.line('pending:00')], balance: 0n }) };
    },
  ],
  'sales that nobody counts': ['line-hidden', ({ mint }) => ({ account: owner(mint, { lines: [mint.line(`account:${account}`)] }) })],
  'an account that nobody counts': ['balance-unexplained', ({ mint }) => ({ account: owner(mint, { lines: [mint.line('pending:00')] }) })],
  'a balance that is less than its line and what moved': [
    'balance-unexplained',
    ({ mint }) => ({ account: owner(mint, { balance: 20_000n, moves: [{ at: start + 3 * dayMs, kind: 'received', amount: 1n }] }) }),
  ],
  'lines of an epoch long ago': ['lines-old', ({ mint }) => ({ account: owner(mint, { epoch: 1 }) })],
};

for (const [name, [found, cheat]] of Object.entries(cheats)) {
  test(`${name} is found: ${found}`, async () => {
    const world = await honest();
    const ports = await cheat(world);
    assert.deepEqual([...new Set(codes(await look(world.mint, ports)))], [found]);
  });
}

test('what was said before is held against what is said now, and again the next time', async () => {
  const { mint } = await honest();
  const { memory } = await look(mint);
  const told = mint.epochs;
  const other = await PaperMint.open(start);
  for (let day = 0; day < 4; day++) await other.day();
  mint.epochs = told.slice(0, 2);
  const rolledBack = await look(mint, { memory });
  assert.deepEqual(codes(rolledBack), ['rolled-back']);
  const rewritten = await look(other, { memory: rolledBack.memory });
  assert.deepEqual(codes(rewritten), ['rewritten']);
  other.key = await importSigningKey(sha256(Uint8Array.of(3)));
  other.epochs = [];
  for (let day = 0; day < 4; day++) await other.day();
  assert.deepEqual(codes(await look(other, { memory: rewritten.memory })), ['other-key', 'rewritten']);
  mint.epochs = told;
  assert.deepEqual(codes(await look(mint, { memory: rewritten.memory })), []);
});

test('a movement beside the epoch may stand on either side of it', async () => {
  const { mint } = await honest();
  const at = start + 2 * dayMs;
  const moves = [
    { at: at - 5, kind: 'received', amount: 700n },
    { at: at + 100_000, kind: 'payout-reserved', amount: -1_000n },
  ];
  for (const balance of [20_000n, 20_700n])
    assert.deepEqual(codes(await look(mint, { account: owner(mint, { balance, moves }) })), [], String(balance));
});
