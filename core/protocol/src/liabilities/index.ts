// Proof of liabilities: what a mint publishes and whoever audits it checks. spec/liabilities.md.
export * from './epoch.ts';
export * from './line.ts';
export * from './sum-tree.ts';
