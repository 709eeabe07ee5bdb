// The wallet of the account that is open in this tab: lent when it is first used, and ended with the account.
import type { PurseAct, PurseCalls } from '../../engine/purse.ts';
import type { Call } from '../../engine/rpc.ts';
import { theAccount } from './account.ts';
import { lendPurse } from './purse-loan.ts';

type Lent = ReturnType<typeof theAccount>;
const lent = new WeakMap<Lent, Promise<Call<PurseCalls> | null>>();

/** @returns null where the server has no mint */
export async function actOnPurse(act: PurseAct, given: readonly unknown[], signal: AbortSignal): Promise<unknown> {
  const here = theAccount();
  const { account, drive } = here;
  const known = lent.get(here) ?? lendPurse({ account, drive: drive.drive, over: drive.over });
  lent.set(here, known);
  known.catch(() => lent.delete(here));
  const call = await known;
  return call && call('purse', { act, given }, { signal });
}
