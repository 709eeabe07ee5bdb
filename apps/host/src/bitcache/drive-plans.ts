// Where the shop and the drive meet: a plan that was paid is extended by the drive, in the transaction that takes the money.
import type { Database } from '@reprise/database';
import { extendPlan, readPlan } from '@reprise/drive';
import type { Entitlements } from '@reprise/service';

export function drivePlans(database: Database): Entitlements {
  return { describe: (plan) => readPlan(database, plan), extend: extendPlan };
}
