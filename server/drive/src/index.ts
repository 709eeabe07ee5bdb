// The service behind the contract: it never holds a key.
export { anonymousOpen, switchAnonymous } from './secrets.ts';
export { bodyPieces, wholeBody } from './body.ts';
export { drawCode, hashOfCode } from './cases/code.ts';
export type { Filed, Filing, Saying } from './cases/routes.ts';
export { type CaseEvent, type CaseState, isDecided, type Remedy } from './cases/rules.ts';
export {
  addCase,
  type CaseRecord,
  type CaseRow,
  exportCases,
  findByCode,
  findCase,
  lapseCases,
  markCarried,
  offerOfLink,
  openCases,
  removeUpheld,
  take as takeStep,
  uncarriedCases,
} from './cases/store.ts';
export { type Drive, openDrive } from './drive.ts';
export { type Call, clientAddress, type Outcome } from './http.ts';
export { addressGroup, RateLimiter } from './rates.ts';
export type { Beside, DrivePorts, EventFacts, RequestFacts, Watch } from './ports.ts';
export { assignPlan, describePlan, extendPlan, findAccount, grantPlan, listPlans, readPlan } from './spaces/plans.ts';
export { blockLink, countTotals, dismissReports, type Holders, holdersOf, openReports, unblockLink } from './reports/store.ts';
export { drawReference } from './reports/rules.ts';
export { ReaderGone, type Reply, apiHeaders, failureReply, sendReply, serverFailureOf } from './reply.ts';
export { type DriveSettings, type Rate, defaultSettings } from './settings.ts';
