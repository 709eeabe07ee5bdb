// The log of a space: spec/log.md. Pure: both sides judge every entry by this code.
export * from './advance.ts';
export * from './attachments.ts';
export * from './body.ts';
export * from './entry.ts';
export * from './envelope.ts';
export * from './live-table.ts';
export * from './policy.ts';
export { type LogStep, logSteps } from './refusal.ts';
export * from './skips.ts';
export * from './start.ts';
export * from './state.ts';
export * from './write.ts';
