// The account of this browser, as a sold link needs it: opened for its wallet and nothing else. No folder is followed, nothing is uploaded, and no
// page is told anything; what is asked comes from the worker of that link. Loaded where somebody has an account here and may pay with it.
// spec/web.md "Links for sale".
import { readRecord, unlock } from '@reprise/sdk/account';
import { openDrive } from '@reprise/sdk/drive';
import type { PageCalls } from '../../engine/calls.ts';
import type { PurseCalls } from '../../engine/purse.ts';
import { type Call, EngineError, joinPort } from '../../engine/rpc.ts';
import { toEngineFailure } from '../engine/failures.ts';
import { sealPool } from '../engine/other-workers.ts';
import { joinPage } from '../engine/page.ts';
import { lockedSetting, onAccountChanged, ports } from './account.ts';
import { headStore, nodeRows, readSetting } from './device-rows.ts';
import { lendPurse } from './purse-loan.ts';

export function lendBehindLink(port: MessagePort): void {
  let lent: Promise<Call<PurseCalls> | null> | undefined;
  let over = new AbortController();
  // Locked, left, or under other keys: what was opened before is let go.
  onAccountChanged(() => {
    over.abort();
    over = new AbortController();
    lent = undefined;
  });
  const { call } = joinPort<PageCalls, PurseCalls>(port, {
    purse: async ({ act, given }, signal) => {
      try {
        const asked = (lent ??= lend(over.signal));
        // By then another may be lent.
        asked.catch(() => lent === asked && (lent = undefined));
        const purse = await asked;
        return purse && (await purse('purse', { act, given }, { signal }));
      } catch (error) {
        throw error instanceof EngineError ? error : new EngineError(toEngineFailure(error));
      }
    },
  });
  joinPage(call);
}

async function lend(over: AbortSignal): Promise<Call<PurseCalls> | null> {
  if (!(await isOpen())) throw new EngineError({ code: 'locked', facts: {} });
  const account = await unlock(ports);
  const drive = await openDrive(account.session, { heads: headStore, nodes: nodeRows, pool: sealPool, asKept: true });
  return lendPurse({ account, drive, over });
}

/** Another tab may lock it, or leave, at any time. */
async function isOpen(): Promise<boolean> {
  return (await readRecord(ports)) !== null && !(await readSetting<boolean>(lockedSetting));
}
