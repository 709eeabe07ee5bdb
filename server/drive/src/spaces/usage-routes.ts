// What an account has, space by space and in all, against what its plan allows (spec/spaces.md "Allowance").
import { contract, type SpaceId } from '@reprise/protocol';
import type { Service } from '../http.ts';
import type { DrivePorts } from '../ports.ts';
import { accountAllowance, usageOf } from './allowance.ts';
import { logRooms } from './log-allowance.ts';
import { entitlementsOf } from './plans.ts';

export function serveUsage(service: Service, { database, settings, clock }: DrivePorts): void {
  service.serve(contract['account.usage'], async ({ account }) => {
    const now = clock.now();
    const { plan, bytesMax, until, storedBytes } = await accountAllowance(database.db, account.userId, now, settings.accountBytesMax);
    const log = (await logRooms(database.db, [account.userId], now, settings)).get(account.userId);
    const spaces = await usageOf(database, account.userId);
    const sum = (of: (usage: (typeof spaces)[number]['usage']) => number) => spaces.reduce((total, { usage }) => total + of(usage), 0);
    return {
      plan,
      until,
      entitlements: [...(await entitlementsOf(database, account.userId))],
      max: bytesMax,
      stored: storedBytes,
      live: sum(({ live }) => live),
      history: sum(({ history }) => history),
      pending: sum(({ pending }) => pending),
      log: log?.stored ?? 0,
      logMax: log?.bytesMax ?? 0,
      spaces: spaces.map(({ space, stored, usage }) => ({ space: space as SpaceId, stored, ...usage })),
    };
  });
}
