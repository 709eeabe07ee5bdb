// Lightning, as Bitcache sees it: one port, whichever node is behind it.
export { LightningFailure, type LightningFailureCode } from './failures.ts';
export * from './port.ts';
