// The wallet worker: coins, and no key to a file. It is lent a store and seeds by the worker that holds the account, or by the one of a link's page
// for the coins of this browser, and asks the mint itself.
// spec/wallet.md, spec/web.md "Threads".
import { systemClock, systemRandom } from '@reprise/kit';
import { formatCsv, type HistoryEntry, Wallet } from '@reprise/wallet';
import type { Purse, PurseEntry, PurseFacts } from '../app/wallet/port.ts';
import type { BitcoinRate } from '../engine/paid-port.ts';
import { endPurse, type PurseCalls, type PurseLoan, type PurseLoanCalls } from '../engine/purse.ts';
import { type Call, EngineError, joinPort } from '../engine/rpc.ts';
import { toEngineFailure } from './engine/failures.ts';
import { sayHere } from '../engine/here.ts';

declare const self: DedicatedWorkerGlobalScope;

/** While somebody waits for a payment it is asked after for so long, and then anew. */
const waitMs = 60_000;

self.addEventListener('message', ({ ports: [port] }: MessageEvent) => {
  if (!port) return;
  port.addEventListener('message', ({ data }) => data.kind === endPurse.kind && self.close());
  let opened: Promise<Opened> | undefined;
  const { call } = joinPort<PurseLoanCalls, PurseCalls>(port, {
    purse: async ({ act, given }, signal) => {
      try {
        opened ??= open(call);
        const work = actsOf(await opened)[act] as (...args: readonly unknown[]) => Promise<unknown>;
        return await work(...given, signal);
      } catch (error) {
        throw new EngineError(toEngineFailure(error));
      }
    },
  });
});
sayHere();

type Opened = { readonly wallet: Wallet; readonly loan: PurseLoan; readonly rate: () => Promise<BitcoinRate | null> };

async function open(call: Call<PurseLoanCalls>): Promise<Opened> {
  const loan = await call('purseLoan', null);
  const house = loan.mint.replace(/\/mint$/, '');
  const wallet = new Wallet({
    mint: loan.mint,
    store: {
      load: async () => (await call('purseLoad', null)) ?? undefined,
      save: (bytes, expected) => call('purseSave', { bytes, expected: expected ?? null }),
    },
    seedOf: (branch) => call('purseBranch', { branch }),
    isSeedNew: loan.isSeedNew,
    device: loan.device,
    // The mint and its shop are this server's, whatever name it gives itself: a page may ask no other.
    fetch: (url, init) => fetch(url.replace(house, self.location.origin), init),
    clock: systemClock,
    random: systemRandom,
  });
  // A figure that nothing hangs on.
  return { wallet, loan, rate: () => call('purseRate', null).catch(() => null) };
}

function actsOf(opened: Opened): Purse {
  const { wallet } = opened;
  return {
    look: () => look(opened),
    receive: async (token, apart) => entryOf(await wallet.receive(token, 0n, apart)),
    send: (amount, memo) => wallet.send(amount, memo),
    async handOut(amount, memo) {
      const { id, token } = await wallet.handOut(amount, memo);
      return { id, token };
    },
    prepare: () => wallet.prepare(),
    invoice: (amount) => wallet.invoice(amount),
    async wait(id, signal) {
      for (;;) {
        const entry = await wallet.wait(id, waitMs, signal);
        if (entry.state === 'arrived' || entry.state === 'failed' || signal.aborted) return entryOf(entry);
      }
    },
    offer: (invoice) => wallet.offer(invoice),
    pay: async (offer) => entryOf(await wallet.pay(offer)),
    takeBack: async (id) => entryOf(await wallet.takeBack(id)),
    drawRefund: async (proof, memo, offer) => entryOf(await wallet.drawRefund(await wallet.owedFor(proof, offer), memo)),
    rehearse: () => wallet.rehearse(),
    csv: async () => formatCsv(await wallet.history()),
    readRequest: async (text) => wallet.readRequest(text),
    tokenFor: ({ amount, description }) => wallet.send(amount, description),
  };
}

async function look({ wallet, loan, rate }: Opened): Promise<PurseFacts> {
  let trouble: string | null = null;
  try {
    await wallet.settleAll();
  } catch (error) {
    trouble = toEngineFailure(error).code;
  }
  const [{ free, held, out, rehearsal }, entries] = [await wallet.balance(), await wallet.history()];
  const rehearsed = rehearsal && { at: rehearsal.atMs, found: rehearsal.found, missing: rehearsal.missing };
  return {
    free,
    held,
    out,
    mint: wallet.mint,
    isSandbox: loan.isSandbox,
    relays: loan.relays,
    rate: await rate(),
    rehearsed,
    entries: entries.map(entryOf),
    trouble,
  };
}

function entryOf({ id, kind, state, amount, fee, startedMs, memo, reason, request, token }: HistoryEntry): PurseEntry {
  return { id, kind, state, amount, fee, at: startedMs, memo, reason, request, token };
}
