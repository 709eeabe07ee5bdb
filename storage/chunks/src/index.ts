// Where sealed bytes rest.
export { type FilesystemSettings, openFilesystemStore, reserveBytesDefault } from './filesystem.ts';
export { StoreRefused } from './refused.ts';
export * from './store.ts';
export { checkHoldsMs, withCheck } from './with-check.ts';
export { type Measured, type Meter, type StoreOperation, withMeter } from './with-meter.ts';
