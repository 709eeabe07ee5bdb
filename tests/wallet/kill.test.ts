// A wallet that is killed between any two of its steps has lost nothing: whoever starts next ends what was begun, and every satoshi is where
// somebody can name it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { formatHex, systemRandom } from '@reprise/kit';
import { type WalletPoint, walletPoints } from '../../client/wallet/src/parts.ts';
import { Money } from './money.ts';

const rounds = process.env['REPRISE_LONG'] === '1' ? 20 : 1;
const script = join(import.meta.dirname, 'wallet.child.ts');

type Ended = { readonly isKilled: boolean; readonly amounts: readonly number[] };

describe('a wallet that is killed', () => {
  let money: Money;
  let root: string;
  let inWallets = 0n;
  before(async () => {
    money = await Money.open();
    root = mkdtempSync(join(tmpdir(), 'reprise-kill-'));
  });
  after(async () => {
    await money.assertWhole();
    await money[Symbol.asyncDispose]();
    rmSync(root, { recursive: true, force: true });
  });

  // Refunds are asked of a shop, which is not here: tests/payments/buying.test.ts.
  for (const point of walletPoints.filter((one) => !one.startsWith('refund/')))
    it(`at ${point} loses nothing`, async () => {
      for (let round = 0; round < rounds; round++) await dieAt(point);
    });

  it('at invoice/journaled loses nothing, though the mint changes its keyset before the next start', () =>
    dieAt('invoice/journaled', true));

  async function dieAt(point: WalletPoint, isRotated = false): Promise<void> {
    const [folder, seed] = [mkdtempSync(join(root, 'w-')), formatHex(systemRandom(32))];
    const run = (act: string, argument = '', at = '') => child([money.url, folder, seed, at, act, argument]);
    // 1,000 satoshis to begin with, in coins that do not fit what follows.
    const start = await run('invoice', '1000');
    assert.deepEqual(start.amounts, [1_000, 0, 0]);
    const [kind = ''] = point.split('/');
    const [act, argument] = await prepare(kind, run);
    const died = await run(act, argument, point);
    assert.ok(died.isKilled, `${point} was not reached`);
    if (isRotated) await money.sandbox.mint.rotate();
    const settled = await run('settle');
    const total = settled.amounts.reduce((sum, amount) => sum + amount, 0);
    assert.equal(total, totalAfter(point));
    assert.equal(settled.amounts[1], 0, 'nothing is set aside for what is over');
    inWallets += BigInt(total);
    // Nothing that was paid in waits at the mint, and no coin is out of which no wallet knows.
    assert.deepEqual(await money.owed(), { coins: inWallets, toBeIssued: 0n });
    await money.assertHolds(folder);
  }

  /** What the wallet has once it is settled: all that was asked for was done, unless nothing had been asked yet. */
  function totalAfter(point: WalletPoint): number {
    switch (point) {
      case 'receive/journaled':
      case 'receive/answered':
      case 'receive/kept':
        return 1_077;
      case 'invoice/paid':
      case 'invoice/journaled':
      case 'invoice/answered':
      case 'invoice/issued':
        return 1_050;
      case 'pay/journaled':
      case 'pay/answered':
      case 'pay/kept':
        return 797;
      default:
        return 1_000;
    }
  }

  async function prepare(kind: string, run: (act: string, argument?: string) => Promise<Ended>): Promise<readonly [string, string]> {
    switch (kind) {
      case 'receive': {
        const giver = money.wallet();
        await money.fill(giver, 100n);
        inWallets += 23n;
        return ['receive', (await giver.send(77n)).token];
      }
      case 'send':
        return ['send', '333'];
      case 'invoice':
        return ['invoice', '50'];
      case 'pay':
        return ['pay', money.invoice(200_000n, 3_000n)];
      case 'take-back': {
        await run('send', '8');
        const { id } = await outEntry(run);
        return ['back', id];
      }
      default:
        return ['restore', ''];
    }
  }

  async function outEntry(run: (act: string, argument?: string) => Promise<Ended>): Promise<{ readonly id: string }> {
    const { ids } = (await run('out')) as Ended & { readonly ids: readonly string[] };
    return { id: ids[0] as string };
  }

  function child(args: readonly string[]): Promise<Ended & { readonly ids: readonly string[] }> {
    return new Promise((resolve, reject) => {
      const started = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
      let [stdout, stderr] = ['', ''];
      started.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text));
      started.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
        // Somebody pays as soon as the invoice is there to be seen.
        if (text.startsWith('ln')) money.pay(text.trim());
      });
      started.on('error', reject).on('close', (code, signal) => {
        if (code !== 0 && signal !== 'SIGKILL') return reject(new Error(stderr));
        const lines = stdout.trim().split('\n');
        const [amounts = [], ids = []] = signal === 'SIGKILL' ? [] : (JSON.parse(lines.at(-1) ?? '[]') as [number[], string[]]);
        resolve({ isKilled: signal === 'SIGKILL', amounts, ids });
      });
    });
  }
});
