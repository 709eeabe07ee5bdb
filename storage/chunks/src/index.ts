// Where sealed bytes rest.
export { type FilesystemSettings, openFilesystemStore, reserveBytesDefault } from './filesystem.ts';
export { StoreRefused } from './refused.ts';
export * from './store.ts';
