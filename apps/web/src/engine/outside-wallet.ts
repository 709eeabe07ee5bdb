// The wallet that a person has connected, as every screen of a page sees it. Its secret goes to the worker and does not come back. spec/web.md "Threads".
import { isRecorded } from './outside-database.ts';
import type { OutsideAsked, OutsideDoor, OutsideWallet } from './outside-port.ts';
import { source } from './observable.ts';
import { type Call, joinPort } from './rpc.ts';
import { startWorker } from './sturdy-worker.ts';

type Of<Takes, Gives> = { readonly takes: Takes; readonly gives: Gives };
export type OutsideKept = Pick<OutsideWallet, 'connected' | 'asked'>;
export type OutsideCalls = {
  readonly outsideKept: Of<null, OutsideKept>;
  readonly outsideConnect: Of<{ readonly text: string; readonly relays: readonly string[] }, OutsideKept>;
  readonly outsideDisconnect: Of<null, OutsideKept>;
  readonly outsideLook: Of<null, OutsideKept & Pick<OutsideWallet, 'trouble'>>;
  readonly outsidePay: Of<{ readonly bolt11: string; readonly purpose: string }, OutsideAsked>;
};

const none: OutsideWallet = { connected: null, asked: [], busy: false, trouble: null };
let door: OutsideDoor | undefined;

/** One for the page. Where nothing was ever connected no worker is started. */
export function outsideWallet(): OutsideDoor {
  door ??= open();
  return door;
}

function open(): OutsideDoor {
  const wallet = source(none);
  let running: Call<OutsideCalls> | undefined;
  const ask: Call<OutsideCalls> = (name, argument) => {
    running ??= start(() => (running = undefined));
    return running(name, argument);
  };
  const tell = (change: Partial<OutsideWallet>) => wallet.set({ ...wallet.value, ...change });
  /** What it may spend is asked once somebody looks; until then what was last heard stands. */
  const show = ({ connected, asked }: OutsideKept) =>
    tell({ connected: connected && { ...connected, budget: connected.budget ?? wallet.value.connected?.budget ?? null }, asked });
  const read = async () => {
    if (await isRecorded()) show(await ask('outsideKept', null));
  };
  void read().catch(() => undefined);
  // Another tab may have connected it, or paid.
  document.addEventListener('visibilitychange', () => document.hidden || void read().catch(() => undefined));
  return {
    wallet,
    async connect(text, relays) {
      show(await ask('outsideConnect', { text, relays }));
      tell({ trouble: null });
    },
    async disconnect() {
      const kept = await ask('outsideDisconnect', null);
      wallet.set({ ...none, asked: kept.asked });
    },
    async look() {
      const { trouble, ...kept } = await ask('outsideLook', null);
      show(kept);
      tell({ trouble });
    },
    async pay(bolt11, purpose) {
      tell({ busy: true });
      try {
        return await ask('outsidePay', { bolt11, purpose });
      } finally {
        tell({ busy: false });
        await read().catch(() => undefined);
      }
    },
  };
}

function start(onGone: () => void): Call<OutsideCalls> {
  const worker = startWorker('outside', (failure) => {
    close(failure);
    onGone();
  });
  const { call, close } = joinPort<OutsideCalls, Record<never, never>>(worker, {});
  return call;
}
