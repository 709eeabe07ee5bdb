// Holds a mint to what it says it owes: the chain of its epochs, coins of a wallet, lines of an account. spec/liabilities.md "Audit".
export { type AuditPorts, type AuditReport, audit } from './audit.ts';
export { auditCoins, type AuditCoin } from './coins.ts';
export type { Finding, FindingCode, Unchecked } from './findings.ts';
export { type AuditMemory, decodeMemory, encodeMemory } from './memory.ts';
export type { OwnAccount } from './own-account.ts';
