// The formats alone, without the contract and its schemas: what a worker that holds keys needs to load.
export * from './batch.ts';
export * from './certificate.ts';
export * from './dcbor.ts';
export * from './failures.ts';
export * from './genesis.ts';
export * from './hash.ts';
export * from './invoice-text.ts';
export * from './kem-record.ts';
export * from './labels.ts';
export * from './limits.ts';
export * from './log/index.ts';
export * from './request-signature.ts';
export * from './shape.ts';
export * from './signature.ts';
export * from './sizes.ts';
