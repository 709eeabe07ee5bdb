import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { msat } from '@reprise/ledger';
import { parseInvoice } from '../bolt11/parse.ts';
import { LightningFailure } from '../failures.ts';
import type { Outcome, PaymentHash } from '../port.ts';
import { describeBackend } from '../testing/backend.suite.ts';
import { Sandbox, sandboxCapabilities, type SandboxWallet } from './sandbox.ts';

const home = await mkdtemp(join(tmpdir(), 'reprise-sandbox-'));
after(() => rm(home, { recursive: true, force: true }));
const place = { production: false, publicUrl: 'http://localhost:8080', demo: false };
const open = (name: string) => new Sandbox({ folder: join(home, name), place });
let labels = 0;
const invoiceOf = (wallet: SandboxWallet, amount: bigint) =>
  wallet.invoice({
    label: `test-${++labels}-${process.pid}`,
    amount: msat(amount),
    description: { text: 'to the visitor' },
    expirySeconds: 600,
  });

describeBackend('the sandbox', { capabilities: sandboxCapabilities, routesCost: false, remote: false }, async () => {
  const sandbox = open('suite');
  const { wallet, backend } = sandbox;
  const settled = new Map<PaymentHash, number>();
  return {
    backend,
    outside: {
      invoice: async (amount, { end }) => {
        const { bolt11, hash } = await invoiceOf(wallet, amount);
        // What is cancelled is refused when it comes.
        if (end === 'fails') await wallet.cancelInvoice(hash);
        if (end === 'hangs') await wallet.hold(hash);
        if (end === 'succeeds') settled.set(hash, 1);
        return bolt11;
      },
      pay: async (bolt11) => void (await wallet.pay({ bolt11, maxFee: msat(0n), timeoutSeconds: 30, attempt: 1 })),
      settle: (hash) => wallet.take(hash),
      fail: (hash) => wallet.refuse(hash),
      paid: (hash) => settled.get(hash) ?? 0,
    },
    close: () => sandbox.close(),
  };
});

describe('the sandbox', () => {
  it('does not start before it is used, and never on a public address or in production', async () => {
    await using sandbox = open('idle');
    assert.equal(sandbox.isRunning, false);
    const refused = (error: unknown) => error instanceof LightningFailure && error.code === 'sandbox-refused';
    assert.throws(() => new Sandbox({ folder: home, place: { ...place, publicUrl: 'https://drive.example' } }), refused);
    assert.throws(() => new Sandbox({ folder: home, place: { ...place, production: true, demo: true } }), refused);
  });
  it('finds its channel, invoices and payments again after it was closed', async () => {
    const made = await (async () => {
      await using sandbox = open('again');
      const { spendable } = await sandbox.backend.balance();
      const ours = await sandbox.backend.createInvoice({
        label: 'kept',
        amount: msat(3_000n),
        description: { text: '' },
        expirySeconds: 600,
      });
      const paid = await invoiceOf(sandbox.wallet, 5_000n);
      const outcome = await sandbox.backend.pay({ bolt11: paid.bolt11, maxFee: msat(0n), timeoutSeconds: 30, attempt: 1 });
      // The proof comes before the channel is settled.
      await balanceIs(sandbox, spendable - 5_000n);
      return { ours, paid, outcome, balance: await sandbox.backend.balance() };
    })();
    await using sandbox = open('again');
    await balanceIs(sandbox, made.balance.spendable);
    assert.deepEqual(await sandbox.backend.lookupPayment(made.paid.hash), made.outcome);
    assert.deepEqual(await sandbox.backend.lookupInvoice(made.ours.hash), { state: 'open' });
    await sandbox.wallet.pay({ bolt11: made.ours.bolt11, maxFee: msat(0n), timeoutSeconds: 30, attempt: 1 });
    assert.equal((await sandbox.backend.lookupInvoice(made.ours.hash)).state, 'settled');
  });
  for (const [lost, kept] of [
    ['ours', 'the chain and the visitor'],
    ['visitor', 'the chain and our node'],
    ['blocks', 'nothing but the key of its miner'],
  ] as const) {
    it(`opens another channel when it finds ${kept}`, async () => {
      const folder = join(home, `lost-${lost}`);
      for (const round of ['first', 'second']) {
        await using sandbox = new Sandbox({ folder, place });
        const { bolt11 } = await invoiceOf(sandbox.wallet, 5_000n);
        const outcome = await sandbox.backend.pay({ bolt11, maxFee: msat(0n), timeoutSeconds: 30, attempt: 1 });
        assert.equal(outcome.state, 'succeeded', round);
        await rm(join(folder, lost));
      }
    });
  }
  it('makes invoices that last as long as asked for, and are paid, hours after the last block', async () => {
    const folder = join(home, 'earlier');
    const clock = 'data:text/javascript,const now = Date.now; Date.now = () => now() - 3 * 3_600_000;';
    const script = new URL('./earlier.child.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, ['--import', clock, script, folder], { stdio: ['ignore', 'ignore', 'inherit'] });
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    await using sandbox = new Sandbox({ folder, place });
    const { bolt11, expiresAt } = await invoiceOf(sandbox.wallet, 5_000n);
    const left = (expiresAt - Date.now()) / 1_000;
    assert.ok(left > 500 && left <= 700, `${left} s of 600`);
    assert.equal((await sandbox.backend.pay({ bolt11, maxFee: msat(0n), timeoutSeconds: 30, attempt: 1 })).state, 'succeeded');
  });
  it('goes on with a payment that was under way when its process was killed', async () => {
    for (const end of ['take', 'refuse'] as const) {
      const folder = join(home, `killed-${end}`);
      const hash = await killWhilePaying(folder);
      await using sandbox = new Sandbox({ folder, place });
      assert.equal((await sandbox.backend.lookupPayment(hash)).state, 'in-flight');
      await sandbox.wallet[end](hash);
      const outcome = await ended(sandbox, hash);
      assert.equal(outcome.state, end === 'take' ? 'succeeded' : 'failed');
      const next = await invoiceOf(sandbox.wallet, 9_000n);
      assert.equal(
        (await sandbox.backend.pay({ bolt11: next.bolt11, maxFee: msat(0n), timeoutSeconds: 30, attempt: 1 })).state,
        'succeeded',
      );
    }
  });
});

/** A process pays an invoice that the visitor holds, and is killed. */
async function killWhilePaying(folder: string): Promise<PaymentHash> {
  const script = new URL('./holder.child.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  for await (const part of child.stdout.setEncoding('utf8')) {
    output += part;
    if (output.includes('\n')) break;
  }
  const bolt11 = output.trim();
  if (child.exitCode === null) child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return parseInvoice(bolt11).hash;
}

async function balanceIs(sandbox: Sandbox, spendable: bigint): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  while ((await sandbox.backend.balance()).spendable !== spendable) {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function ended(sandbox: Sandbox, hash: PaymentHash): Promise<Outcome | { state: 'not-found' }> {
  const signal = AbortSignal.timeout(60_000);
  for (;;) {
    const outcome = await sandbox.backend.lookupPayment(hash);
    if (outcome.state !== 'in-flight') return outcome;
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
