// The part of the contract that is about cases of rights holders: a table of its own, so that programs which never file or answer one do not
// carry it.
import type { Endpoint } from './endpoint.ts';
import * as cases from './endpoints/cases.ts';

export const caseContract = {
  'cases.file': cases.casesFile,
  'cases.open': cases.casesOpen,
  'cases.say': cases.casesSay,
  'account.cases': cases.accountCases,
  'account.case': cases.accountCase,
  'account.answerCase': cases.accountAnswerCase,
} as const satisfies Record<string, Endpoint>;

export type CaseContract = typeof caseContract;
