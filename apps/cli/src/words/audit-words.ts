// What `reprise audit` says.
import type { FindingCode, Unchecked } from '@reprise/wallet/audit';

export type AuditWords = {
  readonly auditOwes: (epoch: number, at: string, coins: string, others: string) => string;
  readonly auditReserves: (spendable: string) => string;
  readonly auditCounted: (coins: number, lines: number) => string;
  readonly auditFound: string;
  readonly auditFine: string;
  readonly auditUnchecked: string;
  readonly auditFindings: Readonly<Record<FindingCode, string>>;
  readonly auditCannot: Readonly<Record<Unchecked, string>>;
};
