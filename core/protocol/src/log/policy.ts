// What the owners of a space have laid down: spec/log.md "Policy".
import type { DcborMap, DcborValue } from '../dcbor.ts';
import { retentionDaysMax } from '../limits.ts';
import { readMap, readUint } from '../shape.ts';

export type Policy = {
  /** The least format version of later entries. */
  readonly versionMin: number;
  readonly suiteMin: number;
  /** How long what a sweep ended stays readable. */
  readonly retentionDays: number;
  /** 0: Padmé. */
  readonly paddingMode: number;
};

export function encodePolicy(policy: Policy): DcborMap {
  return new Map([
    [1, policy.versionMin],
    [2, policy.suiteMin],
    [3, policy.retentionDays],
    [4, policy.paddingMode],
  ]);
}

/** @throws Failure bad-object, also for what only a later version could follow */
export function readPolicy(value: DcborValue | undefined): Policy {
  const policy = readMap(value, [1, 2, 3, 4]);
  return {
    versionMin: readUint(policy.get(1), 1, 1),
    suiteMin: readUint(policy.get(2), 1, 1),
    retentionDays: readUint(policy.get(3), retentionDaysMax),
    paddingMode: readUint(policy.get(4), 0),
  };
}
