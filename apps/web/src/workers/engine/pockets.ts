// The two purses that a sold link can be paid from here: the coins of this browser, and the wallet of the account that is open in it. Neither is
// opened before there is something in it or somebody has an account. spec/web.md "Links for sale".
import { accountDatabase, recordName } from '../../engine/account-database.ts';
import type { Purse, PurseFacts } from '../../app/wallet/port.ts';
import type { PageCalls, PocketAct } from '../../engine/calls.ts';
import type { Pocket, Pockets } from '../../engine/paid-port.ts';
import { type PurseCalls, purseOf } from '../../engine/purse.ts';
import { EngineError, joinPort, Moved } from '../../engine/rpc.ts';
import { openDatabase, readRow } from '../../engine/rows.ts';
import { toEngineFailure } from './failures.ts';
import { callPage } from './page.ts';
import { hasCoins, visitorPurse } from './visitor-purse.ts';

let now: Pockets = { here: 0, out: [], account: null, busy: false, problem: null };
const purses = new Map<Pocket, Promise<Purse | null>>();

/** Opened once; what failed is tried again the next time. @throws EngineError where the server has no mint, or the account is locked */
export async function pocket(which: Pocket): Promise<Purse> {
  const opening = purses.get(which) ?? (which === 'here' ? openHere() : openAccount());
  purses.set(which, opening);
  opening.catch(() => purses.delete(which));
  const purse = await opening;
  if (!purse) throw new EngineError({ code: 'payments-off', facts: {} });
  return purse;
}

export function pocketsNow(): Pockets {
  return now;
}

/** Looked for anew: it may have been opened, locked or left a moment ago. */
export async function hasOpenAccount(): Promise<boolean> {
  await lookIntoAccount();
  return now.account !== null && now.account !== 'locked';
}

/** What is in them; whatever was begun in them and not ended is ended. Told to the page as it is found. */
export async function lookIntoPockets(): Promise<void> {
  await Promise.all([lookHere(), lookIntoAccount()]);
}

export async function actOnPockets(act: PocketAct): Promise<void> {
  if (now.busy) return;
  tell({ busy: true, problem: null });
  try {
    await acts[act.kind](act.kind === 'put-back' ? act.id : '');
    tell({ busy: false });
  } catch (error) {
    tell({ busy: false, problem: toEngineFailure(error) });
  }
  await lookIntoPockets();
}

const acts: Readonly<Record<PocketAct['kind'], (id: string) => Promise<unknown>>> = {
  'take-out': async () => {
    const purse = await pocket('here');
    const { free } = (await purse.look()) as PurseFacts;
    if (free > 0n) await purse.send(free, '');
  },
  'put-back': async (id) => (await pocket('here')).takeBack(id),
  // Tokens that were given away stay out: they may be somebody's by now.
  move: async () => {
    const [here, account] = await Promise.all([pocket('here'), pocket('account')]);
    const { free } = (await here.look()) as PurseFacts;
    // What the account does not take stays here as a token, to be put back.
    if (free > 0n) await account.receive((await here.send(free, '')).token);
  },
};

async function lookHere(): Promise<void> {
  try {
    if (!(await hasCoins())) return;
    const purse = await pocket('here');
    const { free, entries } = (await purse.look()) as PurseFacts;
    prepare(purse, free);
    const out = entries.flatMap(({ id, amount, token }) => (token === null ? [] : [{ id, sats: Number(amount), token }]));
    tell({ here: Number(free), out });
  } catch {
    // Nothing is shown of what cannot be counted; it is there still.
  }
}

async function lookIntoAccount(): Promise<void> {
  try {
    const db = await accountHere();
    if (!db) return tell({ account: null });
    const purse = await pocket('account');
    const facts = await purse.look();
    prepare(purse, facts?.free ?? 0n);
    tell({ account: facts && { sats: Number(facts.free) } });
  } catch (error) {
    tell({ account: toEngineFailure(error).code === 'locked' ? 'locked' : null });
  }
}

/** While the price is read: what is paid with coins that are there waits for less then. */
function prepare(purse: Purse, free: bigint): void {
  if (free > 0n) void purse.prepare().catch(() => undefined);
}

/** A browser without an account gets no database of one. */
async function accountHere(): Promise<boolean> {
  const known = await indexedDB.databases();
  if (!known.some(({ name }) => name === accountDatabase.name)) return false;
  return (await readRow(await openDatabase(accountDatabase), 'record', recordName)) !== undefined;
}

async function openHere(): Promise<Purse | null> {
  const call = await visitorPurse();
  return call && purseOf(call);
}

/** The account's keys stay in a worker of their own, as in /app. */
async function openAccount(): Promise<Purse | null> {
  const { call } = joinPort<PurseCalls, Pick<PageCalls, 'startWorker'>>(await callPage('startWorker', { name: 'drive-engine' }), {
    startWorker: async ({ name }) => {
      const port = await callPage('startWorker', { name });
      return new Moved(port, [port]);
    },
  });
  return purseOf(call);
}

function tell(change: Partial<Pockets>): void {
  now = { ...now, ...change };
  void callPage('pocketsChanged', now);
}
