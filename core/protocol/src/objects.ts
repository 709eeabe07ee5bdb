// What sealing and opening chunks needs of the formats, and no more: a thread reads all that it imports before its first job.
export * from './batch.ts';
export * from './failures.ts';
export * from './limits.ts';
export * from './sizes.ts';
